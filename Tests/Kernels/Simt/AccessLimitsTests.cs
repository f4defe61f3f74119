using GenEngine.Kernels;
using GenEngine.Kernels.Devices.Gpu;
using GenEngine.Kernels.Devices.Gpu.Simt;
using NUnit.Framework;

namespace GenEngine.Tests.Kernels.Simt;

/// <summary>What kernel files say of the cost of their accesses, and whose accesses the emulator counts.</summary>
[Parallelizable]
public sealed class AccessLimitsTests
{
    [TestCase("// limits: bank conflicts 1.0, sectors 1.25\n", 1.0, 1.25)]
    [TestCase("// a kernel\n// limits: bank conflicts 2\n#include", 2.0, null)]
    [TestCase("// limits: sectors 4.5\r\n", null, 4.5)]
    public void LimitsAreRead(string text, double? banks, double? sectors) =>
        Assert.That(AccessLimits.Parse("x.cu", text), Is.EqualTo(new AccessLimits(banks, sectors)));

    [TestCase("")]
    [TestCase("// no limits here\n")]
    [TestCase("#include\n// limits: sectors 1\n")]
    public void OnlyTheHeadStatesThem(string text) => Assert.That(AccessLimits.Parse("x.cu", text), Is.Null);

    [TestCase("// limits:")]
    [TestCase("// limits: banks 1.0")]
    [TestCase("// limits: sectors 1.0, bank conflicts 1.0")]
    [TestCase("// limits: sectors many")]
    [TestCase("// limits: sectors -1")]
    public void AnotherFormIsRefused(string text) =>
        Assert.That(() => AccessLimits.Parse("x.cu", text), Throws.TypeOf<EngineException>().With.Message.Contains("x.cu").And.Message.Contains("sectors 1.25"));

    [Test]
    public void EveryKernelFileCanBeRead()
    {
        var stated = KernelCatalog.Files.Select(AccessLimits.Of).ToList();
        Assert.That(stated.Count(limits => limits is not null), Is.GreaterThanOrEqualTo(2));
    }

    [Test]
    public void SamplesNameTheirKernelAndAreForgottenWhenAsked()
    {
        if (TestDevices.SimtMissingReason is { } reason) Assert.Ignore(reason);
        var driver = SimtDriver.Open(new SimtOptions(Checked: true));
        using var device = new GpuDevice(driver);
        new MatMul.MatMulCase<float>(GenEngine.Kernels.MatMul.MatMulOp.NN, new(1, 8, 8, 8)).Run(device);
        Assert.That(driver.AccessSites.Select(site => site.Kernel), Is.All.EqualTo("MatMul/matmul.cu"));
        Assert.That(driver.AccessSites.Select(site => site.File), Does.Contain("Common/tile_simt.cuh"));
        driver.ForgetAccessSites();
        Assert.That(driver.AccessSites, Is.Empty);
    }
}
