namespace GenEngine.Kernels.Devices;

/// <summary>What kernels run on. All three give the same bits, unless <see cref="Gpu.Precision"/> asks a GPU for tensor cores.</summary>
public enum DeviceKind : byte
{
    /// <summary>SIMD code in C#.</summary>
    Cpu,

    /// <summary>The CUDA sources compiled by the host's C++ compiler and run on the CPU.</summary>
    Simt,

    /// <summary>An NVIDIA GPU.</summary>
    Cuda,
}

/// <summary>
/// A device: memory, copies, and launches that are run at once or recorded for a captured step.
/// One device belongs to one thread at a time; everything runs in the order it was asked for.
/// </summary>
public abstract class Device : IDisposable
{
    private readonly HashSet<DeviceBuffer> _buffers = [];

    /// <summary>A <see cref="Cpu.CpuDevice"/> is Cpu; a <see cref="Gpu.GpuDevice"/> is Simt or Cuda, as its driver.</summary>
    public abstract DeviceKind Kind { get; }

    /// <summary>One line for people: the processor or the card, its features, its threads.</summary>
    public abstract string Description { get; }

    /// <summary>What is allocated through this device; memory of the driver, of compiled kernels and of scratch does not count.</summary>
    public MemoryCounters Memory { get; } = new();

    /// <summary>True after Dispose: all buffers are freed, and the device takes no more work.</summary>
    public bool IsDisposed { get; private set; }

    /// <summary>The recording in progress, or null when launches run at once.</summary>
    public LaunchRecorder? Recorder { get; private set; }

    /// <summary>Told of every launch before it runs or is recorded; the step arena follows lifetimes with it.</summary>
    public ILaunchObserver? Observer { get; set; }

    /// <summary>Stands around every launch while it runs, replayed ones too; profiles are made with it.</summary>
    public ILaunchProbe? Probe { get; set; }

    /// <summary>What the next launches belong to.</summary>
    public LaunchLabel Label { get; private set; }

    /// <summary>Says what the next launches belong to: an operation, or its backward. Probes and recordings keep it with each launch.</summary>
    public void Enter(string op, bool backward = false) => Label = new LaunchLabel(op, backward, Label.Ordinal + 1);

    /// <summary>Allocates device memory; its content is undefined. Aligned to 256 bytes.</summary>
    /// <exception cref="EngineException">Out of memory: says requested, live and peak bytes.</exception>
    public DeviceBuffer Allocate(long bytes, string name) => TryAllocate(bytes, name)
        ?? throw new EngineException($"Out of memory on {Kind.Name()}: '{name}' asks for {bytes:N0} bytes, {Memory.LiveBytes:N0} are in use. Use a smaller batch or model.");

    /// <summary>As <see cref="Allocate"/>, for those who can do with less: null where there is no memory left.</summary>
    public DeviceBuffer? TryAllocate(long bytes, string name)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bytes);
        if (Recorder is not null)
            throw new EngineException($"'{name}' asks for new device memory while a step is being captured; allocate before the capture.");
        nint address = AllocateCore(bytes);
        if (address == 0) return null;
        var buffer = new DeviceBuffer(this, address, bytes, name);
        _buffers.Add(buffer);
        Memory.Add(bytes);
        return buffer;
    }

    /// <summary>Copies host bytes to the device. Refused during a capture: a replay would repeat the bytes of today.</summary>
    public void Upload<T>(ReadOnlySpan<T> source, BufferRange target) where T : unmanaged
    {
        RefuseInCapture("Upload");
        var bytes = System.Runtime.InteropServices.MemoryMarshal.AsBytes(source);
        if (bytes.Length > target.Bytes) throw new ArgumentException($"{bytes.Length} bytes do not fit {target}.");
        UploadCore(bytes, target);
    }

    /// <summary>Copies device bytes to the host, after all earlier launches. Refused during a capture.</summary>
    public void Download<T>(BufferRange source, Span<T> target) where T : unmanaged
    {
        RefuseInCapture("Download");
        var bytes = System.Runtime.InteropServices.MemoryMarshal.AsBytes(target);
        if (bytes.Length > source.Bytes) throw new ArgumentException($"{source} has fewer than {bytes.Length} bytes.");
        DownloadCore(source, bytes);
    }

    /// <summary>A clock for this device's launches; dispose it before the device.</summary>
    public virtual LaunchClock CreateClock() => new HostClock();

    /// <summary>Milliseconds between the beginning and the end of some work where it runs, launch gaps included; waits for the end. Never inside a capture.</summary>
    public double Time(Action work)
    {
        using var clock = CreateClock();
        clock.Stamp();
        work();
        return clock.At(clock.Stamp()) / 1000;
    }

    /// <summary>Waits until everything asked for has run, and reports errors of it.</summary>
    public abstract void Synchronize();

    /// <summary>From here on launches are recorded instead of run, until <see cref="EndCapture"/>.</summary>
    public void BeginCapture()
    {
        if (Recorder is not null) throw new InvalidOperationException("A capture is already in progress on this device.");
        Recorder = new LaunchRecorder(this);
    }

    /// <summary>Ends the recording and makes it replayable.</summary>
    public CapturedStep EndCapture()
    {
        var recorder = Recorder ?? throw new InvalidOperationException("No capture is in progress on this device.");
        Recorder = null;
        return Instantiate(recorder);
    }

    /// <summary>Drops the recording in progress, if any.</summary>
    public void AbortCapture()
    {
        Recorder?.Dispose();
        Recorder = null;
    }

    public void Dispose()
    {
        if (IsDisposed) return;
        AbortCapture();
        foreach (var buffer in _buffers.ToArray()) buffer.Dispose();
        IsDisposed = true;
        DisposeCore();
        GC.SuppressFinalize(this);
    }

    internal void Release(DeviceBuffer buffer, nint address)
    {
        if (!_buffers.Remove(buffer)) return;
        Memory.Remove(buffer.Bytes);
        FreeCore(address, buffer.Bytes);
    }

    /// <summary>Checks a launch's declarations and tells the observer. Every launch of every device passes here first.</summary>
    protected void Announce(string kernel, ReadOnlySpan<Access> accesses)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        for (int i = 0; i < accesses.Length; i++)
        {
            ref readonly var access = ref accesses[i];
            if (!ReferenceEquals(access.Range.Buffer.Device, this))
                throw new EngineException($"{kernel}: {access.Range} lives on another device.");
            _ = access.Range.Address; // throws when the buffer was freed
            for (int j = 0; j < i; j++)
            {
                if (access.ConflictsWith(accesses[j]))
                    throw new EngineException($"{kernel} declares overlapping ranges: {accesses[j]} and {access}. Declare one update instead.");
            }
        }

        Observer?.OnLaunch(kernel, accesses);
    }

    /// <summary>So many bytes, above 0, aligned to 256 at least, with undefined content; 0 when there is no memory left.</summary>
    protected abstract nint AllocateCore(long bytes);

    /// <summary>Frees what <see cref="AllocateCore"/> gave; bytes is its size.</summary>
    protected abstract void FreeCore(nint address, long bytes);

    /// <summary>Copies to the range's beginning, in order with launches; the source fits and is free again on return.</summary>
    protected abstract void UploadCore(ReadOnlySpan<byte> source, BufferRange target);

    /// <summary>Fills the span from the range's beginning, after all earlier launches; the range is long enough.</summary>
    protected abstract void DownloadCore(BufferRange source, Span<byte> target);

    /// <summary>Makes a recording replayable; the step owns the recorder from then on.</summary>
    protected abstract CapturedStep Instantiate(LaunchRecorder recorder);

    /// <summary>Frees what the device itself holds; called once, when all buffers are freed.</summary>
    protected abstract void DisposeCore();

    private void RefuseInCapture(string what)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        if (Recorder is not null)
            throw new EngineException($"{what} inside a captured step: a replay would repeat what the host holds now. Keep what changes from step to step in device memory, and copy outside the step.");
    }
}

/// <summary>Follows launches; see <see cref="Device.Observer"/>.</summary>
public interface ILaunchObserver
{
    /// <summary>Called before a launch runs or is recorded, with checked declarations; not for replays. The span is valid during the call only.</summary>
    void OnLaunch(string kernel, ReadOnlySpan<Access> accesses);
}

/// <summary>Kinds of devices as the command line has them.</summary>
public static class DeviceKinds
{
    /// <summary>The name on the command line: cpu, simt, cuda.</summary>
    public static string Name(this DeviceKind kind) => kind switch
    {
        DeviceKind.Cpu => "cpu",
        DeviceKind.Simt => "simt",
        _ => "cuda",
    };
}
