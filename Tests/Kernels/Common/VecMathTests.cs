using System.Numerics;
using System.Runtime.CompilerServices;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices.Cpu;
using NUnit.Framework;

namespace GenEngine.Tests.Kernels.Common;

/// <summary>Accuracy of VecMath, its special values, and the same bits at every width.</summary>
[TestFixture]
[Parallelizable]
internal sealed unsafe class VecMathTests
{
    private const int Dense = 1 << 20;

    private static IReadOnlyList<MathCase> Cases => MathCase.All;

    [TestCaseSource(nameof(Cases))]
    public void FloatError(MathCase @case)
    {
        float[] x = DenseFloats(), y = new float[Dense];
        fixed (float* px = x, py = y) MathCase.Map<V1F, float>(@case.Function, px, py, Dense);
        double worst = 0, at = 0;
        int counted = 0;
        for (int i = 0; i < Dense; i++)
        {
            if (!(x[i] >= @case.From && x[i] <= @case.To)) continue;
            counted++;
            double error = Ulps(y[i], @case.Reference(x[i]));
            if (!(error > worst)) continue;
            worst = error;
            at = x[i];
        }

        TestContext.Out.WriteLine($"{@case}: at most {worst:F3} ulp (at {at:R}) of {counted:N0} floats");
        Assert.Multiple(() =>
        {
            Assert.That(counted, Is.GreaterThan(Dense / 8));
            Assert.That(worst, Is.LessThanOrEqualTo(@case.FloatUlps), $"at {at:R}");
        });
    }

    [TestCaseSource(nameof(Cases))]
    public void DoubleError(MathCase @case)
    {
        if (@case.Function == MathFunction.Rsqrt) Assert.Ignore("1 / sqrt(x): two correctly rounded operations");
        const int count = 4096;
        double[] x = new double[count], y = new double[count];
        var random = new Random(1);
        for (int i = 0; i < count; i++) x[i] = Pick(random, @case.From, @case.To);
        fixed (double* px = x, py = y) MathCase.Map<V1D, double>(@case.Function, px, py, count);
        double worst = 0, at = 0;
        for (int i = 0; i < count; i++)
        {
            double error = BigMath.Ulps(y[i], @case.Exact(x[i]));
            if (!(error > worst)) continue;
            worst = error;
            at = x[i];
        }

        TestContext.Out.WriteLine($"{@case}: at most {worst:F3} ulp (at {at:R}) of {count:N0} doubles");
        Assert.That(worst, Is.LessThanOrEqualTo(@case.DoubleUlps), $"at {at:R}");
    }

    [TestCaseSource(nameof(Cases))]
    public void AllWidthsGiveTheSameBits(MathCase @case)
    {
        float[] x = DenseFloats();
        var expected = Run<V1F, float>(@case.Function, x);
        AssertSameBits(expected, Run<V128F, float>(@case.Function, x), x, "128");
        if (CpuIsa.Avx2.IsSupported()) AssertSameBits(expected, Run<V256F, float>(@case.Function, x), x, "256");
        if (CpuIsa.Avx512.IsSupported()) AssertSameBits(expected, Run<V512F, float>(@case.Function, x), x, "512");

        double[] wide = DenseDoubles();
        var expectedWide = Run<V1D, double>(@case.Function, wide);
        AssertSameBits(expectedWide, Run<V128D, double>(@case.Function, wide), wide, "128");
        if (CpuIsa.Avx2.IsSupported()) AssertSameBits(expectedWide, Run<V256D, double>(@case.Function, wide), wide, "256");
        if (CpuIsa.Avx512.IsSupported()) AssertSameBits(expectedWide, Run<V512D, double>(@case.Function, wide), wide, "512");
    }

    [TestCase(MathFunction.Exp, new[] { 0, -0.0, double.NegativeInfinity, double.PositiveInfinity, double.NaN, 1e30, -1e30 },
        new[] { 1, 1, 0, double.PositiveInfinity, double.NaN, double.PositiveInfinity, 0 })]
    [TestCase(MathFunction.Expm1OfNegative, new[] { 0, double.NegativeInfinity, double.NaN, -1e30, -1e-30 }, new[] { 0, -1, double.NaN, -1, -1e-30 })]
    [TestCase(MathFunction.Log, new[] { 1, 0, -0.0, -1, double.NegativeInfinity, double.PositiveInfinity, double.NaN },
        new[] { 0, double.NegativeInfinity, double.NegativeInfinity, double.NaN, double.NaN, double.PositiveInfinity, double.NaN })]
    [TestCase(MathFunction.Log1p, new[] { 0, -1, -2, double.NegativeInfinity, double.PositiveInfinity, double.NaN, 1e-30, -1e-30 },
        new[] { 0, double.NegativeInfinity, double.NaN, double.NaN, double.PositiveInfinity, double.NaN, 1e-30, -1e-30 })]
    [TestCase(MathFunction.Tanh, new[] { 0, -0.0, 1e-30, -1e-30, 1e30, -1e30, double.PositiveInfinity, double.NegativeInfinity, double.NaN },
        new[] { 0, -0.0, 1e-30, -1e-30, 1, -1, 1, -1, double.NaN })]
    [TestCase(MathFunction.Sigmoid, new[] { 0, -0.0, 1e30, -1e30, double.PositiveInfinity, double.NegativeInfinity, double.NaN },
        new[] { 0.5, 0.5, 1, 0, 1, 0, double.NaN })]
    [TestCase(MathFunction.Softplus, new[] { 1e30, -1e30, double.PositiveInfinity, double.NegativeInfinity, double.NaN },
        new[] { 1e30, 0, double.PositiveInfinity, 0, double.NaN })]
    [TestCase(MathFunction.SinTurns, new[] { 0, 0.25, 0.5, 0.75, 1, double.NaN }, new[] { 0, 1, -0.0, -1, 0, double.NaN })]
    [TestCase(MathFunction.CosTurns, new[] { 0, 0.25, 0.5, 0.75, 1, double.NaN }, new[] { 1, -0.0, -1, 0, 1, double.NaN })]
    [TestCase(MathFunction.Rsqrt, new[] { 4, 0, double.PositiveInfinity, -1, double.NaN }, new[] { 0.5, double.PositiveInfinity, 0, double.NaN, double.NaN })]
    public void SpecialValues(object function, double[] x, double[] expected)
    {
        for (int i = 0; i < x.Length; i++)
        {
            float f = One<V1F, float>((MathFunction)function, (float)x[i]);
            double d = One<V1D, double>((MathFunction)function, x[i]);
            Assert.Multiple(() =>
            {
                Assert.That(SameBits(f, (float)expected[i]), $"float {function}({x[i]:R}) = {f:R}, not {expected[i]:R}");
                Assert.That(SameBits(d, expected[i]), $"double {function}({x[i]:R}) = {d:R}, not {expected[i]:R}");
            });
        }
    }

    [Test]
    public void ActivationDerivativesFromTheOutput([Values] Activation activation)
    {
        const double step = 1e-6, slope = 0.3;
        for (double x = -3.05; x < 3.1; x += 0.1)
        {
            double y = Activate(x), numeric = (Activate(x + step) - Activate(x - step)) / (2 * step), analytic;
            V1D.Store(VecMath.ActivateGradFromOutput<V1D, double>(activation, V1D.Create(y), V1D.Create(slope)), &analytic);
            Assert.That(analytic, Is.EqualTo(numeric).Within(1e-9), $"{activation} at {x}");
        }

        double Activate(double x)
        {
            double y;
            V1D.Store(VecMath.Activate<V1D, double>(activation, V1D.Create(x), V1D.Create(slope)), &y);
            return y;
        }
    }

    /// <summary>Floats spread evenly over all bit patterns, all exponents and both signs, then the neighbours of 0, 1 and the limits.</summary>
    internal static float[] DenseFloats()
    {
        var x = new float[Dense];
        for (int i = 0; i < Dense; i++) x[i] = BitConverter.UInt32BitsToSingle((uint)i * 4093 + (uint)(i % 4091));
        ReadOnlySpan<float> centres = [0, 1, -1, 2, 88.72284f, -87.33655f, -103.97208f, 0.5f, 0.33333334f, 1.3333334f, 1.17549435e-38f, float.MaxValue];
        int at = 0;
        foreach (float centre in centres)
        {
            for (int k = -64; k < 64; k++) x[at++] = BitConverter.Int32BitsToSingle(BitConverter.SingleToInt32Bits(centre) + k);
        }

        return x;
    }

    internal static double[] DenseDoubles()
    {
        var x = new double[1 << 18];
        var random = new Random(2);
        for (int i = 0; i < x.Length; i++)
            x[i] = i % 2 == 0 ? BitConverter.Int64BitsToDouble(random.NextInt64(long.MinValue, long.MaxValue)) : (random.NextDouble() - 0.5) * Math.Pow(2, random.Next(-20, 12));
        return x;
    }

    internal static bool SameBits<T>(T a, T b) where T : unmanaged, IFloatingPointIeee754<T> =>
        (T.IsNaN(a) && T.IsNaN(b)) || (a == b && T.IsNegative(a) == T.IsNegative(b));

    internal static void AssertSameBits<T>(T[] expected, T[] actual, T[] x, string what) where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (int i = 0; i < x.Length; i++)
        {
            if (!SameBits(expected[i], actual[i])) Assert.Fail($"{what}: f({x[i]:R}) = {actual[i]:R}, one lane gives {expected[i]:R}");
        }
    }

    internal static T[] Run<V, T>(MathFunction function, T[] x) where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T>
    {
        var y = new T[x.Length];
        fixed (T* px = x, py = y) MathCase.Map<V, T>(function, px, py, x.Length);
        return y;
    }

    private static T One<V, T>(MathFunction function, T x) where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T>
    {
        V.Store(MathCase.Apply<V, T>(function, V.Create(x)), (T*)Unsafe.AsPointer(ref x));
        return x;
    }

    /// <summary>|y - exact| in units in the last place of exact as a float.</summary>
    private static double Ulps(float y, double exact)
    {
        if (double.IsNaN(exact) || float.IsInfinity((float)exact)) return SameBits(y, (float)exact) ? 0 : double.PositiveInfinity;
        if (float.IsInfinity(y)) return Math.Abs(exact) >= (double)float.MaxValue ? 1 : double.PositiveInfinity;
        double ulp = Math.ScaleB(1, Math.Max(Math.ILogB(exact == 0 ? double.Epsilon : exact), -126) - 23);
        return Math.Abs(y - exact) / ulp;
    }

    /// <summary>Half the draws uniform in the domain near the origin, half with any exponent that the domain has.</summary>
    private static double Pick(Random random, double from, double to)
    {
        while (true)
        {
            double x = random.Next(2) == 0
                ? Math.Max(from, -40) + (random.NextDouble() * (Math.Min(to, 40) - Math.Max(from, -40)))
                : BitConverter.Int64BitsToDouble(random.NextInt64(long.MinValue, long.MaxValue));
            if (random.Next(4) == 0) x = (random.NextDouble() - 0.5) * Math.Pow(2, random.Next(-30, 11));
            if (x > from && x <= to) return x;
        }
    }
}
