using GenEngine.Kernels;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;
using GenEngine.Kernels.Devices.Gpu.Simt;
using GenEngine.Kernels.MatMul;
using NUnit.Framework;

namespace GenEngine.Tests.Kernels.MatMul;

/// <summary>
/// matmul_pack.cu and matmul_wgmma.cu on the emulator and, where there is one, on an sm_90a. The emulator's sums are the summation law's, of
/// operands that were rounded; a GPU's differ by how it sums inside one instruction.
/// </summary>
[TestFixtureSource(typeof(TestDevices), nameof(TestDevices.Gpus))]
[Parallelizable]
public sealed class MatMulWgmmaTests(TestDevice testDevice)
{
    private static readonly MatMulOp[] Ops = [MatMulOp.NN, MatMulOp.NT, MatMulOp.TN];
    private static readonly IReadOnlyList<Precision> Reduced = Precisions.OfTensorCores;

    private static readonly MatMulShape[] Shapes =
    [
        new(1, 4, 4, 4), new(1, 128, 256, 64), new(1, 132, 260, 68), new(2, 60, 132, 200), new(3, 4, 8, 12), new(1, 260, 4, 516), new(1, 300, 520, 32),
    ];

    [TearDown]
    public void Reset()
    {
        MatMulWgmmaGpu.ForcedTile = null;
        ((GpuDevice)testDevice.Open()).Precision = Precision.Float32;
    }

    [Test]
    public void EveryTileGivesTheSameBitsNearTheReference([ValueSource(nameof(Ops))] MatMulOp op, [ValueSource(nameof(Reduced))] Precision precision)
    {
        var device = testDevice.OpenWithWarpGroups();
        device.Precision = precision;
        foreach (var shape in Shapes)
        {
            var test = new MatMulCase<float>(op, shape, bias: shape.Batch == 1, shape.Batch == 1 ? Activation.Relu : Activation.None, accumulate: shape.Batch != 1);
            float[]? first = null;
            foreach (int tile in WgmmaTile.Serving(precision))
            {
                MatMulWgmmaGpu.ForcedTile = tile;
                float[] result = test.Run(device);
                first ??= result;
                Assert.That(result, Is.EqualTo(first), $"{test} with {WgmmaTile.All[tile].Columns} columns against the first");
            }

            bool split = precision == Precision.Tf32x3;
            var rounded = split ? test : test.Rounded(precision == Precision.Tf32 ? MatMulMmaTests.ToTf32 : MatMulMmaTests.ToBf16);
            var (expected, magnitude) = rounded.Reference();
            for (int i = 0; i < expected.Length; i++)
            {
                double allowed = ((shape.K + 2) * Math.ScaleB(1, -24) + Math.ScaleB(1, -22)) * (magnitude[i] + 2) + (split ? Math.ScaleB(magnitude[i], -21) : 0);
                Assert.That(first![i], Is.EqualTo(expected[i]).Within(allowed), $"{test} in {precision.Name()}, output {i}");
            }

            // the emulator sums k ascending: the summation law's chain, of rounded operands
            if (device.Kind == DeviceKind.Simt && !test.Accumulate && !split) Assert.That(first, Is.EqualTo(rounded.Expected()), test.ToString());
        }
    }

    [Test]
    public void ActivationsFollowTheBias([Values] Activation activation)
    {
        var device = testDevice.OpenWithWarpGroups();
        device.Precision = Precision.Tf32;
        MatMulWgmmaGpu.ForcedTile = 1;
        var linear = new MatMulCase<float>(MatMulOp.NT, new(1, 20, 44, 12), bias: true);
        var test = new MatMulCase<float>(MatMulOp.NT, new(1, 20, 44, 12), bias: true, activation);
        Assert.That(test.Run(device), Is.EqualTo(linear.Run(device).Select(test.Activated)), activation.ToString());
    }

    /// <summary>Three launches, of which one runs in clusters, as a graph.</summary>
    [Test]
    public void ACapturedProductGivesTheBitsOfAnEagerOne()
    {
        var device = testDevice.OpenWithWarpGroups();
        device.Precision = Precision.BFloat16;
        MatMulWgmmaGpu.ForcedTile = 0;
        var test = new MatMulCase<float>(MatMulOp.NT, new(1, 132, 260, 100), bias: true);
        float[] eager = test.Run(device);
        Assert.That(test.Replayed(device), Is.EqualTo(eager));
    }

    /// <summary>Which kernel computes decides bits, so it must follow from the shape and the GPU alone.</summary>
    [Test]
    public void ServesLargeProductsOfWholeQuadsOnly()
    {
        var device = testDevice.OpenWithWarpGroups();
        long Bytes(MatMulShape shape, MatMulOp op = MatMulOp.NN) => GenEngine.Kernels.MatMul.MatMul.ScratchBytes(device, DType.Float32, op, shape);
        Assert.That(Bytes(new(1, 4096, 4096, 4096)), Is.Zero, "float32");
        device.Precision = Precision.BFloat16;
        Assert.Multiple(() =>
        {
            Assert.That(Bytes(new(1, 4096, 4096, 4096)), Is.EqualTo(2L * 4096 * 4096 * 2), "two operands of two bytes a number");
            Assert.That(Bytes(new(1, 128, 400, 784)), Is.Zero, "too small");
            Assert.That(Bytes(new(1, 4096, 4098, 4096)), Is.Zero, "rows that are not whole quads");
            Assert.That(GenEngine.Kernels.MatMul.MatMul.ScratchBytes(device, DType.Float64, MatMulOp.NN, new(1, 4096, 4096, 4096)), Is.Zero, "float64");
        });
    }

    [Test]
    public void CheckedRunsAreClean([ValueSource(nameof(Ops))] MatMulOp op, [ValueSource(nameof(Reduced))] Precision precision)
    {
        if (testDevice.Name != "simt") Assert.Ignore("The checked build is the emulator's.");
        if (TestDevices.SimtChecked is not { } device) Assert.Ignore(TestDevices.SimtMissingReason!);
        else
        {
            device.Precision = precision;
            try
            {
                foreach (int tile in WgmmaTile.Serving(precision))
                {
                    MatMulWgmmaGpu.ForcedTile = tile;
                    foreach (var shape in (MatMulShape[])[new(1, 4, 4, 4), new(2, 132, 260, 68)])
                        Assert.DoesNotThrow(() => new MatMulCase<float>(op, shape, bias: true, Activation.Elu, accumulate: shape.Batch == 2).Run(device), shape.ToString());
                }
            }
            finally
            {
                device.Precision = Precision.Float32;
            }
        }
    }

    [Test]
    public void WholeTilesHaveNoBankConflictsAndFullSectors([ValueSource(nameof(Ops))] MatMulOp op, [ValueSource(nameof(Reduced))] Precision precision)
    {
        if (testDevice.Name != "simt") Assert.Ignore("Accesses are counted by the emulator.");
        if (TestDevices.SimtMissingReason is { } reason) Assert.Ignore(reason);
        var driver = SimtDriver.Open(new SimtOptions(Checked: true));
        using var device = new GpuDevice(driver) { Precision = precision };
        MatMulWgmmaGpu.ForcedTile = 0;
        new MatMulCase<float>(op, new MatMulShape(1, 256, 512, 128)).Run(device);
        var sites = driver.AccessSites;
        Assert.That(sites, Is.Not.Empty);
        Assert.That(sites.Where(site => site.Shared && site.Bytes == 4).Select(site => site.Excess), Is.All.EqualTo(1.0), "bank conflicts");
        Assert.That(sites.Where(site => !site.Shared && site.Bytes <= 16).Select(site => site.Excess), Is.All.EqualTo(1.0), "sectors");
    }
}
