using System.Globalization;

namespace GenEngine.Plots;

/// <summary>One axis of a plot: which values it spans, where a value lies on it, and its ticks.</summary>
public sealed class Axis
{
    private readonly bool _log;
    private readonly double _low, _high; // of the value, or of its decimal logarithm

    /// <summary>Spans the finite values (on a logarithmic axis: the positive ones) with a little room at both ends.</summary>
    /// <param name="values">What is to be seen.</param>
    /// <param name="log">Decades instead of differences.</param>
    /// <param name="range">The span to show instead of the values' own; on a logarithmic axis both ends must be positive.</param>
    public Axis(IEnumerable<double> values, bool log, (double Low, double High)? range = null)
    {
        _log = log;
        (double low, double high) = (double.MaxValue, double.MinValue);
        foreach (double value in range is { } wanted ? [wanted.Low, wanted.High] : values)
        {
            double at = Scale(value);
            if (double.IsFinite(at)) (low, high) = (Math.Min(low, at), Math.Max(high, at));
        }
        if (low > high) (low, high) = (0, 1); // nothing to see
        if (low == high)
        {
            double half = log || low == 0 ? 0.5 : Math.Abs(low) * 0.1;
            (low, high) = (low - half, high + half);
        }
        double room = range is null ? (high - low) * 0.03 : 0;
        (_low, _high) = (low - room, high + room);
    }

    /// <summary>The values to put ticks at; null: round ones.</summary>
    public IReadOnlyList<double>? Marked { get; init; }

    /// <summary>0 at the axis' low end, 1 at its high end; NaN where there is no such place.</summary>
    public double Place(double value) => (Scale(value) - _low) / (_high - _low);

    /// <summary>Round values with their labels, at most about <paramref name="count"/>; or the marked ones, all of them.</summary>
    public IReadOnlyList<(double Value, string Label)> Ticks(int count) =>
        Marked is not null ? [.. Marked.Select(value => (value, Label(value, Math.Abs(value))))]
        : _log ? LogTicks(count) : LinearTicks(_low, _high, count);

    private double Scale(double value) => !_log ? value : value > 0 ? Math.Log10(value) : double.NaN;

    private static List<(double, string)> LinearTicks(double low, double high, int count)
    {
        double rough = (high - low) / Math.Max(1, count), power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        double step = power * (rough / power) switch { <= 1 => 1, <= 2 => 2, <= 5 => 5, _ => 10 };
        var ticks = new List<(double, string)>();
        double first = Math.Ceiling(low / step), last = Math.Floor(high / step);
        for (double k = first; k <= last && ticks.Count < 100; k++) ticks.Add((k * step, Label(k * step, step)));
        return ticks;
    }

    private List<(double, string)> LogTicks(int count)
    {
        int first = (int)Math.Ceiling(_low), last = (int)Math.Floor(_high);
        if (_high - _low < 1.2)
        {
            // about one decade: round values that lie unevenly
            double low = Math.Pow(10, _low), high = Math.Pow(10, _high);
            return LinearTicks(low, high, count).FindAll(tick => tick.Item1 > 0);
        }
        var ticks = new List<(double, string)>();
        int every = Math.Max(1, (last - first) / Math.Max(1, count) + 1);
        double[] between = _high - _low < 2.5 ? [1, 2, 5] : _high - _low < 3.5 && count > 6 ? [1, 3] : [1];
        for (int decade = first - 1; decade <= last; decade++)
        {
            foreach (double factor in between)
            {
                double value = factor * Math.Pow(10, decade), at = Scale(value);
                if (at >= _low && at <= _high && decade % every == 0) ticks.Add((value, Label(value, value)));
            }
        }
        return ticks;
    }

    /// <summary>With as many digits as the step needs, thousands and millions shortened, the same in every culture.</summary>
    private static string Label(double value, double step)
    {
        double size = Math.Abs(value);
        if (size < step / 2) return "0";
        if (size >= 1e9 || step < 1e-4) return value.ToString("0.###e0", CultureInfo.InvariantCulture);
        (double unit, string suffix) = size >= 1e6 ? (1e6, "M") : size >= 1e4 ? (1e3, "k") : (1.0, "");
        int digits = Math.Clamp((int)Math.Ceiling(-Math.Log10(step / unit) - 1e-9), 0, 9);
        return (value / unit).ToString($"F{digits}", CultureInfo.InvariantCulture) + suffix;
    }
}
