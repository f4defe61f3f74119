using System.Diagnostics;
using System.Globalization;
using GenEngine.Kernels;

namespace GenEngine;

/// <summary>Where a training run stands.</summary>
/// <param name="Step">Steps done.</param>
/// <param name="Steps">Steps asked for.</param>
/// <param name="Epoch">Passes over the data so far.</param>
/// <param name="Losses">Means over the steps since the last report, one a loss name.</param>
/// <param name="Rows">Losses of each step since the last report, oldest first.</param>
/// <param name="StepsPerSecond">Over the time since the last report.</param>
/// <param name="Elapsed">Since training began.</param>
public sealed record TrainProgress(long Step, long Steps, double Epoch, IReadOnlyList<double> Losses, double[][] Rows, double StepsPerSecond, TimeSpan Elapsed)
{
    /// <summary>Time left at the present rate.</summary>
    public TimeSpan Remaining => TimeSpan.FromSeconds(StepsPerSecond > 0 ? (Steps - Step) / StepsPerSecond : 0);
}

/// <summary>A loss became NaN or infinite; training stops rather than go on with broken weights.</summary>
public sealed class DivergedException(string message) : EngineException(message);

/// <summary>
/// Trains a model on a data set: gather, forward, backward and update are one step, captured unless asked otherwise.
/// </summary>
public sealed class Trainer : IDisposable
{
    /// <summary>Steps between two reports, at most: half the ring of losses.</summary>
    private const int LongestUnseen = LossHistory.Capacity / 2;

    private readonly IModel _model;
    private readonly ITrainingData _data;
    private readonly LossHistory _history;
    private readonly int _batch;

    /// <param name="model">What to train.</param>
    /// <param name="data">On the same context as the model.</param>
    /// <param name="batch">Images or windows a step.</param>
    /// <param name="captured">Replay the step from the third on; the bits are those of eager steps.</param>
    /// <param name="unroll">Steps a launch of the device's, see <see cref="Unrolling"/>: as many as pay off, unless a number is given. All phases of a model are one step.</param>
    /// <exception cref="EngineException">No such batch, or no such number of steps at once.</exception>
    public Trainer(IModel model, ITrainingData data, int batch, bool captured = true, int unroll = Unrolling.Auto)
    {
        if (batch < 1) throw new EngineException($"--batch {batch}: a batch has at least one example.");
        _model = model;
        _data = data;
        _batch = batch;
        _history = new LossHistory(model.Context, model.LossNames.Count);
        Program = new StepProgram(model.Context, () => _history.Record(model.TrainStep(data.NextBatch(batch))), captured, unroll);
    }

    /// <summary>The step, for its counters.</summary>
    public StepProgram Program { get; }

    /// <summary>Steps that make so many passes over so many images; the last may go beyond the pass.</summary>
    public static long StepsFor(int epochs, int images, int batch) => (((long)epochs * images) + batch - 1) / batch;

    /// <summary>As the other, of data whose epoch is no whole number of items.</summary>
    public static long StepsFor(int epochs, double items, int batch) => (long)Math.Ceiling(epochs * items / batch);

    /// <summary>Steps done.</summary>
    public long Step { get; private set; }

    /// <summary>Stands around steps that a profile wants; the bits stay the same. Null when nobody watches.</summary>
    public StepProfiler? Profiler { get; init; }

    /// <summary>Called every so many steps (<see cref="SaveEvery"/>), between two steps and after the report of the last one, so that whoever saves has seen every loss. Null when nobody saves.</summary>
    public Action<long>? Save { get; init; }

    /// <summary>Steps between two calls of <see cref="Save"/>; 0 for none.</summary>
    public long SaveEvery { get; init; }

    /// <summary>Counts from here on: a run that goes on where a checkpoint was made. Before the first step.</summary>
    public void Resume(long step)
    {
        if (Step != 0) throw new InvalidOperationException("A trainer that has run goes on by itself.");
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        Step = step;
    }

    /// <summary>Runs steps until <paramref name="steps"/> are done or a stop is asked for.</summary>
    /// <param name="steps">Total, counted from the trainer's first step.</param>
    /// <param name="report">Called about every <paramref name="interval"/>, and at the end.</param>
    /// <param name="interval">Between reports; default 200 ms.</param>
    /// <param name="stop">Ends training after the step in progress, or after the few that were asked for together.</param>
    /// <returns>True when all steps are done, false when stopped.</returns>
    /// <exception cref="DivergedException">A loss is NaN or infinite: names the step and the term.</exception>
    public bool Run(long steps, Action<TrainProgress>? report = null, TimeSpan? interval = null, CancellationToken stop = default)
    {
        var watch = Stopwatch.StartNew();
        var every = interval ?? TimeSpan.FromMilliseconds(200);
        var last = TimeSpan.Zero;
        long reported = Step;
        while (Step < steps && !stop.IsCancellationRequested)
        {
            int together = Together(steps, reported);
            if (Profiler?.Wants(Step + 1) == true) Profiler.Run(Step + 1, Program.Run);
            else Program.Run(together);
            Step += together;
            bool due = watch.Elapsed - last >= every, saving = Save is not null && SaveEvery > 0 && Step % SaveEvery == 0 && Step < steps;
            if (!due && !saving && Step < steps && Step - reported < LongestUnseen) continue;
            Report();
            if (saving) Save!(Step);
        }

        if (Step > reported) Report();
        return Step >= steps;

        void Report()
        {
            double[][] rows = _history.Read();
            double[] losses = Means(rows);
            var now = watch.Elapsed;
            double rate = (Step - reported) / Math.Max((now - last).TotalSeconds, 1e-9);
            report?.Invoke(new TrainProgress(Step, steps, Step * _batch / _data.ItemsAnEpoch, losses, rows, rate, now));
            (last, reported) = (now, Step);
        }
    }

    public void Dispose()
    {
        Program.Dispose();
        _history.Dispose();
    }

    /// <summary>Steps that may run before the host has to look: one launch's, or 1 where a report, a save, the end or a step to profile lies among them.</summary>
    private int Together(long steps, long reported)
    {
        int together = Program.Unrolled;
        long free = Math.Min(steps - Step, LongestUnseen - (Step - reported));
        if (Save is not null && SaveEvery > 0) free = Math.Min(free, SaveEvery - (Step % SaveEvery));
        if (together > free) return 1;
        for (int i = 1; i <= together; i++)
        {
            if (Profiler?.Wants(Step + i) == true) return 1;
        }

        return together;
    }

    private double[] Means(double[][] rows)
    {
        var means = new double[_model.LossNames.Count];
        for (int row = 0; row < rows.Length; row++)
        {
            for (int i = 0; i < means.Length; i++)
            {
                if (!double.IsFinite(rows[row][i]))
                {
                    string step = (Step - rows.Length + row + 1).ToString(CultureInfo.InvariantCulture);
                    throw new DivergedException($"'{_model.LossNames[i]}' is {rows[row][i].ToString(CultureInfo.InvariantCulture)} at step {step}; training stops. Try a smaller learning rate.");
                }

                means[i] += rows[row][i] / rows.Length;
            }
        }

        return means;
    }
}
