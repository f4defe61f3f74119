using GenEngine.Kernels.Devices.Cpu;

namespace GenEngine.Kernels.Common;

/// <summary>Cuts a range of independent items into parts for the pool; small ranges stay on the caller.</summary>
internal static unsafe class Partition
{
    /// <summary>Work under about 10 microseconds (this many bytes moved) is not worth waking a worker for.</summary>
    public const long SmallBytes = 128 * 1024;

    /// <summary>Arithmetic of about ten microseconds: not worth a dispatch.</summary>
    private const double SmallFlops = 1e6;

    // many a thread: a late or disturbed thread leaves its share to the others, and threads that stream through memory side by side
    // stay near each other (x*y+z over 16 Mi floats: 6.4 ms with 4 parts a thread, 6.0 with 64 and more)
    private const int PartsPerThread = 64;

    /// <summary>Runs body(args, start, end) over parts that cover 0 .. count-1.</summary>
    /// <param name="itemBytes">Bytes that one item reads and writes: decides whether the range is small.</param>
    /// <param name="grain">Parts begin at multiples of it, so that vectors and cache lines stay whole.</param>
    public static void Run<TArgs>(WorkerPool pool, TArgs* args, delegate*<TArgs*, nint, nint, void> body, long count, long itemBytes, long grain = 1)
        where TArgs : unmanaged
    {
        if (pool.Threads == 1 || count <= grain || count * itemBytes < SmallBytes)
        {
            body(args, 0, (nint)count);
            return;
        }

        long parts = Math.Clamp(count * itemBytes / (SmallBytes / 2), pool.Threads, PartsPerThread * pool.Threads);
        var job = new Job<TArgs> { Args = args, Body = body, Count = count, Grains = (count + grain - 1) / grain, Grain = grain, Parts = (int)parts };
        pool.Run(&RunPart<TArgs>, &job, job.Parts);
    }

    /// <summary>Whether so many floating-point operations are not worth waking a worker for.</summary>
    public static bool IsSmall(double flops) => flops < SmallFlops;

    /// <summary>Runs job(state, 0 .. parts-1) of work that is that many floating-point operations in all; small work stays on the caller.</summary>
    public static void RunParts(WorkerPool pool, double flops, delegate*<void*, int, void> job, void* state, int parts)
    {
        if (!IsSmall(flops)) pool.Run(job, state, parts);
        else for (int part = 0; part < parts; part++) job(state, part);
    }

    private static void RunPart<TArgs>(void* state, int part) where TArgs : unmanaged
    {
        var job = (Job<TArgs>*)state;
        long start = job->Grains * part / job->Parts * job->Grain;
        long end = Math.Min(job->Grains * (part + 1) / job->Parts * job->Grain, job->Count);
        if (start < end) job->Body(job->Args, (nint)start, (nint)end);
    }

    private struct Job<TArgs> where TArgs : unmanaged
    {
        public TArgs* Args;
        public delegate*<TArgs*, nint, nint, void> Body;
        public long Count;
        public long Grains;
        public long Grain;
        public int Parts;
    }
}
