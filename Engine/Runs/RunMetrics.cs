using System.Globalization;
using System.Text;
using System.Text.Json;
using GenEngine.Kernels;

namespace GenEngine.Runs;

/// <summary>Losses of one window of steps: their means, in the order of the model's names.</summary>
/// <param name="Step">The last of the window.</param>
public sealed record MetricsPoint(long Step, IReadOnlyList<double> Losses);

/// <summary>What <see cref="RunMetrics"/> has taken in so far; part of a checkpoint.</summary>
/// <param name="Sums">Of the window that is not full yet.</param>
/// <param name="Summed">Its steps so far.</param>
public sealed record MetricsState(IReadOnlyList<MetricsPoint> Points, IReadOnlyList<double> Sums, long Summed);

/// <summary>Losses of a run as means over windows of steps, not of time: they repeat as the weights do, whatever the machine's speed and however often the run is stopped and resumed.</summary>
public sealed class RunMetrics
{
    /// <summary>Windows of a whole run, about.</summary>
    private const long Windows = 200;

    private static readonly JsonDocumentOptions s_strict = new() { AllowDuplicateProperties = false };

    private readonly IReadOnlyList<string> _names;
    private readonly long _steps, _window;
    private readonly List<MetricsPoint> _points = [];
    private readonly double[] _sums;
    private long _summed;

    /// <param name="names">Of the losses.</param>
    /// <param name="steps">Of the whole run.</param>
    public RunMetrics(IReadOnlyList<string> names, long steps)
    {
        _names = names;
        _steps = steps;
        _window = Math.Max(1, steps / Windows);
        _sums = new double[names.Count];
    }

    /// <summary>The windows that are over, oldest first; the last of a run may be a shorter one.</summary>
    public IReadOnlyList<MetricsPoint> Points => _points;

    /// <summary>What a checkpoint keeps.</summary>
    public MetricsState State => new([.. _points], [.. _sums], _summed);

    /// <summary>Goes on from what a checkpoint kept.</summary>
    /// <param name="state">Of a run with the same losses.</param>
    /// <param name="path">Where it was kept, for the error.</param>
    /// <exception cref="EngineException">It is damaged, or has another number of losses.</exception>
    public void Restore(MetricsState state, string path)
    {
        if (state.Points.Any(point => point is null) || state.Summed < 0 || state.Points.SelectMany(point => point.Losses).Concat(state.Sums).Any(loss => !double.IsFinite(loss)))
            throw new EngineException($"'{path}': its metrics are damaged: a window is missing, or a loss is no number.");
        if (state.Sums.Count != _sums.Length || state.Points.Any(point => point.Losses.Count != _sums.Length))
            throw new EngineException($"'{path}': its metrics are not all of the model's {_sums.Length} losses, {string.Join(", ", _names)}.");
        _points.Clear();
        _points.AddRange(state.Points);
        for (int i = 0; i < _sums.Length; i++) _sums[i] = state.Sums[i];
        _summed = state.Summed;
    }

    /// <summary>Takes in the losses of a step; steps come in order.</summary>
    public void Add(long step, IReadOnlyList<double> losses)
    {
        for (int i = 0; i < _sums.Length; i++) _sums[i] += losses[i];
        _summed++;
        if (step % _window != 0 && step != _steps) return;
        _points.Add(new MetricsPoint(step, Array.ConvertAll(_sums, sum => sum / _summed)));
        Array.Clear(_sums);
        _summed = 0;
    }

    /// <summary>Names and points of lines that <see cref="Lines"/> gave.</summary>
    /// <param name="path">Of the file, for errors.</param>
    /// <exception cref="EngineException">A line is not one of them.</exception>
    public static (IReadOnlyList<string> Names, IReadOnlyList<MetricsPoint> Points) Parse(string path, string lines)
    {
        var names = new List<string>();
        var points = new List<MetricsPoint>();
        int number = 0;
        foreach (string line in lines.Split('\n'))
        {
            number++;
            if (line.Length == 0) continue;
            try
            {
                using var json = JsonDocument.Parse(line, s_strict);
                var losses = json.RootElement.EnumerateObject().Where(property => property.Name != "step").ToList();
                if (points.Count == 0) names.AddRange(losses.Select(loss => loss.Name));
                if (!losses.Select(loss => loss.Name).SequenceEqual(names)) throw new JsonException("it has other losses than the line before.");
                points.Add(new MetricsPoint(json.RootElement.GetProperty("step").GetInt64(), [.. losses.Select(loss => double.IsFinite(loss.Value.GetDouble()) ? loss.Value.GetDouble() : throw new JsonException($"its {loss.Name} is beyond all numbers."))]));
            }
            catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException or KeyNotFoundException)
            {
                throw new EngineException($"'{path}' is damaged at line {number}: {e.Message}", e);
            }
        }

        return (names, points);
    }

    /// <summary>The points as JSON lines: {"step":10,"name":1.5}.</summary>
    public string Lines()
    {
        var lines = new StringBuilder();
        foreach (var point in _points)
        {
            lines.Append(CultureInfo.InvariantCulture, $"{{\"step\":{point.Step}");
            for (int i = 0; i < _names.Count; i++) lines.Append(CultureInfo.InvariantCulture, $",\"{_names[i]}\":{point.Losses[i]:R}");
            lines.Append("}\n");
        }

        return lines.ToString();
    }
}
