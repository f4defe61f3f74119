using GenEngine.Bench.Compare;
using GenEngine.Bench.Shapes;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Bench.Proofs;

/// <summary>How long one variant's longest launch takes in work of real size.</summary>
/// <param name="Row">The work, as <see cref="TimedWork"/> names it.</param>
/// <param name="Extents">The whole numbers of the launch's argument block.</param>
/// <param name="Ms">Median of a few launches, milliseconds; launches are timed one by one, so what they might overlap with is not in it.</param>
/// <param name="RoofShare">The least time that arithmetic and declared bytes allow / Ms; null where the ceiling is not known.</param>
internal sealed record KernelTime(string Row, string Precision, string Extents, double Ms, double? RoofShare);

/// <summary>Some work as a whole, beside the peer.</summary>
/// <param name="Ms">Median, milliseconds.</param>
/// <param name="RoofShare">The least time that its products, and what must come from memory, allow / Ms; null where neither is known.</param>
/// <param name="PeerMs">The peer's best at the same precision (of tf32x3: float32, whose accuracy it has); null where the peer has no such row.</param>
/// <param name="PeerMode">What was the peer's best: eager, graph, compiled ...</param>
/// <param name="Ratio">PeerMs / Ms.</param>
internal sealed record TimedRow(string Name, string Precision, double Ms, double? RoofShare, double? PeerMs, string? PeerMode, double? Ratio);

/// <summary>A measurement of the peer's, as Bench/Peers/pytorch/peer.py --json writes it.</summary>
internal sealed record PeerRow(string Name, string Device, string Precision, double Ms, string Mode);

/// <summary>Times work of real size on a GPU, as a whole and launch by launch.</summary>
/// <param name="roof">Of float32; null gives no shares.</param>
internal sealed class KernelTimes(GpuDevice device, Roof? roof, IReadOnlyList<PeerRow> peer)
{
    private const int ProfiledRuns = 5;

    // a profile tells kernels by name; one that two families share says nothing of either
    private readonly Dictionary<string, GpuKernel> _variants = KernelCatalog.Variants.GroupBy(kernel => kernel.Name).Where(group => group.Count() == 1).ToDictionary(group => group.Key, group => group.First(), StringComparer.Ordinal);
    private readonly Dictionary<GpuKernel, KernelTime> _longest = [];
    private readonly List<TimedRow> _rows = [];

    /// <summary>Work that was timed.</summary>
    public IReadOnlyList<TimedRow> Rows => _rows;

    /// <summary>By variant.</summary>
    public IReadOnlyDictionary<GpuKernel, KernelTime> Longest => _longest;

    /// <param name="seconds">For the median of the whole.</param>
    public TimedRow Run(TimedWork work, Precision precision, double seconds)
    {
        device.Precision = precision;
        try
        {
            using var job = work.Create(device);
            var (ms, _) = DeviceTimer.Measure(device, job.Run, seconds);
            double? share = roof is null || job.Flops + job.Bytes == 0 || Rate(job.Flops == 0 ? Precision.Float32 : precision) is not { } rate ? null : Math.Round(roof.FloorMs(job.Flops / rate, job.Bytes) / ms, 4);
            var best = peer.Where(row => row.Name == work.Name && row.Precision == Peers(precision)).MinBy(row => row.Ms);
            var result = new TimedRow(work.Name, precision.Name(), Math.Round(ms, 6), share, best?.Ms, best?.Mode, best is null ? null : Math.Round(best.Ms / ms, 3));
            _rows.Add(result);
            Profile(work.Name, precision, job);
            return result;
        }
        finally
        {
            device.Precision = Precision.Float32;
        }
    }

    private void Profile(string row, Precision precision, OwnJob job)
    {
        using var profile = new LaunchProfile(device);
        for (int run = 0; run < ProfiledRuns; run++) profile.Run(run, job.Run);
        foreach (var group in profile.Launches.GroupBy(launch => (launch.Kernel, launch.Extents, Bytes: launch.Work.BytesRead + launch.Work.BytesWritten)))
        {
            if (!_variants.TryGetValue(group.Key.Kernel, out var kernel)) continue;
            double[] times = [.. group.Select(launch => (launch.End - launch.Start) / 1e3).Order()];
            double ms = times[times.Length / 2];
            if (_longest.TryGetValue(kernel, out var known) && known.Ms >= ms) continue;
            double? rate = kernel.FollowsSummationLaw || group.First().Work.Flops == 0 ? 1 : Rate(precision); // rounding and rearranging move bytes whatever the precision
            double? share = roof is null || rate is null || ms == 0 ? null : Math.Round(roof.FloorMs(group.First().Work.Flops / rate.Value, group.Key.Bytes > roof.CacheBytes ? group.Key.Bytes : 0) / ms, 4);
            _longest[kernel] = new KernelTime(row, precision.Name(), group.Key.Extents, Math.Round(ms, 6), share);
        }
    }

    /// <summary>How many times as fast as float32 units tensor cores are: of the data-centre GPUs, whose ratio is public and one; null elsewhere.</summary>
    private double? Rate(Precision precision) => precision == Precision.Float32 ? 1 : device.Driver.Arch is not (80 or 90) ? null : precision switch
    {
        Precision.Tf32 => 8,
        Precision.BFloat16 => 16,
        _ => 8.0 / 3, // three products for one
    };

    private static string Peers(Precision precision) => precision == Precision.Tf32x3 ? Precision.Float32.Name() : precision.Name();
}
