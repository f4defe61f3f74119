using GenEngine.Bench.Proofs;
using GenEngine.Kernels.Devices.Cpu;
using NUnit.Framework;

namespace GenEngine.Tests.Bench;

/// <summary>The proofs of 'evidence collect', and that they can fail.</summary>
[Parallelizable]
public sealed class KernelProofTests
{
    private static IEnumerable<TestCaseData> Proofs => KernelProofs.All.Select(proof => new TestCaseData(proof).SetArgDisplayNames(proof.Name));

    [TestCaseSource(nameof(Proofs))]
    public void Clean_in_the_checked_build_with_the_bits_of_the_cpu(object proof)
    {
        if (TestDevices.SimtChecked is not { } device) Assert.Ignore(TestDevices.SimtMissingReason!);
        else
        {
            CaseProof.Run((KernelProof)proof, device, TestDevices.Cpu(CpuIsas.Best, 2), out string? error);
            Assert.That(error, Is.Null);
        }
    }

    [Test]
    public void Names_tell_proofs_apart() => Assert.That(KernelProofs.All.Select(proof => proof.Name), Is.Unique);

    [TestCase(1.0, 1.0, 0, null)]
    [TestCase(1.0, 1.0000001, 0, "result 1 has other bits")]
    [TestCase(1.0, 1.0000001, 2, null)]
    [TestCase(1.0, 1.0000005, 2, "ulps in result 1")]
    [TestCase(1.0, double.NaN, 2, "ulps in result 1")]
    [TestCase(double.NaN, double.NaN, 0, null)]
    public void A_result_beyond_the_limit_is_an_error(double expected, double actual, double ulps, string? error)
    {
        var (device, cpu) = (TestDevices.Cpu(CpuIsa.Portable, 1), TestDevices.Cpu(CpuIsa.Portable, 2));
        var proof = new KernelProof("differs", where => [[0], [1, where == cpu ? expected : actual]]) { Ulps = ulps };
        CaseProof.Run(proof, device, cpu, out string? wrong);
        Assert.That(wrong, error is null ? Is.Null : Does.Contain(error));
    }

    [Test]
    public void Results_of_other_sizes_are_an_error()
    {
        var (device, cpu) = (TestDevices.Cpu(CpuIsa.Portable, 1), TestDevices.Cpu(CpuIsa.Portable, 2));
        CaseProof.Run(new KernelProof("more", where => where == cpu ? [[1], [2]] : [[1]]), device, cpu, out string? fewer);
        CaseProof.Run(new KernelProof("longer", where => [where == cpu ? [1] : [1, 2]]) { Ulps = 1 }, device, cpu, out string? longer);
        Assert.That((fewer, longer), Is.EqualTo(("1 results, not 2", "NaN of 1 ulps in result 0")));
    }
}
