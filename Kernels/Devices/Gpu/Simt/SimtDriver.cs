using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using GenEngine.Kernels.Devices.Cpu;

namespace GenEngine.Kernels.Devices.Gpu.Simt;

/// <summary>
/// The emulator: the CUDA sources compiled by the host's C++ compiler and run on the CPU, one fibre a lane that has to wait.
/// It proves kernels where there is no GPU; it says nothing about their speed there.
/// </summary>
public sealed unsafe class SimtDriver : IGpuDriver
{
    private const int ResidentBlockCount = 8;

    /// <summary>Below, waking a worker costs more than it brings.</summary>
    private const long LanesWorthSharing = 2048;

    /// <summary>Fills shared memory and asynchronous copies under way; different in each order.</summary>
    private static ReadOnlySpan<byte> SharedPoison => [0xFF, 0x42, 0xBD];

    private readonly SimtOptions _options;
    private readonly HostCompiler _compiler;
    private readonly SimtRuntime _runtime;
    private readonly OrderedLaunch _ordered = new();
    private readonly nint[] _workers;
    private readonly WorkerPool? _pool;
    private readonly SimtShadow? _shadow;
    private bool _disposed;

    private SimtDriver(SimtOptions options, HostCompiler compiler, SimtRuntime runtime)
    {
        _options = options;
        _compiler = compiler;
        _runtime = runtime;
        // three orders compare runs of the whole grid, and the checked build's shadow belongs to one thread
        int threads = options.Orders > 1 || options.Checked ? 1 : options.Threads == 0 ? Environment.ProcessorCount : options.Threads;
        _workers = new nint[threads];
        for (int i = 0; i < threads; i++) _workers[i] = runtime.NewWorker();
        if (threads > 1) _pool = new WorkerPool(threads);
        if (options.Checked) _shadow = new SimtShadow(runtime);
    }

    public DeviceKind Kind => DeviceKind.Simt;

    public string Description => $"CUDA emulator, {(_options.Checked ? "checked" : "fast")} build, {_options.Orders} order(s), {_workers.Length} thread(s), {_compiler.Path}";

    /// <summary>Few, so that kernels which size their grid by it run more than one block and more than one round.</summary>
    public int MultiprocessorCount => 4;

    public int Arch => 90;

    public int SharedBytesABlock => 227 * 1024;

    public bool CanTime => false;

    /// <summary>The order of launches that run in one: 0 ascending, 1 descending, 2 permuted. For tests of the emulator itself.</summary>
    internal int Order { get; set; }

    /// <summary>Kernel objects that were compiled rather than found in the cache.</summary>
    public int Compiled => _runtime.Cache.Compiled;

    /// <summary>
    /// What the accesses of each source line would cost a GPU (bank conflicts, sectors), sampled since the driver was opened or
    /// <see cref="ForgetAccessSites"/>; empty unless the build is checked.
    /// </summary>
    public IReadOnlyList<AccessSite> AccessSites => _shadow?.Sites() ?? [];

    /// <summary>Begins the sampling anew; there is room for about a thousand lines (of each kernel variant).</summary>
    public void ForgetAccessSites() => _shadow?.ForgetSites();

    /// <summary>Finds a compiler and prepares the run time.</summary>
    /// <exception cref="DeviceUnavailableException">This machine has no C++ compiler; says how to install one.</exception>
    public static SimtDriver Open(SimtOptions? options = null)
    {
        options ??= new SimtOptions();
        if (options.Orders is not (1 or 2 or 3)) throw new ArgumentOutOfRangeException(nameof(options), options.Orders, "1, 2 or 3 orders.");
        if (options.Threads is < 0 or > 1024) throw new EngineException($"--threads {options.Threads}: give a number from 1 to 1024.");
        var compiler = CompilerFinder.Find(options.Compiler);
        return new SimtDriver(options, compiler, SimtRuntime.Open(compiler, options.CacheFolder ?? UserCache.Folder("simt")));
    }

    /// <summary>One pass: on a CPU a grid-stride loop would jump through memory by the size of the grid.</summary>
    public int GridStrideBlocks(long elements, int threads) => (int)Math.Clamp((elements + threads - 1) / threads, 1, int.MaxValue);

    public int ResidentBlocks(GpuKernel kernel, int threads, int sharedBytes) => ResidentBlockCount;

    public nint Allocate(long bytes)
    {
        try
        {
            void* memory = NativeMemory.AlignedAlloc((nuint)bytes, 256);
            // tests rely on nothing: memory that nobody wrote is NaN
            if (_options.Orders > 1 || _options.Checked) NativeMemory.Fill(memory, (nuint)bytes, 0xFF);
            if (_shadow?.Add((nint)memory, bytes) != false) return (nint)memory;
            NativeMemory.AlignedFree(memory);
            return 0;
        }
        catch (OutOfMemoryException)
        {
            return 0;
        }
    }

    public void Free(nint address, long bytes)
    {
        _shadow?.Remove(address);
        NativeMemory.AlignedFree((void*)address);
    }

    public void Upload(ReadOnlySpan<byte> source, nint target)
    {
        source.CopyTo(new Span<byte>((void*)target, source.Length));
        _shadow?.Uploaded(target, source.Length);
    }

    public void Download(nint source, Span<byte> target) => new ReadOnlySpan<byte>((void*)source, target.Length).CopyTo(target);

    public void Synchronize() => ObjectDisposedException.ThrowIf(_disposed, this);

    public object Load(GpuKernel kernel) => new SimtModule(kernel, _runtime.Compile(kernel, _options.Checked));

    public void Prefetch(IReadOnlyCollection<GpuKernel> kernels)
    {
        var failures = new ConcurrentQueue<EngineException>();
        Parallel.ForEach(kernels, kernel =>
        {
            try
            {
                _runtime.Compile(kernel, _options.Checked);
            }
            catch (EngineException failure)
            {
                failures.Enqueue(failure);
            }
        });
        if (failures.TryDequeue(out var first))
            throw failures.IsEmpty ? first : new EngineException($"{first.Message}\n{failures.Count} more kernel variants failed to compile.", first);
    }

    /// <summary>Runs the launch to its end; with several orders once in each, whose results must agree bit for bit.</summary>
    /// <exception cref="EngineException">A GPU would refuse the grid or the block.</exception>
    /// <exception cref="KernelFaultException">The kernel breaks a rule: its orders differ, or the checked build found a fault.</exception>
    public void Launch(object loaded, GpuKernel kernel, in LaunchShape shape, void* args, int argBytes, ReadOnlySpan<Access> accesses)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        var module = (SimtModule)loaded;
        Refuse(kernel, shape, module.Descriptor);
        var launch = new SimtLaunch
        {
            Run = module.Descriptor->Run,
            Args = args,
            File = module.Descriptor->File,
            Line = module.Descriptor->Line,
            GridX = (uint)shape.GridX,
            GridY = (uint)shape.GridY,
            GridZ = (uint)shape.GridZ,
            Threads = (uint)shape.BlockX,
            DynamicBytes = (uint)shape.SharedBytes,
            Cooperative = shape.Cooperative ? 1u : 0u,
            Cluster = module.Descriptor->Cluster,
        };
        if (_options.Orders == 1) RunOnce(kernel, &launch, accesses, Order);
        else _ordered.Run(this, kernel, &launch, accesses, _options.Orders);
    }

    public IGpuGraph CreateGraph(LaunchRecorder recorder, int times) => new Graph(this, recorder, times);

    public void Dispose()
    {
        if (_disposed) return;
        _disposed = true;
        _pool?.Dispose();
        foreach (nint worker in _workers) _runtime.FreeWorker(worker);
        _shadow?.Dispose();
        _ordered.Dispose();
    }

    internal void RunOnce(GpuKernel kernel, SimtLaunch* launch, ReadOnlySpan<Access> accesses, int order)
    {
        ulong next = 0;
        launch->NextBlock = &next;
        launch->Order = (uint)order;
        launch->Poison = SharedPoison[order];
        byte* message = _shadow is not null ? _shadow.Launch(_workers[0], launch, accesses)
            : _pool is not null && IsWorthSharing(launch) ? LaunchShared(launch)
            : _runtime.Launch(_workers[0], launch);
        if (message != null) throw new KernelFaultException($"{kernel.Name}: {Marshal.PtrToStringUTF8((nint)message)}");
    }

    private static bool IsWorthSharing(SimtLaunch* launch)
    {
        long blocks = (long)launch->GridX * launch->GridY * launch->GridZ;
        return launch->Cooperative == 0 && blocks > 1 && blocks * launch->Threads >= LanesWorthSharing;
    }

    // Blocks are independent: each worker takes the next one until none is left.
    private byte* LaunchShared(SimtLaunch* launch)
    {
        byte** messages = stackalloc byte*[_workers.Length];
        fixed (nint* workers = _workers)
        {
            var job = new SharedLaunch { Run = _runtime.Launch, Launch = launch, Workers = workers, Messages = messages };
            _pool!.Run(&RunPart, &job, _workers.Length);
        }

        for (int i = 0; i < _workers.Length; i++)
            if (messages[i] != null) return messages[i];
        return null;
    }

    private static void RunPart(void* state, int part)
    {
        var job = (SharedLaunch*)state;
        job->Messages[part] = job->Run(job->Workers[part], job->Launch);
    }

    private struct SharedLaunch
    {
        public delegate* unmanaged<nint, SimtLaunch*, byte*> Run;
        public SimtLaunch* Launch;
        public nint* Workers;
        public byte** Messages;
    }

    // What a GPU would refuse is refused here too.
    private static void Refuse(GpuKernel kernel, in LaunchShape shape, KernelDescriptor* descriptor)
    {
        string? why =
            shape.GridX <= 0 || shape.GridY is <= 0 or > 65535 || shape.GridZ is <= 0 or > 65535 ? $"a grid of {shape.GridX} x {shape.GridY} x {shape.GridZ} blocks (y and z up to 65535)"
            : shape.BlockX is <= 0 or > 1024 ? $"{shape.BlockX} threads a block (1 to 1024)"
            : shape.BlockX > descriptor->MaxThreads ? $"{shape.BlockX} threads a block; KERNEL allows {descriptor->MaxThreads}"
            : shape.SharedBytes is < 0 or > 227 * 1024 ? $"{shape.SharedBytes} bytes of dynamic shared memory (up to {227 * 1024})"
            : shape.GridX % descriptor->Cluster != 0 ? $"a grid of {shape.GridX} blocks in clusters of {descriptor->Cluster}"
            : shape.Cooperative && descriptor->Cluster > 1 ? $"a cooperative grid in clusters of {descriptor->Cluster}, which the emulator does not know"
            : shape.Cooperative && (long)shape.GridX * shape.GridY * shape.GridZ > ResidentBlockCount ? $"a cooperative grid of more than {ResidentBlockCount} blocks; ask ResidentBlocks"
            : null;
        if (why is not null) throw new EngineException($"{kernel.Name} is launched with {why}.");
    }

    private sealed class Graph(SimtDriver driver, LaunchRecorder recorder, int times) : IGpuGraph
    {
        public void Launch()
        {
            for (int i = 0; i < times; i++) Once();
        }

        public void Dispose() { }

        private void Once()
        {
            foreach (ref readonly var launch in CollectionsMarshal.AsSpan(recorder.Launches))
            {
                var target = (GpuLaunchTarget)launch.Kernel;
                driver.Launch(target.Loaded, target.Kernel, launch.Shape, (void*)launch.Args, launch.ArgBytes, recorder.AccessesOf(launch));
            }
        }
    }
}
