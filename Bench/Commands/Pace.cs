using System.Diagnostics;
using System.Globalization;
using GenEngine.Kernels.Devices;
using GenEngine.Models;
using GenEngine.Runs;

namespace GenEngine.Bench.Commands;

/// <summary>How fast a model trains on a device, by a few steps of a copy that is thrown away: the run itself begins afterwards as if nothing had been.</summary>
internal static class Pace
{
    /// <summary>Time for all of it, but for the first step, which may have kernels to compile.</summary>
    public static TimeSpan Budget { get; } = TimeSpan.FromSeconds(2);

    /// <summary>Steps before the clock runs: the first compiles, the second is captured, the third is timed by itself where steps are put together.</summary>
    private const int WarmUp = 3;

    /// <summary>Steps a second.</summary>
    /// <param name="build">Makes the copy in a context of its own.</param>
    /// <param name="load">Puts the data there.</param>
    public static double StepsPerSecond(Device device, Func<Context, IModel> build, Func<Context, ITrainingData> load, int batch, bool captured, int unroll, TimeSpan budget, CancellationToken stop)
    {
        using var context = new Context(device);
        using var data = load(context);
        using var model = build(context);
        using var trainer = new Trainer(model, data, batch, captured, unroll);
        Step();
        var whole = Stopwatch.StartNew();
        double last = 0;
        for (int step = 1; step < WarmUp; step++)
        {
            last = Step();
            if (whole.Elapsed > budget) return 1 / last;
        }

        long steps = 0;
        var watch = Stopwatch.StartNew();
        for (int some = 1; steps == 0 || whole.Elapsed < budget; some = Math.Min(2 * some, 32))
        {
            stop.ThrowIfCancellationRequested();
            trainer.Program.Run(some);
            device.Synchronize();
            steps += some;
        }

        return steps / watch.Elapsed.TotalSeconds;

        double Step()
        {
            stop.ThrowIfCancellationRequested();
            long start = Stopwatch.GetTimestamp();
            trainer.Program.Run();
            device.Synchronize();
            return Math.Max(Stopwatch.GetElapsedTime(start).TotalSeconds, 1e-9);
        }
    }

    /// <summary>Steps that fit into --minutes; says them.</summary>
    public static int Fit(Session session, TrainSettings settings, Device device, Func<Context, IModel> build, Func<Context, ITrainingData> load)
    {
        const double Share = 0.1; // of a very short time
        double minutes = settings.Minutes!.Value;
        var watch = Stopwatch.StartNew();
        double rate = StepsPerSecond(device, build, load, settings.Batch, settings.Captured, settings.Unroll, TimeSpan.FromSeconds(Math.Min(Budget.TotalSeconds, Share * 60 * minutes)), session.Stop);
        int steps = Steps(minutes, rate, watch.Elapsed);
        if (!settings.Quiet) (settings.Json ? session.Error : session.Out).WriteLine(string.Create(CultureInfo.InvariantCulture, $"--minutes {minutes}: {steps:N0} steps at {rate:G3} steps/s on this device"));
        return steps;
    }

    /// <summary>Steps that fit into a time at a pace, at least one; what measuring took is taken off.</summary>
    public static int Steps(double minutes, double stepsPerSecond, TimeSpan spent) =>
        (int)Math.Clamp(stepsPerSecond * Math.Max((60 * minutes) - spent.TotalSeconds, 0), 1, int.MaxValue);

    /// <summary>"40 s", "12 min", "3 h 20 min".</summary>
    public static string Duration(double seconds) => seconds switch
    {
        < 90 => string.Create(CultureInfo.InvariantCulture, $"{seconds:F0} s"),
        < 5400 => string.Create(CultureInfo.InvariantCulture, $"{seconds / 60:F0} min"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(seconds / 3600):F0} h {Math.Floor(seconds % 3600 / 60):F0} min"),
    };

    /// <summary>"; -elbo by then 104.2 (reference band 101.0..107.4)": empty where no curve of just these options ships.</summary>
    public static string LossBy(ReferenceCurve? curve, long steps)
    {
        if (curve is null) return "";
        long to = Math.Min(steps, curve.Steps), from = Math.Max(1, to - Math.Max(curve.Window, to / 20) + 1);
        if (curve.Band(from, to) is not { } band) return "";
        string then = to < steps ? string.Create(CultureInfo.InvariantCulture, $"by step {to:N0}") : "by then";
        return string.Create(CultureInfo.InvariantCulture, $"; {curve.Loss} {then} {band.Mean:F2} (reference band {band.Low:F2}..{band.High:F2})");
    }
}
