using GenEngine.Kernels;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices.Cpu;

namespace GenEngine.Bench.Compare;

/// <summary>What the machine can do at most, measured: the floor under every kernel's time.</summary>
/// <param name="FlopsPerSecond">Fused multiply-adds from registers, counted twice, all threads.</param>
/// <param name="BytesPerSecond">Reading from memory, all threads.</param>
internal sealed record Ceilings(double FlopsPerSecond, double BytesPerSecond)
{
    private const int Rounds = 1 << 16;
    private const int Chains = 10;
    private const int ReadPartsPerThread = 64; // threads that read near each other are faster than each in a half of its own
    private const int ProbeFloats = 64 << 20; // 256 MiB: past any last-level cache

    /// <summary>The least milliseconds for this much work.</summary>
    public double FloorMs(double flops, double bytes) => 1e3 * Math.Max(flops / FlopsPerSecond, bytes / BytesPerSecond);

    public static Ceilings Measure(CpuDevice device)
    {
        using var memory = device.Allocate(ProbeFloats * sizeof(float), "bandwidth probe");
        var args = new ProbeArgs { Data = memory.All.Address, Parts = device.Pool.Threads };
        Time<Touch>(device, ref args, 1); // first touch: pages are made here, not in the measurement
        double arithmetic = Time<FmaProbe>(device, ref args, 15);
        args.Parts *= ReadPartsPerThread;
        double reading = Time<ReadProbe>(device, ref args, 15);
        double flops = 2.0 * Rounds * Chains * Lanes(device.Isa) * device.Pool.Threads;
        return new Ceilings(flops / arithmetic, (double)ProbeFloats * sizeof(float) / reading);
    }

    private static int Lanes(CpuIsa isa) => isa switch { CpuIsa.Avx512 => 16, CpuIsa.Avx2 => 8, _ => 4 };

    // the best of some runs: a ceiling is what the machine can do undisturbed
    private static double Time<TKernel>(CpuDevice device, ref ProbeArgs args, int runs) where TKernel : struct, ICpuKernel<ProbeArgs>
    {
        double best = double.PositiveInfinity;
        for (int i = 0; i < runs; i++)
        {
            long start = System.Diagnostics.Stopwatch.GetTimestamp();
            device.Launch<TKernel, ProbeArgs>("probe", DType.Float32, ref args, []);
            best = Math.Min(best, System.Diagnostics.Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        return best;
    }

    private readonly unsafe struct FmaProbe : ICpuKernel<ProbeArgs>
    {
        static void ICpuKernel<ProbeArgs>.Run<V, T>(WorkerPool pool, ProbeArgs* args) => pool.Run(&PeakLoops.MultiplyAdd<V, T>, args, args->Parts);
    }

    private readonly unsafe struct ReadProbe : ICpuKernel<ProbeArgs>
    {
        static void ICpuKernel<ProbeArgs>.Run<V, T>(WorkerPool pool, ProbeArgs* args) => pool.Run(&PeakLoops.Read<V, T>, args, args->Parts);
    }

    private readonly unsafe struct Touch : ICpuKernel<ProbeArgs>
    {
        static void ICpuKernel<ProbeArgs>.Run<V, T>(WorkerPool pool, ProbeArgs* args) => new Span<float>((void*)args->Data, ProbeFloats).Fill(1);
    }

    internal struct ProbeArgs
    {
        public ulong Data;
        public int Parts;
        public float Sink;
    }

    private static unsafe class PeakLoops
    {
        [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.AggressiveOptimization)]
        public static void MultiplyAdd<V, T>(void* state, int part)
            where V : unmanaged, IVec<V, T> where T : unmanaged, System.Numerics.IFloatingPointIeee754<T>
        {
            V a = V.Create(T.CreateTruncating(0.999999)), b = V.Create(T.CreateTruncating(1e-6));
            // ten chains hide the latency of an FMA and still leave the 16 registers of AVX2 two for the operands
            V c0 = a, c1 = a, c2 = a, c3 = a, c4 = a, c5 = a, c6 = a, c7 = a, c8 = a, c9 = a;
            for (int i = 0; i < Rounds; i++)
            {
                c0 = V.Fma(c0, a, b);
                c1 = V.Fma(c1, a, b);
                c2 = V.Fma(c2, a, b);
                c3 = V.Fma(c3, a, b);
                c4 = V.Fma(c4, a, b);
                c5 = V.Fma(c5, a, b);
                c6 = V.Fma(c6, a, b);
                c7 = V.Fma(c7, a, b);
                c8 = V.Fma(c8, a, b);
                c9 = V.Fma(c9, a, b);
            }

            var sum = V.Add(V.Add(V.Add(c0, c1), V.Add(c2, c3)), V.Add(V.Add(c4, c5), V.Add(V.Add(c6, c7), V.Add(c8, c9))));
            Keep<V, T>(state, sum);
        }

        [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.AggressiveOptimization)]
        public static void Read<V, T>(void* state, int part)
            where V : unmanaged, IVec<V, T> where T : unmanaged, System.Numerics.IFloatingPointIeee754<T>
        {
            var args = (ProbeArgs*)state;
            nint step = 4 * V.Count, share = ProbeFloats / args->Parts / step * step;
            var data = (T*)args->Data + (part * share);
            V s0 = V.Zero, s1 = V.Zero, s2 = V.Zero, s3 = V.Zero;
            for (nint i = 0; i < share; i += step)
            {
                s0 = V.Add(s0, V.Load(data + i));
                s1 = V.Add(s1, V.Load(data + i + V.Count));
                s2 = V.Add(s2, V.Load(data + i + (2 * V.Count)));
                s3 = V.Add(s3, V.Load(data + i + (3 * V.Count)));
            }

            Keep<V, T>(state, V.Add(V.Add(s0, s1), V.Add(s2, s3)));
        }

        // a result that nobody could read would let the compiler drop the work
        private static void Keep<V, T>(void* state, V value) where V : unmanaged, IVec<V, T> where T : unmanaged, System.Numerics.IFloatingPointIeee754<T>
        {
            if (*(float*)&value == 12345.678f) ((ProbeArgs*)state)->Sink = 1;
        }
    }
}
