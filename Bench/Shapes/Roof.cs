using GenEngine.Bench.Compare;
using GenEngine.Kernels;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Kernels.Devices.Gpu;
using GenEngine.Kernels.Devices.Gpu.Cuda;
using static System.FormattableString;

namespace GenEngine.Bench.Shapes;

/// <summary>What a device can do at most: measured on the CPU, from the card's clocks on a GPU, unknown on the emulator.</summary>
/// <param name="FlopsPerSecond">Float32 multiply-adds, counted twice.</param>
/// <param name="BytesPerSecond">To and from memory.</param>
/// <param name="CacheBytes">Operands up to this size in all may stay in the last cache: memory then sets no floor.</param>
/// <param name="Float64Share">Float64 arithmetic as a share of float32.</param>
/// <param name="Source">Where the figures come from, for people.</param>
internal sealed record Roof(double FlopsPerSecond, double BytesPerSecond, double CacheBytes, double Float64Share, string Source)
{
    /// <summary>Last-level caches of processors are tens of megabytes; the system does not say how much of one is ours.</summary>
    private const double CpuCacheBytes = 32 << 20;

    /// <summary>Null where there is none to speak of. On the CPU it is measured, which takes half a second.</summary>
    public static Roof? Of(Device device)
    {
        if (device is CpuDevice cpu)
        {
            var ceilings = Ceilings.Measure(cpu);
            return new Roof(ceilings.FlopsPerSecond, ceilings.BytesPerSecond, CpuCacheBytes, 0.5, "measured: multiply-adds from registers, reading from memory");
        }

        return device is GpuDevice { Driver: CudaDriver { Device: { FlopsPerSecond: > 0, BytesPerSecond: > 0 } card } }
            ? new Roof(card.FlopsPerSecond, card.BytesPerSecond, card.L2Bytes, card.Float64Share, "from the card's boost clock, multiprocessors and memory clock; not measured")
            : null;
    }

    /// <summary>The least milliseconds for this much arithmetic and traffic.</summary>
    public double FloorMs(double flops, double bytes, DType real = DType.Float32) =>
        1e3 * Math.Max(flops / (FlopsPerSecond * (real == DType.Float64 ? Float64Share : 1)), bytes / BytesPerSecond);

    /// <summary>The floor of a job: memory counts where caches cannot hold the operands.</summary>
    public double FloorMs(ShapeJob job) => FloorMs(job.Flops, job.Bytes > CacheBytes ? job.Bytes : 0, job.Real);

    public override string ToString() => Invariant($"{FlopsPerSecond / 1e9:G4} GFLOP/s float32, {BytesPerSecond / 1e9:G4} GB/s ({Source})");
}
