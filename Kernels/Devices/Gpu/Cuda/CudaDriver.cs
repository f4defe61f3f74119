using System.Text;

namespace GenEngine.Kernels.Devices.Gpu.Cuda;

/// <summary>
/// An NVIDIA GPU: NVRTC's machine code, one stream, launches by one packed argument struct, explicit graphs. Used by one thread at a
/// time, not always the same. With GENENGINE_CUDA_SYNC=1 every launch is waited for, so that an error names its kernel.
/// </summary>
public sealed unsafe class CudaDriver : IGpuDriver
{
    // a thread remembers which driver it last made current, so that a launch does not ask again
    [ThreadStatic]
    private static long t_current;

    private static long s_opened;

    private readonly long _id = Interlocked.Increment(ref s_opened);
    private readonly ContextHandle _context;
    private readonly Dictionary<byte[], ModuleHandle> _modules = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<GpuKernel, CudaKernel> _kernels = [];
    private readonly HashSet<CudaGraph> _graphs = [];
    private readonly CudaArch _target;
    private readonly bool _synchronous = Environment.GetEnvironmentVariable("GENENGINE_CUDA_SYNC") is "1";
    private readonly StreamHandle? _stream;
    private readonly PinnedStaging? _staging;
    private bool _disposed;

    private CudaDriver(CudaDeviceInfo device, Version cuda, KernelCompiler compiler)
    {
        Device = device;
        Compiler = compiler;
        Description = $"{device}, CUDA {cuda}, NVRTC {compiler.Nvrtc.Version}";
        _target = compiler.Nvrtc.TargetFor(device.Arch);
        _context = ContextHandle.Retain(device.Handle);
        try
        {
            Enter();
            _stream = StreamHandle.Create();
            _staging = new PinnedStaging(_stream.Value);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public DeviceKind Kind => DeviceKind.Cuda;

    public string Description { get; }

    /// <summary>The GPU, as it was when the driver was opened.</summary>
    public CudaDeviceInfo Device { get; }

    public int MultiprocessorCount => Device.MultiprocessorCount;

    public int Arch => Device.Arch;

    public int SharedBytesABlock => Device.SharedBytes;

    // sm_90a came with CUDA 12
    public bool CompilesArchSpecific => Compiler.Nvrtc.Version.Major >= 12;

    public bool CanTime => true;

    /// <summary>Compiles this device's kernels; its counters tell a warm start from a cold one.</summary>
    public KernelCompiler Compiler { get; }

    /// <summary>Driver objects (contexts, streams, modules, ...) that this process holds; zero once every driver is disposed.</summary>
    public static int LiveHandles => CudaHandle.Live;

    /// <summary>Driver objects that the garbage collector found undisposed: each is a defect.</summary>
    public static int LeakedHandles => CudaHandle.Leaked;

    /// <summary>Opens a GPU.</summary>
    /// <param name="ordinal">Its number among the visible GPUs.</param>
    /// <param name="cache">Where compiled kernels are kept; null takes the user's cache folder.</param>
    /// <exception cref="DeviceUnavailableException">No driver, no GPU, no NVRTC, or one that is too old; the message lists what was tried and the fix.</exception>
    public static CudaDriver Open(int ordinal = 0, CubinCache? cache = null)
    {
        var cuda = CudaLibrary.Load(LibraryProbe.ThisMachine);
        int count = CudaLibrary.DeviceCount();
        if (ordinal < 0 || ordinal >= count)
            throw new DeviceUnavailableException($"There is no GPU {ordinal}; this machine shows {count}, numbered from 0.");
        var device = CudaDeviceInfo.Query(ordinal);
        if (device.Arch < 75)
            throw new DeviceUnavailableException($"{device} is too old: the kernels need compute capability 7.5 (Turing) or newer. Use --device cpu.");
        return new CudaDriver(device, cuda, new KernelCompiler(NvrtcCompiler.Load(cuda.Major), cache ?? new CubinCache()));
    }

    /// <summary>Looks for driver, GPUs and NVRTC and opens nothing; never throws for what is missing.</summary>
    public static CudaReport Probe() => CudaReport.Make();

    public int GridStrideBlocks(long elements, int threads)
    {
        long needed = (elements + threads - 1) / threads;
        long resident = (long)MultiprocessorCount * Math.Max(1, Device.ThreadsPerMultiprocessor / threads);
        return (int)Math.Clamp(needed, 1, resident);
    }

    public int ResidentBlocks(GpuKernel kernel, int threads, int sharedBytes)
    {
        var loaded = LoadKernel(kernel);
        loaded.AllowShared(sharedBytes);
        CudaException.Check(CudaApi.cuOccupancyMaxActiveBlocksPerMultiprocessor(out int blocks, loaded.Function, threads, (nuint)sharedBytes), kernel.Name);
        return blocks * MultiprocessorCount;
    }

    public nint Allocate(long bytes)
    {
        Enter();
        var result = CudaApi.cuMemAlloc_v2(out nint address, (nuint)bytes);
        if (result == CUresult.CUDA_ERROR_OUT_OF_MEMORY) return 0;
        CudaException.Check(result, $"allocating {bytes:N0} bytes");
        return address;
    }

    public void Free(nint address, long bytes)
    {
        Enter();
        var result = CudaApi.cuMemFree_v2(address);
        // a broken context frees nothing, and whoever waits for the failed kernel is told why
        if (!CudaException.IsSticky(result)) CudaException.Check(result, $"freeing {bytes:N0} bytes");
    }

    public void Upload(ReadOnlySpan<byte> source, nint target)
    {
        Enter();
        _staging!.Upload(source, target);
    }

    public void Download(nint source, Span<byte> target)
    {
        Enter();
        _staging!.Download(source, target);
    }

    public void Synchronize()
    {
        Enter();
        CudaException.Check(CudaApi.cuStreamSynchronize(_stream!.Value));
    }

    /// <summary>Free and total device memory, bytes; other programs count too.</summary>
    public (long Free, long Total) DeviceMemory()
    {
        Enter();
        CudaException.Check(CudaApi.cuMemGetInfo_v2(out nuint free, out nuint total));
        return ((long)free, (long)total);
    }

    public LaunchClock CreateClock() => new CudaClock(this);

    public object Load(GpuKernel kernel) => LoadKernel(kernel);

    public void Prefetch(IReadOnlyCollection<GpuKernel> kernels) => Compiler.CompileAll(kernels, _target);

    /// <summary>Queues the launch on the one stream; waits for it where GENENGINE_CUDA_SYNC is 1. The declared accesses are not looked at.</summary>
    /// <exception cref="CudaException">The GPU refuses the launch, or an earlier kernel has failed.</exception>
    public void Launch(object loaded, GpuKernel kernel, in LaunchShape shape, void* args, int argBytes, ReadOnlySpan<Access> accesses)
    {
        Enter();
        var target = (CudaKernel)loaded;
        target.AllowShared(shape.SharedBytes);
        void* parameter = args; // the kernel has one parameter, the struct; the driver copies it before the call returns
        var result = shape.Cooperative
            ? CudaApi.cuLaunchCooperativeKernel(
                target.Function, (uint)shape.GridX, (uint)shape.GridY, (uint)shape.GridZ, (uint)shape.BlockX, 1, 1, (uint)shape.SharedBytes, _stream!.Value, &parameter)
            : CudaApi.cuLaunchKernel(
                target.Function, (uint)shape.GridX, (uint)shape.GridY, (uint)shape.GridZ, (uint)shape.BlockX, 1, 1, (uint)shape.SharedBytes, _stream!.Value, &parameter, null);
        if (_synchronous && result == CUresult.CUDA_SUCCESS) result = CudaApi.cuStreamSynchronize(_stream.Value);
        if (result != CUresult.CUDA_SUCCESS) CudaException.Check(result, Say(kernel.Name, shape), nameof(CudaApi.cuLaunchKernel));
    }

    public IGpuGraph CreateGraph(LaunchRecorder recorder, int times)
    {
        Enter();
        var graph = new CudaGraph(this, recorder, times);
        _graphs.Add(graph);
        return graph;
    }

    public void Dispose()
    {
        if (_disposed) return;
        TryEnter();
        foreach (var graph in _graphs.ToArray()) graph.Dispose();
        _disposed = true;
        if (_stream is not null) _ = CudaApi.cuStreamSynchronize(_stream.Value); // nothing may still read what goes now
        foreach (var module in _modules.Values) module.Dispose();
        _staging?.Dispose();
        _stream?.Dispose();
        _ = CudaApi.cuCtxSetCurrent(0);
        t_current = 0;
        _context.Dispose();
    }

    internal static string Say(string kernel, in LaunchShape shape) =>
        $"{kernel}, grid {shape.GridX}x{shape.GridY}x{shape.GridZ}, block {shape.BlockX}, dynamic shared memory {shape.SharedBytes}{(shape.Cooperative ? ", cooperative" : "")}";

    /// <summary>An event that comes to pass when the GPU has done all that was asked for so far; the caller disposes it.</summary>
    internal EventHandle RecordEvent()
    {
        Enter();
        var handle = EventHandle.Create(timing: true);
        try
        {
            CudaException.Check(CudaApi.cuEventRecord(handle.Value, _stream!.Value));
            return handle;
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Waits for the later event.</summary>
    internal float MillisecondsBetween(EventHandle start, EventHandle end)
    {
        Enter();
        CudaException.Check(CudaApi.cuEventSynchronize(end.Value));
        CudaException.Check(CudaApi.cuEventElapsedTime(out float milliseconds, start.Value, end.Value));
        return milliseconds;
    }

    internal void Release(IEnumerable<EventHandle> events)
    {
        TryEnter();
        foreach (var handle in events) handle.Dispose();
    }

    internal void LaunchGraph(nint executable)
    {
        Enter();
        CudaException.Check(CudaApi.cuGraphLaunch(executable, _stream!.Value), "captured step");
        if (_synchronous) Synchronize();
    }

    internal void Upload(nint executable) => CudaException.Check(CudaApi.cuGraphUpload(executable, _stream!.Value));

    internal void Forget(CudaGraph graph)
    {
        TryEnter();
        _graphs.Remove(graph);
    }

    private CudaKernel LoadKernel(GpuKernel kernel)
    {
        Enter();
        if (_kernels.TryGetValue(kernel, out var loaded)) return loaded;
        var compiled = Compiler.Compile(kernel, _target);
        if (compiled.ArgumentBytes != kernel.ArgumentBytes)
            throw new EngineException($"{kernel.File}: the argument struct of {kernel.Entry} has {compiled.ArgumentBytes} bytes, the C# struct {kernel.ArgsType.Name} {kernel.ArgumentBytes}.");
        if (!_modules.TryGetValue(compiled.Cubin, out var module)) _modules[compiled.Cubin] = module = LoadModule(kernel, compiled.Cubin);
        return _kernels[kernel] = new CudaKernel(kernel, compiled, module);
    }

    private static ModuleHandle LoadModule(GpuKernel kernel, byte[] image)
    {
        const int LogBytes = 8192;
        byte* log = stackalloc byte[LogBytes];
        log[0] = 0;
        var options = stackalloc CUjit_option[2] { CUjit_option.ERROR_LOG_BUFFER, CUjit_option.ERROR_LOG_BUFFER_SIZE_BYTES };
        void** values = stackalloc void*[2] { log, (void*)LogBytes };
        fixed (byte* pointer = image)
        {
            var result = CudaApi.cuModuleLoadDataEx(out nint module, pointer, 2, options, values);
            if (result == CUresult.CUDA_SUCCESS) return new ModuleHandle(module);
            string words = Encoding.UTF8.GetString(log, new ReadOnlySpan<byte>(log, LogBytes).IndexOf((byte)0) is >= 0 and var end ? end : LogBytes).Trim();
            CudaException.Check(result, $"{kernel.Name} of {kernel.File}{(words.Length > 0 ? $" ({words})" : "")}", nameof(CudaApi.cuModuleLoadDataEx));
            throw new InvalidOperationException(); // not reached
        }
    }

    private void Enter()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (t_current != _id) CudaException.Check(TryEnter(), null, nameof(CudaApi.cuCtxSetCurrent));
    }

    private CUresult TryEnter()
    {
        if (t_current == _id) return CUresult.CUDA_SUCCESS;
        var result = CudaApi.cuCtxSetCurrent(_context.Value);
        t_current = result == CUresult.CUDA_SUCCESS ? _id : 0;
        return result;
    }
}
