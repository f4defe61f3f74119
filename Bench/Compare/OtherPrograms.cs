using System.Diagnostics;
using System.Globalization;

namespace GenEngine.Bench.Compare;

/// <summary>Tells whether other programs took the processors while this one measured. Linux only; elsewhere nothing is known.</summary>
internal sealed class OtherPrograms
{
    private double _wall, _foreign;

    /// <summary>Cores that others used on average while <see cref="Watch"/> ran; 0 where unknown.</summary>
    public double Cores => _wall > 0 ? _foreign / _wall : 0;

    /// <summary>Runs a measurement and notes who else worked meanwhile.</summary>
    public double Watch(Func<double> measure)
    {
        double? busy = Busy();
        double own = Environment.CpuUsage.TotalTime.TotalSeconds;
        long start = Stopwatch.GetTimestamp();
        double result = measure();
        if (busy is not { } before || Busy() is not { } after) return result;
        _wall += Stopwatch.GetElapsedTime(start).TotalSeconds;
        _foreign += Math.Max(0, after - before - (Environment.CpuUsage.TotalTime.TotalSeconds - own));
        return result;
    }

    /// <summary>Processor seconds that the whole machine has worked since it started.</summary>
    private static double? Busy()
    {
        const double TicksPerSecond = 100; // USER_HZ, the same on every Linux
        if (!File.Exists("/proc/stat")) return null;
        string[] fields = File.ReadLines("/proc/stat").First().Split(' ', StringSplitOptions.RemoveEmptyEntries);
        // cpu user nice system idle iowait irq softirq steal
        return fields.Take(9).Where((_, i) => i is not (0 or 4 or 5)).Sum(field => double.Parse(field, CultureInfo.InvariantCulture)) / TicksPerSecond;
    }
}
