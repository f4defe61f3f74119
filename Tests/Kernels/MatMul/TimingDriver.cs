using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Tests.Kernels.MatMul;

/// <summary>The emulator with a clock of the test's own: it runs what is timed and says what the test wants.</summary>
/// <param name="milliseconds">Of the variant that was launched last.</param>
internal sealed unsafe class TimingDriver(IGpuDriver inner, Func<GpuKernel, float> milliseconds) : IGpuDriver
{
    private GpuKernel? _last;

    /// <summary>Name of the variant launched last.</summary>
    public string? LastLaunched => _last?.Name;

    /// <summary>Names of all variants launched, timed or not, in order.</summary>
    public List<string> Launched { get; } = [];

    /// <summary>How often something was timed.</summary>
    public int Timed { get; private set; }

    /// <summary>Allocations not given back.</summary>
    public int Live { get; private set; }

    public bool RefuseMemory { get; set; }

    public DeviceKind Kind => inner.Kind;

    public string Description => inner.Description;

    public int MultiprocessorCount => inner.MultiprocessorCount;

    public int Arch => inner.Arch;

    public int SharedBytesABlock => inner.SharedBytesABlock;

    public bool CanTime => true;

    public LaunchClock CreateClock()
    {
        Timed++;
        return new Clock(this);
    }

    public int GridStrideBlocks(long elements, int threads) => inner.GridStrideBlocks(elements, threads);

    public int ResidentBlocks(GpuKernel kernel, int threads, int sharedBytes) => inner.ResidentBlocks(kernel, threads, sharedBytes);

    public nint Allocate(long bytes)
    {
        if (RefuseMemory) return 0;
        Live++;
        return inner.Allocate(bytes);
    }

    public void Free(nint address, long bytes)
    {
        Live--;
        inner.Free(address, bytes);
    }

    public void Upload(ReadOnlySpan<byte> source, nint target) => inner.Upload(source, target);

    public void Download(nint source, Span<byte> target) => inner.Download(source, target);

    public void Synchronize() => inner.Synchronize();

    public object Load(GpuKernel kernel) => inner.Load(kernel);

    public void Prefetch(IReadOnlyCollection<GpuKernel> kernels) => inner.Prefetch(kernels);

    public void Launch(object loaded, GpuKernel kernel, in LaunchShape shape, void* args, int argBytes, ReadOnlySpan<Access> accesses)
    {
        _last = kernel;
        Launched.Add(kernel.Name);
        inner.Launch(loaded, kernel, shape, args, argBytes, accesses);
    }

    public IGpuGraph CreateGraph(LaunchRecorder recorder, int times) => inner.CreateGraph(recorder, times);

    public void Dispose() => inner.Dispose();

    private float Milliseconds => milliseconds(_last!);

    private sealed class Clock(TimingDriver driver) : LaunchClock
    {
        public override int Stamp() => 0;

        public override double At(int stamp) => driver.Milliseconds * 1000;
    }
}
