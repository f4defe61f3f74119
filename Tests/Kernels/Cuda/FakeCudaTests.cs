using System.Reflection;
using NUnit.Framework;

namespace GenEngine.Tests.Kernels.Cuda;

/// <summary>The cuda device over a make-believe driver: each scenario is a method of <see cref="FakeCudaScenarios"/>.</summary>
public class FakeCudaTests
{
    public static IEnumerable<string> Scenarios =>
        typeof(FakeCudaScenarios).GetMethods(BindingFlags.Public | BindingFlags.Static | BindingFlags.DeclaredOnly).Select(method => method.Name);

    [TestCaseSource(nameof(Scenarios))]
    public void Scenario(string name)
    {
        NvrtcTests.Require(); // the engine compiles its kernels before the driver sees them
        FakeCuda.Run(typeof(FakeCudaScenarios), name);
    }
}
