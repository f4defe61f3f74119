using System.Numerics;
using System.Runtime.CompilerServices;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices.Cpu;
using static System.Runtime.CompilerServices.MethodImplOptions;

namespace GenEngine.Kernels.Sampling;

/// <summary>y = f(x, draw), element by element; the operation is a struct so that its constants stay in registers.</summary>
internal interface IDrawOp<V>
{
    /// <summary>The draws are standard normal numbers, not uniform ones.</summary>
    static abstract bool Normal { get; }

    /// <summary>False where f ignores x, and x is null.</summary>
    static abstract bool ReadsInput { get; }

    V Apply(V x, V draw);
}

/// <summary>The CPU twin's loop of all sampling kernels that own one draw an element.</summary>
internal static unsafe class DrawMap<V, T, TOp>
    where V : unmanaged, IVec<V, T>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TOp : unmanaged, IDrawOp<V>
{
    /// <summary>What an element costs in the terms of <see cref="Partition"/>: about as much as moving so many bytes.</summary>
    private static int Cost => TOp.Normal ? 32 : 16;

    private struct Job
    {
        public TOp Op;
        public PhiloxStream Stream;
        public T* X, Y;
    }

    public static void Run(WorkerPool pool, TOp op, PhiloxStream stream, ulong x, ulong y, long count)
    {
        var job = new Job { Op = op, Stream = stream, X = (T*)x, Y = (T*)y };
        Partition.Run(pool, &job, &Part, count, Cost, RandomBlock<V, T>.Elements);
    }

    [SkipLocalsInit]
    [MethodImpl(AggressiveOptimization)]
    private static void Part(Job* job, nint first, nint end)
    {
        var op = job->Op;
        T* buffer = stackalloc T[RandomBlock<V, T>.Room];
        for (; first < end; first += RandomBlock<V, T>.Elements)
        {
            nint n = Math.Min(RandomBlock<V, T>.Elements, end - first), i = 0;
            T* draws = TOp.Normal
                ? RandomBlock<V, T>.Normals(job->Stream, first, (int)n, buffer)
                : RandomBlock<V, T>.Uniforms(job->Stream, first, (int)n, buffer);
            T* x = job->X + first, y = job->Y + first;
            for (; i + V.Count <= n; i += V.Count) V.Store(op.Apply(TOp.ReadsInput ? V.Load(x + i) : V.Zero, V.Load(draws + i)), y + i);
            if (i < n) VecTail<V, T>.Store(op.Apply(TOp.ReadsInput ? VecTail<V, T>.Load(x + i, n - i) : V.Zero, V.Load(draws + i)), y + i, n - i);
        }
    }
}
