using GenEngine.Kernels;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices.Gpu;
using GenEngine.Kernels.Devices.Gpu.Simt;
using GenEngine.Kernels.MatMul;
using NUnit.Framework;

namespace GenEngine.Tests.Kernels.MatMul;

/// <summary>matmul_mma.cu under the checked emulator in three orders, and what its accesses would cost a GPU.</summary>
[Parallelizable]
public sealed class MatMulMmaAccessTests
{
    [TearDown]
    public void ChooseByShapeAgain() => MatMulMmaGpu.ForcedTile = null;

    [Test]
    public void CheckedRunsAreClean([Values] MatMulOp op, [ValueSource(typeof(Precisions), nameof(Precisions.OfTensorCores))] Precision precision)
    {
        if (TestDevices.SimtChecked is not { } device) Assert.Ignore(TestDevices.SimtMissingReason!);
        else
        {
            device.Precision = precision;
            try
            {
                foreach (int tile in MmaTile.Serving(precision, quads: true))
                {
                    MatMulMmaGpu.ForcedTile = tile;
                    foreach (var shape in (MatMulShape[])[new(1, 1, 1, 1), new(2, 17, 5, 65), new(1, 130, 36, 132), new(1, 5, 130, 3)])
                        Assert.DoesNotThrow(() => new MatMulCase<float>(op, shape, bias: true, Activation.Elu, accumulate: shape.K == 65).Run(device), $"{shape} with {MmaTile.All[tile].Name}");
                }
            }
            finally
            {
                device.Precision = Precision.Float32;
            }
        }
    }

    /// <summary>Two tiles either way, several steps of k: no bank conflict anywhere, and every sector of global memory whole.</summary>
    [Test]
    public void WholeTilesHaveNoBankConflictsAndFullSectors([Values] MatMulOp op, [ValueSource(typeof(Precisions), nameof(Precisions.OfTensorCores))] Precision precision)
    {
        if (TestDevices.SimtMissingReason is { } reason) Assert.Ignore(reason);
        foreach (int tile in MmaTile.Serving(precision, quads: true))
        {
            foreach (int odd in tile >= MmaTile.SingleFrom ? new[] { 0, 1 } : [0])
            {
                var driver = SimtDriver.Open(new SimtOptions(Checked: true));
                using var device = new GpuDevice(driver) { Precision = precision };
                MatMulMmaGpu.ForcedTile = tile;
                var size = MmaTile.All[tile];
                // with `odd` rows are no multiples of 16 bytes: pieces of one word, still without conflicts
                new MatMulCase<float>(op, new MatMulShape(1, (size.Rows * 2) - odd, (size.Columns * 2) - odd, 160 - odd)).Run(device);
                var sites = driver.AccessSites;
                Assert.That(sites.Count(site => site.Shared), Is.GreaterThanOrEqualTo(2));
                Assert.That(sites.Where(site => site.Shared).Select(site => site.Excess), Is.All.EqualTo(1.0), $"{size.Name}: bank conflicts");
                if (odd == 0) Assert.That(sites.Where(site => !site.Shared).Select(site => site.Excess), Is.All.EqualTo(1.0), $"{size.Name}: sectors");
            }
        }
    }
}
