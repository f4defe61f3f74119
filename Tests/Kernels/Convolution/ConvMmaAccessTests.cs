using GenEngine.Kernels;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Convolution;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;
using GenEngine.Kernels.Devices.Gpu.Simt;
using NUnit.Framework;

namespace GenEngine.Tests.Kernels.Convolution;

/// <summary>What the accesses of convolutions on tensor cores, and of the sum of a filter gradient's chunks, would cost a GPU in whole tiles.</summary>
[Parallelizable]
public sealed class ConvMmaAccessTests
{
    [TearDown]
    public void ChooseByShapeAgain() => ConvMmaGpu.ForcedTile = ConvWeightMmaGpu.ForcedTile = null;

    /// <summary>Whole tiles either way, several steps of k; odd channels move word by word. No bank conflict anywhere, and in fours every sector of operands and results is whole.</summary>
    [Test]
    public void WholeTilesHaveNoBankConflicts([Values("forward", "input", "filter")] string pass, [ValueSource(typeof(Precisions), nameof(Precisions.OfTensorCores))] Precision precision)
    {
        if (TestDevices.SimtMissingReason is { } reason) Assert.Ignore(reason);
        foreach (int tile in MmaTile.Serving(precision, quads: true))
        {
            foreach (int odd in tile >= MmaTile.SingleFrom ? new[] { 0, 1 } : [0])
            {
                var driver = SimtDriver.Open(new SimtOptions(Checked: true));
                using var device = new GpuDevice(driver) { Precision = precision };
                ConvMmaGpu.ForcedTile = ConvWeightMmaGpu.ForcedTile = tile;
                var convolution = new ConvGpuCase(ConvSpec.Square(3, padding: 1), 2, 16, 16, 128 - odd, 128 - odd);
                _ = pass switch
                {
                    "forward" => convolution.Forward(device, DType.Float32),
                    "input" => convolution.Backward(device, DType.Float32),
                    _ => convolution.Weight(device, DType.Float32),
                };
                var sites = driver.AccessSites.Where(site => site.Kernel.Contains("_mma", StringComparison.Ordinal)).ToList();
                Assert.That(sites.Count(site => site.Shared), Is.GreaterThanOrEqualTo(2));
                string name = $"{MmaTile.All[tile].Name}, odd {odd}";
                foreach (var site in sites.Where(site => site.Shared)) Assert.That(site.Excess, Is.EqualTo(1.0), $"{name}: bank conflicts, {site}");
                // tables of taps and parts are read as 24 and 36 bytes by all lanes alike
                foreach (var site in sites.Where(site => odd == 0 && !site.Shared && site.Bytes is 4 or 16)) Assert.That(site.Excess, Is.EqualTo(1.0), $"{name}: sectors, {site}");
            }
        }
    }

    /// <summary>Read along the output channels, written along the inputs' channels: whole sectors both ways.</summary>
    [Test]
    public void TheSumOfChunksHasWholeSectors([Values(1, 2, 4, 8, 16, 32, 64)] int outputs, [Values] bool accumulate)
    {
        if (TestDevices.SimtMissingReason is { } reason) Assert.Ignore(reason);
        var driver = SimtDriver.Open(new SimtOptions(Checked: true));
        using var device = new GpuDevice(driver);
        new ConvGpuCase(ConvSpec.Square(1), 2, 20, 20, 256, outputs, Accumulate: accumulate).Weight(device, DType.Float32);
        var sites = driver.AccessSites.Where(site => site.Kernel.EndsWith("conv_weight_sum.cu", StringComparison.Ordinal)).ToList();
        Assert.That(sites.Where(site => !site.Shared).Select(site => site.Excess), Is.All.EqualTo(1.0));
        foreach (var site in sites.Where(site => site.Shared)) Assert.That(site.Excess, Is.LessThanOrEqualTo(2.0), site.ToString());
    }
}
