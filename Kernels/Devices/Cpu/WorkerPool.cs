using System.Diagnostics;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

namespace GenEngine.Kernels.Devices.Cpu;

/// <summary>
/// Runs parts of a job on the caller and on workers of its own. Parts are fixed by index and combine nothing, so results do
/// not depend on who runs a part or on how many threads there are.
/// </summary>
/// <remarks>
/// Waking a parked thread costs hundreds of microseconds, a hand-over to a spinning one a tenth of a microsecond. So workers spin
/// long enough to bridge the gaps inside a training step and park between steps; and nobody waits for a worker that has
/// not come yet: whoever is there claims the next part.
/// </remarks>
public sealed unsafe class WorkerPool : IDisposable
{
    private static readonly long Microsecond = Math.Max(1, Stopwatch.Frequency / 1_000_000);

    [ThreadStatic]
    private static int t_index;

    [ThreadStatic]
    private static WorkerPool? t_pool;

    private readonly Thread[] _workers;
    private readonly SemaphoreSlim _wake = new(0);
    private readonly long _spinTicks;
    private ScratchBlock _scratch;
    private delegate*<void*, int, void> _job;
    private void* _state;
    private int _parts;
    private uint _epoch;
    private int _busy;
    private volatile bool _stopping;
    private Lines _lines;
    private ExceptionDispatchInfo? _failure;
    private int _failedPart;

    /// <param name="threads">Threads including the caller; threads - 1 background threads are started.</param>
    public WorkerPool(int threads)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(threads);
        Threads = threads;
        // with more threads than processors a spinning worker only takes time from a working one
        _spinTicks = (threads <= Environment.ProcessorCount ? 400 : 10) * Microsecond;
        _workers = new Thread[threads - 1];
        for (int i = 0; i < _workers.Length; i++)
        {
            int index = i + 1;
            _workers[i] = new Thread(() => WorkerLoop(index)) { IsBackground = true, Name = $"cpu worker {index}" };
            _workers[i].Start();
        }
    }

    /// <summary>Threads including the caller.</summary>
    public int Threads { get; }

    /// <summary>
    /// Runs job(state, 0 .. parts-1), each part once, and returns when all are done. Allocates nothing. Called from inside a
    /// part it runs the parts on the caller. An exception of a part (of the first by index) is thrown on the caller, after all ended.
    /// </summary>
    public void Run(delegate*<void*, int, void> job, void* state, int parts)
    {
        ObjectDisposedException.ThrowIf(_stopping, this);
        if (t_index != 0 && !ReferenceEquals(t_pool, this)) throw new InvalidOperationException("A worker of one pool cannot run a job on another.");
        if (parts <= 1 || _workers.Length == 0 || Interlocked.Exchange(ref _busy, 1) != 0)
        {
            for (int part = 0; part < parts; part++) job(state, part);
            return;
        }

        _job = job;
        _state = state;
        _parts = parts;
        _lines.Unfinished = parts;
        Interlocked.Exchange(ref _lines.Ticket, (long)(++_epoch) << 32 | (uint)parts);
        WakeParked(Math.Min(parts - 1, _workers.Length));
        RunParts();
        for (int spins = 0; Volatile.Read(ref _lines.Unfinished) != 0; spins++)
        {
            if (spins < 500) Thread.SpinWait(1);
            else Thread.Yield(); // the worker may be waiting for this very processor
        }

        var failure = _failure;
        _failure = null;
        Volatile.Write(ref _busy, 0);
        failure?.Throw();
    }

    /// <summary>
    /// Inside a part: which thread runs it, 0 (the caller) to Threads-1. Parts that run at the same time have different
    /// indices, so a job can keep scratch memory a thread instead of a part.
    /// </summary>
    public static int ThreadIndex => t_index;

    /// <summary>
    /// Memory of the launch, shared by its parts: at least so many bytes, page-aligned, undefined content. Valid until the next
    /// call; not to be called inside a part.
    /// </summary>
    public void* Scratch(long bytes) => _scratch.Reserve(bytes);

    /// <summary>Ends the workers and frees the scratch memory.</summary>
    public void Dispose()
    {
        if (_stopping) return;
        _stopping = true;
        if (_workers.Length > 0) _wake.Release(_workers.Length);
        foreach (var worker in _workers) worker.Join();
        _wake.Dispose();
        _scratch.Free();
    }

    /// <summary>
    /// Claims parts until none is left. The ticket holds (epoch, parts left): a thread that slept since an earlier job cannot claim from
    /// a later one, since its epoch is gone; and job, state and count change only while no part is left, so a claim that
    /// succeeds has read those of its own epoch.
    /// </summary>
    private void RunParts()
    {
        while (true)
        {
            long ticket = Volatile.Read(ref _lines.Ticket);
            int left = (int)ticket;
            if (left == 0) return;
            var job = _job;
            void* state = _state;
            int part = _parts - left;
            if (Interlocked.CompareExchange(ref _lines.Ticket, ticket - 1, ticket) != ticket) continue;
            try
            {
                job(state, part);
            }
            catch (Exception exception)
            {
                Fail(part, exception);
            }

            Interlocked.Decrement(ref _lines.Unfinished);
        }
    }

    private void Fail(int part, Exception exception)
    {
        lock (_workers)
        {
            if (_failure is not null && _failedPart < part) return;
            _failure = ExceptionDispatchInfo.Capture(exception);
            _failedPart = part;
        }
    }

    private void WorkerLoop(int index)
    {
        t_pool = this;
        t_index = index;
        long idleSince = Stopwatch.GetTimestamp();
        while (!_stopping)
        {
            if ((int)Volatile.Read(ref _lines.Ticket) != 0)
            {
                RunParts();
                idleSince = Stopwatch.GetTimestamp();
                continue;
            }

            long idle = Stopwatch.GetTimestamp() - idleSince;
            if (idle > _spinTicks)
            {
                Park();
                idleSince = Stopwatch.GetTimestamp();
            }
            else if (idle > 50 * Microsecond)
            {
                Thread.Yield();
            }
            else
            {
                Thread.SpinWait(1);
            }
        }
    }

    private void Park()
    {
        Interlocked.Increment(ref _lines.Parked);
        bool late = (int)Volatile.Read(ref _lines.Ticket) != 0; // came after this worker looked, before it was counted
        if (late && TakeParked(1) == 1) return;
        _wake.Wait();
    }

    private void WakeParked(int most)
    {
        int taken = TakeParked(most);
        if (taken > 0) _wake.Release(taken);
    }

    /// <summary>Takes up to so many off the count of parked workers; each one taken is owed one release, or has come by itself.</summary>
    private int TakeParked(int most)
    {
        while (true)
        {
            int parked = Volatile.Read(ref _lines.Parked);
            int taken = Math.Min(parked, most);
            if (taken == 0 || Interlocked.CompareExchange(ref _lines.Parked, parked - taken, parked) == parked) return taken;
        }
    }

    /// <summary>What threads write while others spin on it, each on cache lines of its own.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 512)]
    private struct Lines
    {
        [FieldOffset(128)]
        public long Ticket;

        [FieldOffset(256)]
        public int Unfinished;

        [FieldOffset(384)]
        public int Parked;
    }
}
