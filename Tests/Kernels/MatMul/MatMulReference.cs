using System.Numerics;
using System.Runtime.InteropServices;
using GenEngine.Kernels;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.MatMul;
using NUnit.Framework;

namespace GenEngine.Tests.Kernels.MatMul;

/// <summary>One matrix product to test: shape, options, random operands, and the summation law written out.</summary>
internal sealed unsafe class MatMulCase<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly T[] _a;
    private readonly T[] _b;
    private readonly T[]? _bias;
    private readonly T[] _start;
    private readonly int _seed;

    public MatMulCase(MatMulOp op, MatMulShape shape, bool bias = false, Activation activation = Activation.None, double slope = 0.25, bool accumulate = false, int seed = 1)
    {
        (Op, Shape, Activation, Slope, Accumulate, _seed) = (op, shape, activation, slope, accumulate, seed);
        var random = new Random(seed);
        T[] Values(long count) => [.. Enumerable.Range(0, checked((int)count)).Select(_ => T.CreateTruncating(random.NextDouble() * 2 - 1))];
        _a = Values((long)shape.Batch * shape.M * shape.K);
        _b = Values((long)shape.Batch * shape.K * shape.N);
        _bias = bias ? Values(shape.N) : null;
        _start = Values((long)shape.Batch * shape.M * shape.N);
    }

    public MatMulOp Op { get; }

    public MatMulShape Shape { get; }

    public Activation Activation { get; }

    public double Slope { get; }

    public bool Accumulate { get; }

    /// <summary>Runs on a device whose result buffer holds NaNs before (or the start values, when it accumulates).</summary>
    public T[] Run(Device device) => Run(device, captured: false);

    /// <summary>The same by a replay of its launches.</summary>
    public T[] Replayed(Device device) => Run(device, captured: true);

    private T[] Run(Device device, bool captured)
    {
        var dtype = DTypes.Of<T>();
        using var a = device.Allocate((long)_a.Length * sizeof(T), "A");
        using var b = device.Allocate((long)_b.Length * sizeof(T), "B");
        using var c = device.Allocate((long)_start.Length * sizeof(T), "C");
        using var bias = device.Allocate((long)Shape.N * sizeof(T), "bias");
        device.Upload<T>(_a, a.All);
        device.Upload<T>(_b, b.All);
        if (_bias is not null) device.Upload<T>(_bias, bias.All);
        var before = Accumulate ? _start : Enumerable.Repeat(T.NaN, _start.Length).ToArray();
        device.Upload<T>(before, c.All);
        long bytes = GenEngine.Kernels.MatMul.MatMul.ScratchBytes(device, dtype, Op, Shape);
        using var scratch = bytes == 0 ? null : device.Allocate(bytes, "scratch");
        if (captured) device.BeginCapture();
        GenEngine.Kernels.MatMul.MatMul.Run(device, dtype, Op, Shape, a.All, b.All, _bias is null ? null : bias.All, c.All, Activation, Slope, Accumulate, scratch?.All);
        using var step = captured ? device.EndCapture() : null;
        step?.Replay();
        var result = new T[_start.Length];
        device.Download<T>(c.All, result);
        return result;
    }

    /// <summary>Runs on a device and compares every output with <see cref="Expected"/>, bit for bit (any NaN equals any other).</summary>
    public void Check(Device device, string note = "")
    {
        var (actual, expected) = (Run(device), Expected());
        for (int i = 0; i < expected.Length; i++)
        {
            bool same = MemoryMarshal.AsBytes(actual.AsSpan(i, 1)).SequenceEqual(MemoryMarshal.AsBytes(expected.AsSpan(i, 1)));
            if (!same && !(T.IsNaN(actual[i]) && T.IsNaN(expected[i])))
                Assert.Fail($"{this} on {device.Description} {note}: output {i} is {actual[i]}, not {expected[i]}.");
        }
    }

    /// <summary>Each output as the law says: one chain of fused multiply-adds, then the bias, then the activation.</summary>
    public T[] Expected() => Outputs((b, m, n) =>
    {
        T sum = Accumulate ? _start[((long)b * Shape.M + m) * Shape.N + n] : T.Zero;
        for (int k = 0; k < Shape.K; k++) sum = T.FusedMultiplyAdd(A(b, m, k), B(b, k, n), sum);
        if (_bias is not null) sum += _bias[n];
        return Activated(sum);
    });

    /// <summary>The product in plain double arithmetic, without bias, start or activation; and the sum of magnitudes, which bounds the error.</summary>
    public (double Sum, double Magnitude) Plain(int b, int m, int n)
    {
        double sum = 0, magnitude = 0;
        for (int k = 0; k < Shape.K; k++)
        {
            double product = double.CreateChecked(A(b, m, k)) * double.CreateChecked(B(b, k, n));
            sum += product;
            magnitude += Math.Abs(product);
        }

        return (sum, magnitude);
    }

    /// <summary>The same product of operands that <paramref name="round"/> has rounded.</summary>
    public MatMulCase<T> Rounded(Func<T, T> round)
    {
        var other = new MatMulCase<T>(Op, Shape, _bias is not null, Activation, Slope, Accumulate, _seed);
        for (int i = 0; i < _a.Length; i++) other._a[i] = round(_a[i]);
        for (int i = 0; i < _b.Length; i++) other._b[i] = round(_b[i]);
        return other;
    }

    /// <summary>Every output in double arithmetic, with start, bias and activation (None or Relu); and the sum of magnitudes of its products.</summary>
    public (double[] Values, double[] Magnitudes) Reference()
    {
        double[] values = new double[_start.Length], magnitudes = new double[_start.Length];
        for (int i = 0; i < values.Length; i++)
        {
            int n = i % Shape.N, m = i / Shape.N % Shape.M, b = i / Shape.N / Shape.M;
            (double sum, magnitudes[i]) = Plain(b, m, n);
            if (Accumulate) sum += double.CreateChecked(_start[i]);
            if (_bias is not null) sum += double.CreateChecked(_bias[n]);
            values[i] = Activation == Activation.Relu ? Math.Max(sum, 0) : sum;
        }

        return (values, magnitudes);
    }

    public override string ToString() => $"{typeof(T).Name} {Op} {Shape}, bias {_bias is not null}, {Activation}, accumulate {Accumulate}";

    private T A(int b, int m, int k) => _a[(long)b * Shape.M * Shape.K + (Op == MatMulOp.TN ? (long)k * Shape.M + m : (long)m * Shape.K + k)];

    private T B(int b, int k, int n) => _b[(long)b * Shape.K * Shape.N + (Op == MatMulOp.NT ? (long)n * Shape.K + k : (long)k * Shape.N + n)];

    public T Activated(T x)
    {
        T y;
        if (typeof(T) == typeof(float)) V1F.Store(VecMath.Activate<V1F, float>(Activation, V1F.Create(float.CreateChecked(x)), V1F.Create((float)Slope)), (float*)&y);
        else V1D.Store(VecMath.Activate<V1D, double>(Activation, V1D.Create(double.CreateChecked(x)), V1D.Create(Slope)), (double*)&y);
        return y;
    }

    private T[] Outputs(Func<int, int, int, T> output)
    {
        var all = new T[_start.Length];
        int i = 0;
        for (int b = 0; b < Shape.Batch; b++)
        {
            for (int m = 0; m < Shape.M; m++)
            {
                for (int n = 0; n < Shape.N; n++) all[i++] = output(b, m, n);
            }
        }

        return all;
    }
}
