using System.Globalization;
using GenEngine.Models;
using GenEngine.Runs;

namespace GenEngine.Bench.Commands;

/// <summary>What is said of a run beside its losses: how long it will take, once its own first steps have shown, and whether the loss is where it belongs.</summary>
internal sealed class ProgressNotes(RunConfig config)
{
    /// <summary>Of the run's own steps: they are exact and cost nothing.</summary>
    private static readonly TimeSpan s_watched = TimeSpan.FromSeconds(2);

    private readonly ReferenceCurve? _curve = ReferenceCurve.Find(config);
    private bool _told;

    /// <summary>Once, when two seconds of training have been seen and there is more to come: the time of the whole, and the loss by then.</summary>
    public string? Expectation(TrainProgress progress)
    {
        if (_told || progress.Elapsed < s_watched) return null;
        _told = true;
        if (progress.Remaining < s_watched) return null;
        return string.Create(CultureInfo.InvariantCulture, $"expected: {Pace.Duration((progress.Elapsed + progress.Remaining).TotalSeconds)} on this device{Pace.LossBy(_curve, progress.Steps)}");
    }

    /// <summary>Where the loss stands beside the reference, "in the reference band"; empty where there is none.</summary>
    public string Standing(TrainProgress progress)
    {
        if (progress.Rows.Length == 0 || _curve?.Band(progress.Step - progress.Rows.Length + 1, progress.Step) is not { } band) return "";
        double loss = progress.Losses[0];
        if (loss >= band.Low && loss <= band.High) return "  in the reference band";
        return string.Create(CultureInfo.InvariantCulture, $"  {(loss > band.High ? "above" : "below")} the reference band {band.Low:F2}..{band.High:F2}");
    }
}
