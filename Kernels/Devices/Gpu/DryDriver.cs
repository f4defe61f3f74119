using System.Runtime.InteropServices;

namespace GenEngine.Kernels.Devices.Gpu;

/// <summary>
/// A driver that runs nothing: launches end here, memory holds what was uploaded, all else is zero. With a probe on its device it tells
/// which launches some work would make, with their grids and argument blocks, and needs neither a GPU nor a compiler. Its answers
/// to launchers are the emulator's.
/// </summary>
public sealed unsafe class DryDriver : IGpuDriver
{
    public DeviceKind Kind => DeviceKind.Simt;

    public string Description => "launches looked at and not run";

    public int MultiprocessorCount => 4;

    public int Arch => 80;

    public int SharedBytesABlock => 163 * 1024;

    public int GridStrideBlocks(long elements, int threads) => (int)Math.Clamp((elements + threads - 1) / threads, 1, int.MaxValue);

    public int ResidentBlocks(GpuKernel kernel, int threads, int sharedBytes) => 8;

    public nint Allocate(long bytes)
    {
        void* memory = NativeMemory.AlignedAlloc((nuint)bytes, 256);
        NativeMemory.Clear(memory, (nuint)bytes);
        return (nint)memory;
    }

    public void Free(nint address, long bytes) => NativeMemory.AlignedFree((void*)address);

    public void Upload(ReadOnlySpan<byte> source, nint target) => source.CopyTo(new Span<byte>((void*)target, source.Length));

    public void Download(nint source, Span<byte> target) => new ReadOnlySpan<byte>((void*)source, target.Length).CopyTo(target);

    public void Synchronize() { }

    public bool CanTime => false;

    public object Load(GpuKernel kernel) => kernel;

    public void Prefetch(IReadOnlyCollection<GpuKernel> kernels) { }

    /// <summary>Does nothing: no output is written.</summary>
    public void Launch(object loaded, GpuKernel kernel, in LaunchShape shape, void* args, int argBytes, ReadOnlySpan<Access> accesses) { }

    public IGpuGraph CreateGraph(LaunchRecorder recorder, int times) => new Nothing();

    public void Dispose() { }

    private sealed class Nothing : IGpuGraph
    {
        public void Launch() { }

        public void Dispose() { }
    }
}
