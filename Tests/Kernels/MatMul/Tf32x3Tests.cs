using GenEngine.Kernels;
using GenEngine.Kernels.Devices.Gpu;
using GenEngine.Kernels.MatMul;
using NUnit.Framework;

namespace GenEngine.Tests.Kernels.MatMul;

/// <summary>What 3xTF32 promises: float32's accuracy at real sizes, and what infinities, NaN, huge and tiny operands give.</summary>
[TestFixtureSource(typeof(TestDevices), nameof(TestDevices.Gpus))]
[Parallelizable]
public sealed class Tf32x3Tests(TestDevice testDevice)
{
    private const float Least = 1f / (1 << 20) / (1 << 20) / (1 << 20) / (1 << 20) / (1 << 20) / (1 << 14); // 2^-114

    [TearDown]
    public void Reset() => ((GpuDevice)testDevice.Open()).Precision = Precision.Float32;

    /// <summary>
    /// The worst output over its sum of magnitudes: what one float32 chain of additions has, or less, while TF32 is off by hundreds of times as much. Also for sums of one sign: there TF32's
    /// roundings cancel, but errors of the sums that all point the same way would add up.
    /// </summary>
    [TestCase(96, 80, 1024, false)]
    [TestCase(64, 64, 4096, true)]
    [TestCase(33, 130, 784, false)]
    public void ErrorsAreThoseOfFloat32(int m, int n, int k, bool positive)
    {
        var test = new MatMulCase<float>(MatMulOp.NN, new MatMulShape(1, m, n, k));
        if (positive) test = test.Rounded(Math.Abs);
        var (expected, magnitudes) = test.Reference();
        double Worst(Precision precision)
        {
            float[] result = Run(test, precision);
            return Enumerable.Range(0, result.Length).Max(i => Math.Abs(result[i] - expected[i]) / magnitudes[i]);
        }

        double float32 = Worst(Precision.Float32), split = Worst(Precision.Tf32x3), tf32 = Worst(Precision.Tf32);
        TestContext.Out.WriteLine($"{m} x {n} x {k}: float32 {float32:E2}, 3xTF32 {split:E2}, TF32 {tf32:E2}");
        Assert.That(split, Is.LessThanOrEqualTo((2 * float32) + Math.ScaleB(1, -22)));
        Assert.That(tf32, Is.GreaterThan((positive ? 10 : 200) * split));
    }

    /// <summary>Every pair of these by an outer product: infinite and NaN where float32 is, with its sign, but for the two exceptions that tile_mma.cuh names.</summary>
    [Test]
    public void InfinitiesAndNaNsAreFloat32s()
    {
        float[] values =
        [
            float.PositiveInfinity, float.NegativeInfinity, float.NaN, 0, -0f, 1, -1, 1.2345678f, -9.87654e5f, 3e-20f, 1e30f, -1.9999999f,
            float.Epsilon, MathF.ScaleB(1, -137), -MathF.ScaleB(1, -126), MathF.ScaleB(1.75f, 127), -MathF.ScaleB(1.9990f, 127), float.MaxValue,
        ];
        float[] results = Outer(values, values);
        for (int i = 0; i < values.Length; i++)
        {
            for (int j = 0; j < values.Length; j++)
            {
                // float.MaxValue rounds to infinity in TF32, and counts as that
                float x = values[i] == float.MaxValue ? float.PositiveInfinity : values[i], y = values[j] == float.MaxValue ? float.PositiveInfinity : values[j];
                float expected = x * y, actual = results[(i * values.Length) + j];
                string pair = $"{values[i]} x {values[j]} = {actual}";
                bool infinite = float.IsInfinity(x) || float.IsInfinity(y), tiny = Math.Min(Math.Abs(x), Math.Abs(y)) < MathF.ScaleB(1, -137);
                if (float.IsNaN(expected) || (infinite && tiny)) Assert.That(actual, Is.NaN, pair);
                else if (infinite) Assert.That(actual, Is.EqualTo(expected), pair);
                else if (float.IsInfinity(expected)) Assert.That(float.IsFinite(actual), Is.False, pair);
                else Assert.That(actual, Is.EqualTo((double)x * y).Within((Math.Abs((double)x * y) * Math.ScaleB(1, -21)) + (Math.ScaleB(1, -136) * Math.Max(Math.Abs(x), Math.Abs(y))) + Math.ScaleB(1, -147)), pair);
            }
        }
    }

    /// <summary>Down to 2^-114 a product is off by 2^-21 of itself; below, the small part is rounded to multiples of 2^-136.</summary>
    [Test]
    public void TinyOperandsKeepTheirAccuracyDownTo()
    {
        var random = new Random(7);
        float[] whole = [.. Enumerable.Range(0, 64).Select(_ => 1 + random.NextSingle())], least = [.. whole.Select(x => x * Least)], below = [.. whole.Select(x => x * Least / 4096)];
        double Worst(float[] x)
        {
            float[] results = Outer(x, whole);
            return Enumerable.Range(0, results.Length).Max(i => Math.Abs((results[i] / ((double)x[i / 64] * whole[i % 64])) - 1));
        }

        Assert.That(Worst(whole), Is.LessThanOrEqualTo(Math.ScaleB(1, -21)));
        Assert.That(Worst(least), Is.LessThanOrEqualTo(Math.ScaleB(1, -21)));
        Assert.That(Worst(below), Is.InRange(Math.ScaleB(1, -20), Math.ScaleB(1, -10)));
    }

    /// <summary>x yᵀ, by one launch in 3xTF32.</summary>
    private float[] Outer(float[] x, float[] y)
    {
        var device = (GpuDevice)testDevice.Open();
        using var left = device.Allocate(x.Length * sizeof(float), "x");
        using var right = device.Allocate(y.Length * sizeof(float), "y");
        using var product = device.Allocate(x.Length * y.Length * sizeof(float), "product");
        device.Upload<float>(x, left.All);
        device.Upload<float>(y, right.All);
        device.Precision = Precision.Tf32x3;
        GenEngine.Kernels.MatMul.MatMul.Run(device, DType.Float32, MatMulOp.NN, new(1, x.Length, y.Length, 1), left.All, right.All, null, product.All);
        var results = new float[x.Length * y.Length];
        device.Download<float>(product.All, results);
        return results;
    }

    private float[] Run(MatMulCase<float> test, Precision precision)
    {
        var device = (GpuDevice)testDevice.Open();
        device.Precision = precision;
        return test.Run(device);
    }
}
