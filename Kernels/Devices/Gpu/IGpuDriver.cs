namespace GenEngine.Kernels.Devices.Gpu;

/// <summary>What differs between a real GPU and the emulator. Everything above it is shared.</summary>
public unsafe interface IGpuDriver : IDisposable
{
    DeviceKind Kind { get; }

    string Description { get; }

    /// <summary>Streaming multiprocessors; launchers size persistent and grid-stride grids by it.</summary>
    int MultiprocessorCount { get; }

    /// <summary>Compute capability times ten (90 for sm_90). The emulator says 80: it has mma.sync and cp.async.</summary>
    int Arch { get; }

    /// <summary>Blocks of a grid-stride kernel: enough to fill the device once; on the emulator as many as one element a lane needs.</summary>
    int GridStrideBlocks(long elements, int threads);

    /// <summary>Blocks of a cooperative launch that can be resident at once.</summary>
    int ResidentBlocks(GpuKernel kernel, int threads, int sharedBytes);

    /// <summary>Device memory, aligned to 256 bytes at least; 0 when there is none left.</summary>
    nint Allocate(long bytes);

    void Free(nint address, long bytes);

    void Upload(ReadOnlySpan<byte> source, nint target);

    void Download(nint source, Span<byte> target);

    void Synchronize();

    /// <summary>True when <see cref="CreateClock"/> measures a GPU; the emulator's time says nothing of one.</summary>
    bool CanTime { get; }

    /// <summary>A clock for launches: the host's where a launch is done when it returns.</summary>
    LaunchClock CreateClock() => new HostClock();

    /// <summary>Compiles (or takes from the cache) and loads a variant; called once a variant.</summary>
    object Load(GpuKernel kernel);

    /// <summary>Compiles all these variants side by side, so that later loads hit the cache.</summary>
    void Prefetch(IReadOnlyCollection<GpuKernel> kernels);

    void Launch(object loaded, GpuKernel kernel, in LaunchShape shape, void* args, int argBytes, ReadOnlySpan<Access> accesses);

    /// <summary>Makes a recorded list replayable; its launches carry <see cref="GpuLaunchTarget"/> as their kernel.</summary>
    IGpuGraph CreateGraph(LaunchRecorder recorder);
}

/// <summary>A kernel variant and what the driver loaded for it.</summary>
public sealed record GpuLaunchTarget(GpuKernel Kernel, object Loaded);

public interface IGpuGraph : IDisposable
{
    void Launch();
}
