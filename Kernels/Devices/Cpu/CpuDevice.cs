using System.Runtime.InteropServices;

namespace GenEngine.Kernels.Devices.Cpu;

/// <summary>What a CPU device is asked to be.</summary>
/// <param name="Threads">Worker threads including the caller; 0 takes one a core.</param>
/// <param name="Isa">Instruction set; null takes GENENGINE_ISA, or the widest that the processor has.</param>
public sealed record CpuOptions(int Threads = 0, CpuIsa? Isa = null);

/// <summary>
/// The SIMD device. A kernel is a static method over a packed argument block, the same block that its GPU twin takes;
/// a captured step is the recorded list, replayed without a managed allocation.
/// </summary>
public sealed unsafe class CpuDevice : Device
{
    public CpuDevice(CpuOptions? options = null)
    {
        options ??= new CpuOptions();
        string? named = Environment.GetEnvironmentVariable("GENENGINE_ISA");
        Isa = options.Isa ?? (string.IsNullOrEmpty(named) ? CpuIsas.Best : CpuIsas.Parse(named));
        if (!Isa.IsSupported()) throw new EngineException($"This processor has no {Isa.Name()}; the widest set it has is {CpuIsas.Best.Name()}.");
        if (options.Threads is < 0 or > 1024) throw new EngineException($"--threads {options.Threads}: give a number from 1 to 1024.");
        Pool = new WorkerPool(options.Threads == 0 ? Environment.ProcessorCount : options.Threads);
    }

    public override DeviceKind Kind => DeviceKind.Cpu;

    public override string Description => $"{RuntimeInformation.ProcessArchitecture} SIMD, {Isa.Name()}, {Pool.Threads} thread(s)";

    /// <summary>The instruction set of all its kernels, fixed at the start.</summary>
    public CpuIsa Isa { get; }

    /// <summary>The threads that kernels share their work out to; disposed with the device.</summary>
    public WorkerPool Pool { get; }

    /// <summary>
    /// Tests set this: what a launch declares as written is filled with NaN patterns first, so that an output
    /// never written shows.
    /// </summary>
    public bool PoisonWrites { get; set; }

    /// <summary>Runs a kernel, or records it during a capture.</summary>
    /// <param name="entry">The kernel for this device's instruction set.</param>
    /// <param name="args">The packed argument block; copied when recorded.</param>
    public void Launch<TArgs>(string name, delegate*<WorkerPool, TArgs*, void> entry, ref TArgs args, ReadOnlySpan<Access> accesses)
        where TArgs : unmanaged
    {
        Announce(name, accesses);
        fixed (TArgs* block = &args)
        {
            if (Recorder is { } recorder)
            {
                recorder.Add(new CpuEntry((nint)entry), name, default, typeof(TArgs), block, sizeof(TArgs), accesses);
                return;
            }

            if (PoisonWrites) Poison(accesses);
            if (Probe is { } probe)
            {
                probe.Begin(new LaunchNote { Kernel = name, Label = Label, Shape = default, ArgsType = typeof(TArgs), Args = block, ArgBytes = sizeof(TArgs), Accesses = accesses });
                entry(Pool, block);
                probe.End();
                return;
            }

            entry(Pool, block);
        }
    }

    public override void Synchronize() => ObjectDisposedException.ThrowIf(IsDisposed, this);

    protected override nint AllocateCore(long bytes) => HostMemory.Allocate(bytes);

    protected override void FreeCore(nint address, long bytes) => HostMemory.Free(address);

    protected override void UploadCore(ReadOnlySpan<byte> source, BufferRange target) =>
        source.CopyTo(new Span<byte>((void*)target.Address, source.Length));

    protected override void DownloadCore(BufferRange source, Span<byte> target) =>
        new ReadOnlySpan<byte>((void*)source.Address, target.Length).CopyTo(target);

    protected override CapturedStep Instantiate(LaunchRecorder recorder) => new CpuCapturedStep(recorder, Pool);

    protected override void DisposeCore() => Pool.Dispose();

    private static void Poison(ReadOnlySpan<Access> accesses)
    {
        foreach (var access in accesses)
        {
            if (access.Mode == AccessMode.Write) NativeMemory.Fill((void*)access.Range.Address, (nuint)access.Range.Bytes, 0xFF);
        }
    }

    private sealed class CpuEntry(nint pointer)
    {
        public nint Pointer { get; } = pointer;
    }

    private sealed class CpuCapturedStep : CapturedStep
    {
        private readonly (nint Entry, nint Args)[] _list;
        private readonly WorkerPool _pool;

        public CpuCapturedStep(LaunchRecorder recorder, WorkerPool pool) : base(recorder)
        {
            _pool = pool;
            _list = [.. recorder.Launches.Select(launch => (((CpuEntry)launch.Kernel).Pointer, launch.Args))];
        }

        protected override void ReplayCore()
        {
            foreach (var (entry, args) in _list) ((delegate*<WorkerPool, void*, void>)entry)(_pool, (void*)args);
        }

        protected override void Run(in RecordedLaunch launch) => ((delegate*<WorkerPool, void*, void>)((CpuEntry)launch.Kernel).Pointer)(_pool, (void*)launch.Args);
    }
}
