using System.Reflection;
using GenEngine.Kernels.Devices;
using GenEngine.Models;
using NUnit.Framework;
using PublicApiGenerator;

namespace GenEngine.Tests.House;

/// <summary>
/// What the packages promise, as text under Fixtures/Api: a change of it is seen in review. To take a change on: GENENGINE_API=write, run these tests, look at the difference, commit it.
/// </summary>
public sealed class ApiSurfaceTests
{
    private static readonly Assembly[] s_assemblies = [typeof(Device).Assembly, typeof(Tensor).Assembly, typeof(ImageModel).Assembly];

    [TestCaseSource(nameof(s_assemblies))]
    public void The_public_api_is_the_recorded_one(Assembly assembly)
    {
        string name = assembly.GetName().Name!, file = Path.Combine(Checkout.Root, "Tests", "Fixtures", "Api", $"{name}.txt");
        string now = assembly.GeneratePublicApi(new ApiGeneratorOptions { IncludeAssemblyAttributes = false, UseDenyNamespacePrefixesForExtensionMethods = false }).ReplaceLineEndings("\n").TrimEnd() + "\n";
        if (Environment.GetEnvironmentVariable("GENENGINE_API") == "write") File.WriteAllText(file, now);
        string[] recorded = File.ReadAllText(file).ReplaceLineEndings("\n").Split('\n'), lines = now.Split('\n');
        Assert.Multiple(() =>
        {
            Assert.That(recorded.Except(lines), Is.Empty, $"{name}: gone; programs that use it break. {Advice}");
            Assert.That(lines.Except(recorded), Is.Empty, $"{name}: new. {Advice}");
            Assert.That(now, Is.EqualTo(string.Join('\n', recorded)), $"{name}: moved. {Advice}");
        });
    }

    private const string Advice = "If it is meant: run this test with GENENGINE_API=write and commit Tests/Fixtures/Api.";
}
