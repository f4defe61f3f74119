using GenEngine.Kernels;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;
using GenEngine.Kernels.MatMul;
using NUnit.Framework;

namespace GenEngine.Tests.Kernels.MatMul;

/// <summary>
/// matmul_mma.cu on the emulator and, where there is one, on a GPU. Against the product of operands that were rounded the same way only float32
/// sums differ; against the unrounded one, the operands' rounding.
/// </summary>
[TestFixtureSource(typeof(TestDevices), nameof(TestDevices.Gpus))]
[Parallelizable]
public sealed class MatMulMmaTests(TestDevice testDevice)
{
    private const float Tiny = 1f / 4096;

    private static readonly MatMulOp[] Ops = [MatMulOp.NN, MatMulOp.NT, MatMulOp.TN];
    private static readonly IReadOnlyList<Precision> Reduced = Precisions.OfTensorCores;

    private static readonly MatMulShape[] Shapes =
    [
        new(1, 1, 1, 1), new(1, 3, 5, 17), new(2, 17, 3, 5), new(1, 64, 65, 33), new(1, 130, 65, 64), new(1, 65, 130, 1), new(3, 5, 1, 130),
        new(1, 128, 128, 96), new(2, 64, 132, 68), new(1, 4, 8, 12),
    ];

    [TearDown]
    public void Reset()
    {
        MatMulMmaGpu.ForcedTile = null;
        ((GpuDevice)testDevice.Open()).Precision = Precision.Float32;
    }

    [Test]
    public void EveryTileOfAPrecisionGivesTheSameBitsNearTheReference([ValueSource(nameof(Ops))] MatMulOp op, [ValueSource(nameof(Reduced))] Precision precision)
    {
        var device = (GpuDevice)testDevice.Open();
        foreach (var shape in Shapes)
        {
            var test = new MatMulCase<float>(op, shape, bias: shape.Batch == 1, shape.Batch == 1 ? Activation.Relu : Activation.None, accumulate: shape.Batch != 1);
            float[]? first = null;
            foreach (int tile in MmaTile.Serving(precision, quads: true))
            {
                MatMulMmaGpu.ForcedTile = tile;
                float[] result = Run(test, device, precision);
                first ??= result;
                Assert.That(result, Is.EqualTo(first), $"{test} with tile {MmaTile.All[tile].Name} against the first");
            }

            Near(test, first!, precision);
        }
    }

    [Test]
    public void ActivationsFollowTheBias([Values] Activation activation)
    {
        var device = (GpuDevice)testDevice.Open();
        foreach (var shape in (MatMulShape[])[new(1, 20, 45, 12), new(1, 20, 44, 12)])
        {
            var linear = new MatMulCase<float>(MatMulOp.NT, shape, bias: true);
            var test = new MatMulCase<float>(MatMulOp.NT, shape, bias: true, activation);
            float[] expected = [.. Run(linear, device, Precision.Tf32).Select(test.Activated)];
            Assert.That(Run(test, device, Precision.Tf32), Is.EqualTo(expected), test.ToString());
        }
    }

    /// <summary>&lt;A x, y&gt; = &lt;x, Aᵀ y&gt; for x, y and A whose entries need no rounding, so that float32 sums are all that differs; as the backward of a product uses NN, NT and TN.</summary>
    [Test]
    public void ProductsAreAdjointToEachOther([ValueSource(nameof(Reduced))] Precision precision)
    {
        var device = (GpuDevice)testDevice.Open();
        var random = new Random(3);
        float[] Values(int count) => [.. Enumerable.Range(0, count).Select(_ => random.Next(-64, 65) / 64f)]; // 7 bits: exact in both
        foreach (var (m, n, k) in ((int, int, int)[])[(17, 5, 33), (64, 68, 36)])
        {
            float[] a = Values(m * k), x = Values(k * n), y = Values(m * n);
            float[] ax = Product(device, precision, MatMulOp.NN, new(1, m, n, k), a, x);    // A x
            float[] aty = Product(device, precision, MatMulOp.TN, new(1, k, n, m), a, y);   // Aᵀ y
            float[] yxt = Product(device, precision, MatMulOp.NT, new(1, m, k, n), y, x);   // gradient of A
            double left = Dot(ax, y), scale = ax.Zip(y, (p, q) => Math.Abs((double)p * q)).Sum();
            Assert.That(Dot(x, aty), Is.EqualTo(left).Within(scale * 1e-6), "x");
            Assert.That(Dot(a, yxt), Is.EqualTo(left).Within(scale * 1e-6), "A");
        }
    }

    [Test]
    public void AddressesThatAreNotMultiplesOf16AreCopiedWordByWord([ValueSource(nameof(Ops))] MatMulOp op)
    {
        var device = (GpuDevice)testDevice.Open();
        var shape = new MatMulShape(1, 64, 64, 32);
        var random = new Random(4);
        float[] a = [.. Enumerable.Range(0, 64 * 32).Select(_ => random.NextSingle() - 0.5f)], b = [.. Enumerable.Range(0, 64 * 32).Select(_ => random.NextSingle() - 0.5f)];
        float[] expected = Product(device, Precision.Tf32, op, shape, a, b);
        for (int skewed = 0; skewed < 3; skewed++)
            Assert.That(Product(device, Precision.Tf32, op, shape, a, b, skewed), Is.EqualTo(expected), $"operand {skewed} begins 4 bytes late");
    }

    [Test]
    public void Float64IgnoresThePrecisionAndFloat32IsUnchangedAfterwards()
    {
        var device = (GpuDevice)testDevice.Open();
        device.Precision = Precision.BFloat16;
        new MatMulCase<double>(MatMulOp.NN, new MatMulShape(1, 20, 24, 28), true).Check(device);
        device.Precision = Precision.Float32;
        new MatMulCase<float>(MatMulOp.NN, new MatMulShape(1, 20, 24, 28), true).Check(device);
        Assert.That(device.Description, Does.Not.Contain("bf16"));
    }

    [Test]
    public void ACapturedStepKeepsThePrecisionOfItsCapture()
    {
        var device = (GpuDevice)testDevice.Open();
        using var a = device.Allocate(16, "a");
        using var b = device.Allocate(16, "b");
        using var c = device.Allocate(16, "c");
        device.Upload<float>([1 + Tiny, 0, 0, 1], a.All);
        device.Upload<float>([1, 0, 0, 1], b.All);
        device.Precision = Precision.Tf32;
        device.BeginCapture();
        GenEngine.Kernels.MatMul.MatMul.Run(device, DType.Float32, MatMulOp.NN, new(1, 2, 2, 2), a.All, b.All, null, c.All);
        device.Precision = Precision.Float32;
        using var step = device.EndCapture();
        step.Replay();
        var result = new float[4];
        device.Download<float>(c.All, result);
        Assert.That(result, Is.EqualTo(new float[] { 1, 0, 0, 1 }), "a's 2^-12 is below TF32's fraction");
    }

    private static double Dot(float[] p, float[] q) => p.Zip(q, (x, y) => (double)x * y).Sum();

    private static float[] Product(GpuDevice device, Precision precision, MatMulOp op, MatMulShape shape, float[] a, float[] b, int skewed = -1)
    {
        int outputs = shape.M * shape.N;
        using var memory = device.Allocate((a.Length + b.Length + outputs + 256) * sizeof(float), "operands");
        long next = 0;
        BufferRange Place(int count, int index)
        {
            var range = memory.Range(next + (index == skewed ? 4 : 0), count * sizeof(float));
            next = (next + (count * sizeof(float)) + 4 + 255) / 256 * 256;
            return range;
        }

        BufferRange left = Place(a.Length, 0), right = Place(b.Length, 1), result = Place(outputs, 2);
        device.Upload<float>(a, left);
        device.Upload<float>(b, right);
        device.Precision = precision;
        GenEngine.Kernels.MatMul.MatMul.Run(device, DType.Float32, op, shape, left, right, null, result);
        device.Precision = Precision.Float32;
        var values = new float[outputs];
        device.Download<float>(result, values);
        return values;
    }

    private static float[] Run(MatMulCase<float> test, GpuDevice device, Precision precision)
    {
        device.Precision = precision;
        try
        {
            return test.Run(device);
        }
        finally
        {
            device.Precision = Precision.Float32;
        }
    }

    /// <summary>
    /// Against rounded operands: k additions in float32, of magnitude |a| |b| each, an error of 2^-24 a piece (2^-22 allows for how a GPU
    /// aligns and truncates inside one instruction). Against the operands themselves: two roundings a product, or what splitting them leaves out.
    /// </summary>
    private static void Near(MatMulCase<float> test, float[] result, Precision precision)
    {
        bool split = precision == Precision.Tf32x3;
        var rounded = split ? test : test.Rounded(precision == Precision.Tf32 ? ToTf32 : ToBf16);
        double step = Math.ScaleB(1, split ? -21 : precision == Precision.Tf32 ? -10 : -7);
        var (expected, magnitude) = rounded.Reference();
        var (exact, _) = test.Reference();
        for (int i = 0; i < result.Length; i++)
        {
            double sums = ((test.Shape.K + 2) * Math.ScaleB(1, -24) + Math.ScaleB(1, -22)) * (magnitude[i] + 2);
            if (!split) Assert.That(result[i], Is.EqualTo(expected[i]).Within(sums), $"{test} in {precision.Name()}, output {i} against rounded operands");
            Assert.That(result[i], Is.EqualTo(exact[i]).Within((step * magnitude[i]) + sums), $"{test} in {precision.Name()}, output {i} against exact operands");
        }
    }

    /// <summary>To 10 bits of fraction, ties away from zero.</summary>
    internal static float ToTf32(float x) => BitConverter.UInt32BitsToSingle((BitConverter.SingleToUInt32Bits(x) + 0x1000) & 0xFFFFE000);

    /// <summary>To 7 bits of fraction, ties to even.</summary>
    internal static float ToBf16(float x)
    {
        uint bits = BitConverter.SingleToUInt32Bits(x);
        return BitConverter.UInt32BitsToSingle((bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000);
    }
}
