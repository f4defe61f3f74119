using System.Diagnostics;
using System.Runtime.CompilerServices;
using GenEngine.Kernels;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Kernels.MatMul;
using NUnit.Framework;

namespace GenEngine.Tests.Kernels.MatMul;

/// <summary>
/// Prints the rate of the CPU products beside the processor's own: GFLOP/s, best of repeated runs on one and two threads. Not a test:
/// run it on a quiet machine with GENENGINE_BENCHMARK=1 and --filter "FullyQualifiedName~MatMulBenchmark".
/// </summary>
public sealed unsafe class MatMulBenchmark
{
    private const double Seconds = 0.5;

    private static readonly (MatMulOp Op, int M, int N, int K)[] Shapes =
    [
        (MatMulOp.NN, 1024, 1024, 1024), (MatMulOp.NN, 128, 784, 400), (MatMulOp.NN, 128, 400, 784), (MatMulOp.NT, 128, 784, 400), (MatMulOp.NT, 128, 400, 784),
        (MatMulOp.TN, 784, 400, 128), (MatMulOp.TN, 400, 784, 128), (MatMulOp.NN, 128, 20, 400), (MatMulOp.NT, 128, 20, 400), (MatMulOp.NN, 128, 400, 20),
        (MatMulOp.TN, 400, 20, 128), (MatMulOp.NN, 16, 1024, 1024), (MatMulOp.NN, 1, 400, 784), (MatMulOp.NT, 1, 400, 784), (MatMulOp.NN, 128, 1, 1024), (MatMulOp.NN, 100352, 64, 64),
    ];

    [Test]
    public void Rates([Values] CpuIsa isa, [Values(DType.Float32, DType.Float64)] DType dtype)
    {
        if (Environment.GetEnvironmentVariable("GENENGINE_BENCHMARK") is null) Assert.Ignore("A benchmark: set GENENGINE_BENCHMARK=1 to run it.");
        if (!isa.IsSupported()) Assert.Ignore($"This processor has no {isa.Name()}.");
        using var one = new CpuDevice(new CpuOptions(1, isa));
        using var two = new CpuDevice(new CpuOptions(2, isa));
        double peak = (isa, dtype) switch
        {
            (CpuIsa.Avx512, DType.Float32) => Peak<V512F, float>(),
            (CpuIsa.Avx512, _) => Peak<V512D, double>(),
            (CpuIsa.Avx2, DType.Float32) => Peak<V256F, float>(),
            (CpuIsa.Avx2, _) => Peak<V256D, double>(),
            (_, DType.Float32) => Peak<V128F, float>(),
            _ => Peak<V128D, double>(),
        };
        TestContext.Progress.WriteLine($"{isa.Name()} {dtype.CName()}: {peak:F1} GFLOP/s of register-only multiply-adds on one thread");
        foreach (var (op, m, n, k) in Shapes)
        {
            double single = Rate(one, dtype, op, m, n, k), both = Rate(two, dtype, op, m, n, k);
            TestContext.Progress.WriteLine($"  {op} m {m,6} n {n,4} k {k,4}: {single,6:F1} ({single / peak:P0}), two threads {both,6:F1}");
        }
    }

    private static double Rate(CpuDevice device, DType dtype, MatMulOp op, int m, int n, int k)
    {
        using var a = device.Allocate((long)m * k * dtype.Size(), "A");
        using var b = device.Allocate((long)k * n * dtype.Size(), "B");
        using var c = device.Allocate((long)m * n * dtype.Size(), "C");
        using var bias = device.Allocate((long)n * dtype.Size(), "bias");
        foreach (var buffer in new[] { a, b, bias }) new Span<byte>((void*)buffer.Address, (int)buffer.Bytes).Fill(0x3C); // small positive numbers
        return Best(2.0 * m * n * k, () => GenEngine.Kernels.MatMul.MatMul.Run(
            device, dtype, op, new MatMulShape(1, m, n, k), a.All, b.All, bias.All, c.All, Activation.Relu));
    }

    private static double Peak<V, T>()
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, System.Numerics.IFloatingPointIeee754<T>
    {
        const int Rounds = 100_000;
        T* kept = stackalloc T[16];
        return Best(2.0 * 10 * V.Count * Rounds, () => MultiplyAdds<V, T>(Rounds, kept));
    }

    /// <summary>Ten independent chains: more than latency times issue width.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MultiplyAdds<V, T>(int rounds, T* kept)
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, System.Numerics.IFloatingPointIeee754<T>
    {
        V x = V.Create(T.CreateTruncating(0.5)), a = x, b = x, c = x, d = x, e = x, f = x, g = x, h = x, i = x, j = x;
        for (int round = 0; round < rounds; round++)
        {
            a = V.Fma(a, x, x);
            b = V.Fma(b, x, x);
            c = V.Fma(c, x, x);
            d = V.Fma(d, x, x);
            e = V.Fma(e, x, x);
            f = V.Fma(f, x, x);
            g = V.Fma(g, x, x);
            h = V.Fma(h, x, x);
            i = V.Fma(i, x, x);
            j = V.Fma(j, x, x);
        }

        V.Store(V.Add(V.Add(V.Add(a, b), V.Add(c, d)), V.Add(V.Add(e, f), V.Add(V.Add(g, h), V.Add(i, j)))), kept);
    }

    private static double Best(double operations, Action run)
    {
        for (int i = 0; i < 3; i++) run();
        double best = double.PositiveInfinity;
        var watch = Stopwatch.StartNew();
        while (watch.Elapsed.TotalSeconds < Seconds)
        {
            long start = Stopwatch.GetTimestamp();
            run();
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        return operations / best * 1e-9;
    }
}
