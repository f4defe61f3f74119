namespace GenEngine.Kernels.Devices.Gpu;

/// <summary>What differs between a real GPU and the emulator. Everything above it is shared.</summary>
public unsafe interface IGpuDriver : IDisposable
{
    /// <summary>Cuda, or Simt for the emulator.</summary>
    DeviceKind Kind { get; }

    /// <summary>One line for people: the card or the compiler, with versions. Measured tiles are stored under it.</summary>
    string Description { get; }

    /// <summary>Streaming multiprocessors; launchers size persistent and grid-stride grids by it.</summary>
    int MultiprocessorCount { get; }

    /// <summary>Compute capability times ten (90 for sm_90). The emulator says 90: it has mma.sync and cp.async, and of sm_90a wgmma, bulk copies and mbarriers.</summary>
    int Arch { get; }

    /// <summary>The most shared memory a block may have, static and dynamic, bytes.</summary>
    int SharedBytesABlock { get; }

    /// <summary>True when kernels of one architecture alone (<see cref="GpuKernel.ArchSpecific"/>) can be compiled here.</summary>
    bool CompilesArchSpecific => true;

    /// <summary>Blocks of a grid-stride kernel: enough to fill the device once; on the emulator as many as one element a lane needs.</summary>
    int GridStrideBlocks(long elements, int threads);

    /// <summary>Blocks of a cooperative launch that can be resident at once.</summary>
    int ResidentBlocks(GpuKernel kernel, int threads, int sharedBytes);

    /// <summary>Device memory, aligned to 256 bytes at least; 0 when there is none left.</summary>
    nint Allocate(long bytes);

    /// <summary>Frees what <see cref="Allocate"/> gave; bytes is its size.</summary>
    void Free(nint address, long bytes);

    /// <summary>Copies host bytes to a device address, in order with launches; the source is free again on return.</summary>
    void Upload(ReadOnlySpan<byte> source, nint target);

    /// <summary>Copies device bytes to the host after all earlier work, and waits for them.</summary>
    void Download(nint source, Span<byte> target);

    /// <summary>Waits until all that was asked for is done; an error of an earlier launch is thrown here.</summary>
    void Synchronize();

    /// <summary>True when <see cref="CreateClock"/> measures a GPU; the emulator's time says nothing of one.</summary>
    bool CanTime { get; }

    /// <summary>A clock for launches: the host's where a launch is done when it returns.</summary>
    LaunchClock CreateClock() => new HostClock();

    /// <summary>Compiles (or takes from the cache) and loads a variant; called once a variant.</summary>
    object Load(GpuKernel kernel);

    /// <summary>Compiles all these variants side by side, so that later loads hit the cache.</summary>
    void Prefetch(IReadOnlyCollection<GpuKernel> kernels);

    /// <summary>Asks for a launch, in order with all other work; a GPU may run it after the return.</summary>
    /// <param name="loaded">What <see cref="Load"/> made of the kernel.</param>
    /// <param name="args">The packed argument block, of argBytes; free again on return.</param>
    /// <param name="accesses">What the launch declares: the emulator holds it to them, a GPU ignores them. Empty for timings.</param>
    void Launch(object loaded, GpuKernel kernel, in LaunchShape shape, void* args, int argBytes, ReadOnlySpan<Access> accesses);

    /// <summary>Makes a recorded list replayable; its launches carry <see cref="GpuLaunchTarget"/> as their kernel.</summary>
    /// <param name="times">How often one launch of the graph goes through the list.</param>
    IGpuGraph CreateGraph(LaunchRecorder recorder, int times);
}

/// <summary>A kernel variant and what the driver loaded for it.</summary>
public sealed record GpuLaunchTarget(GpuKernel Kernel, object Loaded);

/// <summary>A recorded list of launches as a driver replays it; it needs the recorder for as long as it lives.</summary>
public interface IGpuGraph : IDisposable
{
    /// <summary>Goes through the list as often as the graph was made for, in order with other work; a GPU may run it after the return.</summary>
    void Launch();
}
