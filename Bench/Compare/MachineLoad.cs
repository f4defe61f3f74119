using System.Globalization;

namespace GenEngine.Bench.Compare;

/// <summary>Tells whether other programs took the processors while something was measured. Linux only; elsewhere nothing is known.</summary>
/// <param name="BusySeconds">Processor seconds that the whole machine has worked since it started; null where unknown.</param>
/// <param name="OwnSeconds">Processor seconds of this process.</param>
/// <param name="Ticks">Wall clock, in Stopwatch ticks.</param>
internal sealed record MachineLoad(double? BusySeconds, double OwnSeconds, long Ticks)
{
    public static MachineLoad Now() =>
        new(Busy(), Environment.CpuUsage.TotalTime.TotalSeconds, System.Diagnostics.Stopwatch.GetTimestamp());

    /// <summary>Cores that others used on average between two looks; 0 where unknown.</summary>
    /// <param name="peer">Processor time of the peer, which is not a stranger.</param>
    public static double ForeignCores(MachineLoad before, MachineLoad after, TimeSpan peer)
    {
        if (before.BusySeconds is not { } start || after.BusySeconds is not { } end) return 0;
        double wall = System.Diagnostics.Stopwatch.GetElapsedTime(before.Ticks, after.Ticks).TotalSeconds;
        return Math.Max(0, end - start - (after.OwnSeconds - before.OwnSeconds) - peer.TotalSeconds) / wall;
    }

    private static double? Busy()
    {
        const double TicksPerSecond = 100; // USER_HZ, the same on every Linux
        if (!File.Exists("/proc/stat")) return null;
        string[] fields = File.ReadLines("/proc/stat").First().Split(' ', StringSplitOptions.RemoveEmptyEntries);
        // cpu user nice system idle iowait irq softirq steal
        return fields.Take(9).Where((_, i) => i is not (0 or 4 or 5)).Sum(field => double.Parse(field, CultureInfo.InvariantCulture)) / TicksPerSecond;
    }
}
