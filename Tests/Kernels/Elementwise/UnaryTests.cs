using System.Numerics;
using GenEngine.Kernels;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Kernels.Elementwise;
using GenEngine.Tests.Kernels.Common;
using NUnit.Framework;

namespace GenEngine.Tests.Kernels.Elementwise;

[TestFixture]
[Parallelizable]
internal sealed class UnaryTests
{
    private static readonly int[] Sizes = [.. Enumerable.Range(1, 67), 1000, 4099];

    public static IEnumerable<TestDevice> Devices =>
        TestDevices.All.Append(new TestDevice("simt-checked", () => TestDevices.SimtChecked, () => TestDevices.SimtMissingReason));

    [Test]
    public void FloatForwardAndBackward([ValueSource(nameof(Devices))] TestDevice which, [Values] UnaryOp op) => ForwardAndBackward<float>(which.Open(), op);

    [Test]
    public void DoubleForwardAndBackward([ValueSource(nameof(Devices))] TestDevice which, [Values] UnaryOp op) => ForwardAndBackward<double>(which.Open(), op);

    [TestCaseSource(nameof(Devices))]
    public void RangesThatAreNotAligned(TestDevice which)
    {
        var device = which.Open();
        foreach (int shift in new[] { 1, 2, 3 })
        {
            float[] x = DeviceArrays.Random<float>(1, 333);
            Assert.That(Forward(device, UnaryOp.Tanh, x, shift), Is.EqualTo(Forward(device, UnaryOp.Tanh, x, 0)));
        }
    }

    [Test]
    public void BitsDependNeitherOnThreadsNorOnTheInstructionSet([Values] UnaryOp op)
    {
        float[] x = Inputs<float>(op, 300_007);
        float[] expected = Forward(TestDevices.Cpu(CpuIsa.Portable, 1), op, x);
        foreach (var isa in Enum.GetValues<CpuIsa>().Where(isa => isa.IsSupported()))
        {
            foreach (int threads in new[] { 1, 2, 5 })
                Assert.That(Forward(TestDevices.Cpu(isa, threads), op, x).AsSpan().SequenceEqual(expected), $"{isa}, {threads} threads");
        }
    }

    [Test]
    public void OutputsLargerThanTheCaches([Values(CpuIsa.Portable, CpuIsa.Avx2, CpuIsa.Avx512)] CpuIsa isa)
    {
        if (!isa.IsSupported()) Assert.Ignore($"this processor has no {isa.Name()}");
        var x = new float[9_000_017];
        for (int i = 0; i < x.Length; i++) x[i] = (i % 4096) - 2048;
        float[] y = Forward(TestDevices.Cpu(isa, 2), UnaryOp.Affine, x);
        for (int i = 0; i < y.Length; i++)
        {
            if (y[i] != (0.5f * x[i]) + 0.75f) Assert.Fail($"element {i} is {y[i]}");
        }
    }

    [Test]
    public void NaNPassesThrough([ValueSource(nameof(Devices))] TestDevice which, [Values] UnaryOp op)
    {
        float[] y = Forward(which.Open(), op, [1, float.NaN, 1, 1, 1]);
        Assert.That(y.Select(float.IsNaN), Is.EqualTo(new[] { false, true, false, false, false }));
    }

    [Test]
    public void WhatCannotRunIsRefused()
    {
        var device = TestDevices.Cpu(CpuIsa.Portable, 1);
        using var arrays = new DeviceArrays(device);
        var x = arrays.Empty<float>(4);
        Assert.Multiple(() =>
        {
            Assert.Throws<EngineException>(() => Unary.Run(device, DType.Float32, UnaryOp.Exp, x, x, 5));
            Assert.Throws<EngineException>(() => Unary.Run(device, DType.Int32, UnaryOp.Exp, x, x, 4));
            Assert.Throws<EngineException>(() => Unary.Backward(device, DType.Float32, UnaryOp.Exp, arrays.Empty<float>(4), x, x, 4, accumulate: true));
        });
    }

    private static void ForwardAndBackward<T>(Device device, UnaryOp op) where T : unmanaged, IFloatingPointIeee754<T>
    {
        Device oracle = TestDevices.Cpu(CpuIsa.Portable, 1);
        foreach (int n in device is CpuDevice ? Sizes : [1, 3, 4, 67, 1030])
        {
            T[] x = Inputs<T>(op, n), dy = DeviceArrays.Random<T>(n + 1, n), old = DeviceArrays.Random<T>(n + 2, n);
            T[] y = Forward(device, op, x);
            T[] saved = Unary.SavesOutput(op) ? y : x;
            T[] dx = Backward(device, op, saved, dy, null), sum = Backward(device, op, saved, dy, old);
            Assert.That(y, Is.EqualTo(Forward(oracle, op, x)), $"forward, {n}");
            Assert.That(dx, Is.EqualTo(Backward(oracle, op, saved, dy, null)), $"backward, {n}");
            Assert.That(sum, Is.EqualTo(Backward(oracle, op, saved, dy, old)), $"accumulating backward, {n}");
            for (int i = 0; i < n; i++)
            {
                double value = double.CreateTruncating(x[i]), up = double.CreateTruncating(dy[i]), slope = Slope(op, value);
                AssertNear(y[i], Reference(op, value), Math.Abs(Reference(op, value)), $"{op}({value:R})");
                AssertNear(dx[i], up * slope, Math.Abs(up) * Math.Max(1, Math.Abs(slope)), $"{op}'({value:R})");
                double before = double.CreateTruncating(old[i]);
                AssertNear(sum[i], (up * slope) + before, Math.Abs(before) + (Math.Abs(up) * Math.Max(1, Math.Abs(slope))), $"{op}'({value:R}), accumulated");
            }
        }
    }

    /// <summary>y; checks that in place gives the same.</summary>
    private static T[] Forward<T>(Device device, UnaryOp op, T[] x, int shift = 0) where T : unmanaged, IFloatingPointIeee754<T>
    {
        using var arrays = new DeviceArrays(device);
        var (p0, p1) = Parameters(op);
        BufferRange source = arrays.Upload(x, shift), target = arrays.Empty<T>(x.Length, shift);
        Unary.Run(device, DTypes.Of<T>(), op, source, target, x.Length, p0, p1);
        T[] y = arrays.Download<T>(target);
        Unary.Run(device, DTypes.Of<T>(), op, source, source, x.Length, p0, p1);
        Assert.That(arrays.Download<T>(source).AsSpan().SequenceEqual(y), "in place");
        return y;
    }

    /// <summary>dx, added to old where given; checks that in place gives the same.</summary>
    private static T[] Backward<T>(Device device, UnaryOp op, T[] saved, T[] dy, T[]? old) where T : unmanaged, IFloatingPointIeee754<T>
    {
        using var arrays = new DeviceArrays(device);
        var (p0, p1) = Parameters(op);
        BufferRange s = arrays.Upload(saved), up = arrays.Upload(dy), down = old is null ? arrays.Empty<T>(dy.Length) : arrays.Upload(old);
        Unary.Backward(device, DTypes.Of<T>(), op, s, up, down, dy.Length, p0, p1, accumulate: old is not null);
        T[] dx = arrays.Download<T>(down);
        if (old is null)
        {
            Unary.Backward(device, DTypes.Of<T>(), op, s, up, up, dy.Length, p0, p1);
            Assert.That(arrays.Download<T>(up).AsSpan().SequenceEqual(dx), "in place");
        }

        return dx;
    }

    // away from the kinks, and positive where the domain is
    private static T[] Inputs<T>(UnaryOp op, int n) where T : unmanaged, IFloatingPointIeee754<T>
    {
        T[] x = op is UnaryOp.Log or UnaryOp.Sqrt ? DeviceArrays.Random<T>(n, n, 0.5, 9) : DeviceArrays.Random<T>(n, n);
        for (int i = 0; i < n; i++)
        {
            double value = double.CreateTruncating(x[i]);
            if (Math.Abs(value) < 1e-3 || Math.Abs(Math.Abs(value) - 1) < 1e-3) x[i] = T.CreateTruncating(0.25);
        }

        return x;
    }

    private static (double P0, double P1) Parameters(UnaryOp op) => op switch
    {
        UnaryOp.Clamp => (-1, 1),
        UnaryOp.LeakyRelu => (0.25, 0),
        UnaryOp.Elu => (0.75, 0),
        UnaryOp.Affine => (0.5, 0.75),
        _ => (0, 0),
    };

    private static double Reference(UnaryOp op, double x) => op switch
    {
        UnaryOp.Neg => -x,
        UnaryOp.Exp => Math.Exp(x),
        UnaryOp.Log => Math.Log(x),
        UnaryOp.Square => x * x,
        UnaryOp.Sqrt => Math.Sqrt(x),
        UnaryOp.Abs => Math.Abs(x),
        UnaryOp.Clamp => Math.Clamp(x, -1, 1),
        UnaryOp.Relu => Math.Max(x, 0),
        UnaryOp.LeakyRelu => x > 0 ? x : 0.25 * x,
        UnaryOp.Elu => x > 0 ? x : 0.75 * (Math.Exp(x) - 1),
        UnaryOp.Tanh => Math.Tanh(x),
        UnaryOp.Sigmoid => 1 / (1 + Math.Exp(-x)),
        UnaryOp.Softplus => Math.Log(1 + Math.Exp(x)),
        _ => (0.5 * x) + 0.75,
    };

    /// <summary>Central difference with one Richardson step: errors of order h^4.</summary>
    private static double Slope(UnaryOp op, double x)
    {
        const double h = 1e-3;
        return ((8 * (Reference(op, x + (h / 2)) - Reference(op, x - (h / 2)))) - (Reference(op, x + h) - Reference(op, x - h))) / (6 * h);
    }

    // h^4 f'''''/480 and the rounding of the reference bound what doubles can be asked for
    private static void AssertNear<T>(T actual, double expected, double scale, string what) where T : unmanaged, IFloatingPointIeee754<T>
    {
        double tolerance = typeof(T) == typeof(float) ? 4 * Math.ScaleB(scale, -23) : 1e-10 * Math.Max(scale, 1);
        if (Math.Abs(double.CreateTruncating(actual) - expected) > tolerance) Assert.Fail($"{what} = {actual:R}, not {expected:R}");
    }
}
