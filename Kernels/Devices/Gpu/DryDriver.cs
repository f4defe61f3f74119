using System.Runtime.InteropServices;

namespace GenEngine.Kernels.Devices.Gpu;

/// <summary>
/// A driver that runs nothing: launches end here, memory holds what was uploaded, all else is zero. With a probe on its device it tells
/// which launches some work would make, with their grids and argument blocks, and needs neither a GPU nor a compiler: on the emulator's
/// terms, or on those of a GPU whose extents it is given.
/// </summary>
/// <param name="multiprocessors">What launchers are told.</param>
/// <param name="arch">Compute capability times ten.</param>
/// <param name="sharedBytesABlock">The most shared memory a block may have.</param>
public sealed unsafe class DryDriver(int multiprocessors = 4, int arch = 80, int sharedBytesABlock = 163 * 1024) : IGpuDriver
{
    private const nuint Alignment = 256;

    private long _allocated;

    /// <summary>What it has for <see cref="Allocate"/>.</summary>
    public long MemoryBytes { get; init; } = long.MaxValue;

    public DeviceKind Kind => DeviceKind.Simt;

    public string Description => "launches looked at and not run";

    public int MultiprocessorCount => multiprocessors;

    public int Arch => arch;

    public int SharedBytesABlock => sharedBytesABlock;

    /// <summary>The list of the newest captured step; it lives as long as that step.</summary>
    public LaunchRecorder? Recorded { get; private set; }

    public int GridStrideBlocks(long elements, int threads) => (int)Math.Clamp((elements + threads - 1) / threads, 1, int.MaxValue);

    public int ResidentBlocks(GpuKernel kernel, int threads, int sharedBytes) => 2 * multiprocessors;

    // zeroed by the system where it is first touched, which most of it never is: steps of many gigabytes fit
    public nint Allocate(long bytes)
    {
        if (bytes > MemoryBytes - _allocated) return 0;
        _allocated += bytes;
        void* memory = NativeMemory.AllocZeroed((nuint)bytes + Alignment);
        nuint aligned = ((nuint)memory + Alignment) & ~(Alignment - 1); // past what malloc gave by 16 bytes at least: room for its address
        *(void**)(aligned - (nuint)sizeof(nuint)) = memory;
        return (nint)aligned;
    }

    public void Free(nint address, long bytes)
    {
        _allocated -= bytes;
        NativeMemory.Free(*(void**)(address - sizeof(nint)));
    }

    public void Upload(ReadOnlySpan<byte> source, nint target) => source.CopyTo(new Span<byte>((void*)target, source.Length));

    public void Download(nint source, Span<byte> target) => new ReadOnlySpan<byte>((void*)source, target.Length).CopyTo(target);

    public void Synchronize() { }

    public bool CanTime => false;

    public object Load(GpuKernel kernel) => kernel;

    public void Prefetch(IReadOnlyCollection<GpuKernel> kernels) { }

    /// <summary>Does nothing: no output is written.</summary>
    public void Launch(object loaded, GpuKernel kernel, in LaunchShape shape, void* args, int argBytes, ReadOnlySpan<Access> accesses) { }

    public IGpuGraph CreateGraph(LaunchRecorder recorder, int times)
    {
        Recorded = recorder;
        return new Nothing();
    }

    public void Dispose() { }

    private sealed class Nothing : IGpuGraph
    {
        public void Launch() { }

        public void Dispose() { }
    }
}
