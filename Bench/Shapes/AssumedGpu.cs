using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Bench.Shapes;

/// <summary>
/// What a GPU is taken to reach at most, for floors on paper: public figures, none of them measured here (docs/kernel-notebook.md, "Constants of the
/// machine").
/// </summary>
/// <param name="Arch">Compute capability times ten.</param>
/// <param name="SharedBytesABlock">The most shared memory a block may have.</param>
/// <param name="BytesPerSecond">To and from memory, the whole GPU.</param>
/// <param name="BytesPerSecondABlock">The same for one multiprocessor: few blocks cannot ask for more.</param>
/// <param name="CacheBytes">Of the second-level cache.</param>
/// <param name="CacheBytesPerSecond">To and from that cache.</param>
/// <param name="Float32">Operations a second of the ordinary units; a multiply-add is two.</param>
/// <param name="BFloat16">Of the tensor cores by wgmma.</param>
/// <param name="MmaShare">What mma.sync reaches of wgmma's rate.</param>
/// <param name="NodeSeconds">From the end of a launch to the beginning of one that waits for it, inside a graph.</param>
internal sealed record AssumedGpu(
    string Name, int Multiprocessors, int Arch, int SharedBytesABlock, double BytesPerSecond, double BytesPerSecondABlock, long CacheBytes, double CacheBytesPerSecond, double Float32, double BFloat16, double MmaShare, double NodeSeconds)
{
    public static AssumedGpu H200 { get; } = new("H200", 132, 90, 227 * 1024, 4.3e12, 127e9, 60_000_000, 6e12, 60e12, 780e12, 0.62, 1e-6);

    /// <summary>A driver with its extents that runs nothing.</summary>
    public DryDriver Driver() => new(Multiprocessors, Arch, SharedBytesABlock);

    /// <summary>Operations a second of a kernel at most, all multiprocessors busy.</summary>
    public double Rate(GpuKernel kernel, Precision precision)
    {
        if (kernel.FollowsSummationLaw) return Float32;
        double wgmma = precision switch
        {
            Precision.BFloat16 => BFloat16,
            Precision.Tf32 => BFloat16 / 2,
            _ => BFloat16 / 6, // three products of TF32 for one
        };
        return kernel.ArchSpecific ? wgmma : MmaShare * wgmma;
    }
}
