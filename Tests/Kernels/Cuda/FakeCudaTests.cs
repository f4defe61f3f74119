using System.Reflection;
using NUnit.Framework;

namespace GenEngine.Tests.Kernels.Cuda;

/// <summary>The cuda device over a make-believe driver: each scenario is a method of <see cref="FakeCudaScenarios"/> or <see cref="FakeTuningScenarios"/>.</summary>
public class FakeCudaTests
{
    public static IEnumerable<string> Scenarios => Methods(typeof(FakeCudaScenarios));

    public static IEnumerable<string> TuningScenarios => Methods(typeof(FakeTuningScenarios));

    [TestCaseSource(nameof(Scenarios))]
    public void Scenario(string name) => Run(typeof(FakeCudaScenarios), name);

    [TestCaseSource(nameof(TuningScenarios))]
    public void TuningScenario(string name) => Run(typeof(FakeTuningScenarios), name);

    private static IEnumerable<string> Methods(Type scenarios) =>
        scenarios.GetMethods(BindingFlags.Public | BindingFlags.Static | BindingFlags.DeclaredOnly).Select(method => method.Name);

    private static void Run(Type scenarios, string name)
    {
        NvrtcTests.Require(); // the engine compiles its kernels before the driver sees them
        FakeCuda.Run(scenarios, name);
    }
}
