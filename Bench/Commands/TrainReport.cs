using System.Globalization;
using GenEngine.Data;
using GenEngine.Files;
using GenEngine.Kernels.Devices;
using GenEngine.Models;
using GenEngine.Runs;

namespace GenEngine.Bench.Commands;

/// <summary>What train says while it runs and what it leaves in the run folder besides the weights.</summary>
internal sealed class TrainReport(Session session, IModel model, RunFolder run, TrainSettings settings)
{
    private readonly bool _json = settings.Json;
    private readonly SamplePreview? _preview =
        settings is { Preview: true, Quiet: false, Json: false } && session.IsTerminal && TerminalKind.HasTrueColour && model is GenerativeModel generative ? new SamplePreview(generative, Console.WindowWidth - 1) : null;

    private readonly ProgressNotes _notes = new(run.Config);
    private double _watched;
    private long _watchedSteps;
    private TrainLog? _log;

    /// <summary>The losses so far.</summary>
    public RunMetrics Metrics { get; } = new(model.LossNames, run.Config.Steps);

    /// <summary>What can be watched in the run folder.</summary>
    public TrainLog Log => _log ??= new TrainLog(session, model, run, Metrics);

    /// <summary>Looks for what adversarial models do wrong; null for others.</summary>
    public GanWatch? Watcher { get; init; }

    private bool Silent => _json || settings.Quiet;

    private bool Live => session.IsTerminal && !Silent;

    /// <summary>Between progress reports: often on a terminal, every few seconds in a log.</summary>
    public TimeSpan Interval => TimeSpan.FromMilliseconds(Live ? 250 : 3000);

    public void Begin(ImageDataset data, RunConfig config)
    {
        if (Silent) return;
        long parameters = model.Groups.Sum(group => group.ParameterCount);
        string size = config.Layers is { } layers ? Text($"width {config.Width}, {layers} layers, {config.Loss}") : config.Hidden is { } hidden ? string.Join('-', [data.ItemSize, .. hidden, config.Latent ?? 0]) : Text($"{config.Backbone}, width {config.Width}, code {config.Latent}");
        session.Out.WriteLine(Text($"{model.Name} {size}, {parameters:N0} parameters, on {model.Context.Device.Kind.Name()}: {model.Context.Device.Description}"));
        session.Out.WriteLine(Text($"{data.Name}: {data.Count:N0} images {data.Width}x{data.Height}, batch {config.Batch}, {config.Steps:N0} steps ({config.Steps * config.Batch / (double)data.Count:F1} epochs)"));
    }

    public void Begin(DeviceSequences data, int field)
    {
        if (Silent) return;
        var (config, set) = (run.Config, data.Data);
        session.Out.WriteLine(Text($"{model.Name} {config.Stacks}x{config.Layers} layers, {config.Residual} residual, {config.Skip} skip{(config.Condition is not (null or "none") ? $", {set.ClassNames.Count} classes" : "")}, sees {field:N0} codes, {model.Groups.Sum(group => group.ParameterCount):N0} parameters, on {model.Context.Device.Kind.Name()}: {model.Context.Device.Description}"));
        session.Out.WriteLine(Text($"{set.Name}: {set.Codes.Length:N0} codes in {set.Clips:N0} clip(s), batch {config.Batch} x {data.Window:N0}, {config.Steps:N0} steps ({config.Steps * config.Batch / data.ItemsAnEpoch:F1} epochs)"));
    }

    /// <summary>Runs training with progress on the terminal or as plain lines.</summary>
    public bool Watch(Func<Action<TrainProgress>, bool> train)
    {
        bool finished = train(OnProgress);
        if (Live) session.Out.WriteLine();
        return finished;
    }

    /// <summary>Mean of the loss to watch since the last call; null when no step was made.</summary>
    public double? TakeLoss()
    {
        double? mean = _watchedSteps == 0 ? null : _watched / _watchedSteps;
        (_watched, _watchedSteps) = (0, 0);
        return mean;
    }

    /// <summary>Writes metrics.jsonl.</summary>
    public void WriteMetrics() => AtomicFile.WriteText(run.File("metrics.jsonl"), Metrics.Lines());

    /// <summary>Says that a run begins where another process left it.</summary>
    public void Resumed(long step)
    {
        if (!Silent) session.Out.WriteLine(Text($"going on from step {step:N0} of {run.Config.Steps:N0}"));
    }

    /// <summary>Says what a run that was stopped has kept and how it goes on.</summary>
    public int Stopped(long steps)
    {
        var pictures = Curves();
        if (_json) Json.Write(session.Out, ConsoleJson.Default.TrainResult, new TrainResult(false, steps, run.Path, [], pictures));
        else session.Out.WriteLine($"Stopped after {steps} steps; what was learned so far is kept. To go on:\n  {run.ResumeCommand}");
        return ExitCode.Stopped;
    }

    /// <summary>Evaluates, draws, writes, and says where everything is and what to try next.</summary>
    public void Finish(long steps, DeviceDataset test, ImageDataset testSet)
    {
        double[] losses = Evaluator.MeanLosses(model, test);
        Log.Tested(steps, model.RowLossNames.Zip(losses));
        string final = string.Join("  ", model.RowLossNames.Select((name, i) => Text($"{name} {losses[i]:F2}")));
        var pictures = Draw(test, testSet);
        if (_json)
        {
            var measured = model.RowLossNames.Select((name, i) => (name, losses[i])).ToDictionary(loss => loss.name, loss => loss.Item2);
            Json.Write(session.Out, ConsoleJson.Default.TrainResult, new TrainResult(true, steps, run.Path, measured, pictures));
            return;
        }

        if (final.Length > 0) session.Out.WriteLine($"test ({testSet.Count} images, {model.LossUnit}): {final}");
        session.Out.WriteLine($"run folder: {run.Path}");
        if (settings.Quiet) return;
        foreach (string picture in pictures) session.Out.WriteLine($"  {picture}");
        session.Out.WriteLine("Try next:");
        foreach (string line in Next()) session.Out.WriteLine($"  {line}");
    }

    /// <summary>As of images, for a model of sequences that has been measured.</summary>
    public void Finish(long steps, SequenceDataset test, IReadOnlyList<Score> scores)
    {
        Log.Tested(steps, scores.Select(score => (score.Name, score.Value)));
        var pictures = Curves();
        if (_json)
        {
            Json.Write(session.Out, ConsoleJson.Default.TrainResult, new TrainResult(true, steps, run.Path, scores.ToDictionary(score => score.Name, score => score.Value), pictures));
            return;
        }

        EvaluationTable.Write(session, [new EvaluationResult(model.Name, Text($"{test.Name}, {test.Codes.Length:N0} held-out codes"), run.Path, "", scores)], "text", json: false);
        foreach (string picture in pictures) session.Out.WriteLine($"  {picture}");
    }

    private List<string> Curves()
    {
        if (Metrics.Points.Count < 2) return [];
        var plot = TrainPictures.Losses(model.LossNames, Metrics.Points, model.LossUnit);
        string lines = run.File(TrainPictures.LossLines);
        AtomicFile.WriteText(lines, plot.RenderSvg());
        return [Save(TrainPictures.Loss, plot.Render()), lines];
    }

    private IEnumerable<string> Next()
    {
        yield return $"sample {model.Name}            new images";
        if (model is ILikelihoodBound) yield return $"evaluate {model.Name} --samples 50   the bound on log p(x) with 50 importance samples";
        if (model is PixelModel) yield return $"complete {model.Name}          half images, the rest drawn";
        if (model is PixelGanAe) yield return $"reconstruct {model.Name}       what the code keeps of images";
        if (model is not GenerativeModel generative || model is not IEncoder) yield break;
        yield return generative.Latent == 2 ? $"manifold {model.Name} --side 30     a finer map of the code" : $"train {model.Name} --latent 2       a code that can be drawn as a map";
    }

    private void OnProgress(TrainProgress progress)
    {
        for (int row = 0; row < progress.Rows.Length; row++)
        {
            Metrics.Add(progress.Step - progress.Rows.Length + row + 1, progress.Rows[row]);
            _watched += progress.Rows[row][0];
            _watchedSteps++;
        }

        foreach (string warning in Watcher?.Look(progress.Step, progress.Rows) ?? [])
        {
            if (Live) session.Out.Write("\r\e[K");
            _preview?.Leave();
            session.Error.WriteLine($"warning: {warning}");
        }

        if (Silent) return;
        if (_notes.Expectation(progress) is { } expected) Say(expected);
        string losses = string.Join("  ", model.LossNames.Select((name, i) => $"{name} {progress.Losses[i].ToString(model is ISequenceModel ? "F4" : "F2", CultureInfo.InvariantCulture)}"));
        string line = Text($"step {progress.Step}/{progress.Steps}  epoch {progress.Epoch:F2}  {losses}  {progress.StepsPerSecond:F0} steps/s  ETA {progress.Remaining.ToString(progress.Remaining.TotalHours < 1 ? "mm\\:ss" : "h\\:mm\\:ss", CultureInfo.InvariantCulture)}{_notes.Standing(progress)}");
        if (Live) session.Out.Write($"{_preview?.Next(progress.Elapsed)}\r\e[K{line}");
        else session.Out.WriteLine(line);
    }

    /// <summary>A line of its own, in place of the one that is being rewritten.</summary>
    private void Say(string text)
    {
        _preview?.Leave();
        session.Out.WriteLine(Live ? $"\r\e[K{text}" : text);
    }

    private List<string> Draw(DeviceDataset test, ImageDataset testSet)
    {
        var pictures = new List<string>();
        foreach (string name in TrainPictures.Of(model, testSet)) pictures.Add(Save(name, TrainPictures.Draw(name, (ZooModel)model, run.Config, () => testSet, () => test)));
        return [.. pictures, .. Curves()];
    }

    private string Save(string name, Bitmap picture)
    {
        string path = run.File(name);
        new Provenance(session, run, model.Context.Device, model.Context.Seed).With(Provenance.Picture, name).WritePng(path, picture);
        return path;
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

/// <summary>What 'train --json' prints.</summary>
internal sealed record TrainResult(bool Finished, long Steps, string Run, Dictionary<string, double> Test, List<string> Pictures);
