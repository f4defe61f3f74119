using System.Diagnostics;

namespace GenEngine.Bench.Compare;

/// <summary>How compare times a piece of work; the peer compiles this very file, so that both sides are measured alike.</summary>
public static class Stopclock
{
    private const int WarmUps = 3;
    private const int LeastRepeats = 7;

    /// <summary>Warms up, then repeats the work for so many seconds (at least a few times); gives the median in milliseconds.</summary>
    public static (double MedianMs, int Repeats) Measure(Action work, double seconds)
    {
        for (int i = 0; i < WarmUps; i++) work();
        var times = new List<double>();
        long start = Stopwatch.GetTimestamp();
        while (times.Count < LeastRepeats || Stopwatch.GetElapsedTime(start).TotalSeconds < seconds)
        {
            long before = Stopwatch.GetTimestamp();
            work();
            times.Add(Stopwatch.GetElapsedTime(before).TotalMilliseconds);
        }

        return (Median(times), times.Count);
    }

    public static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        int half = sorted.Length / 2;
        return sorted.Length == 0 ? double.NaN : sorted.Length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
    }
}
