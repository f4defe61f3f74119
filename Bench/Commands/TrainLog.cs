using System.Globalization;
using System.Runtime.InteropServices;
using GenEngine.Files;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Models;
using GenEngine.Runs;

namespace GenEngine.Bench.Commands;

/// <summary>What training leaves in the run folder to be watched by: event files, sheets of samples of the same noise, and what the run was made on. Nothing of it changes a bit of training.</summary>
internal sealed class TrainLog(Session session, IModel model, RunFolder run, RunMetrics metrics)
{
    public const string SamplesFolder = "samples";

    private const string SamplesTag = "samples";

    /// <summary>Sheets of a whole run, at most about; each is worth a few steps.</summary>
    private const long MostSheets = 50;

    private readonly RunEvents _events = new(run);
    private readonly Dictionary<long, (double Rate, DateTime Time)> _rates = []; // of the windows that ended in this process, by their last step
    private int _points;

    /// <summary>The name of the sheet after so many steps, in <see cref="SamplesFolder"/>.</summary>
    public static string SheetName(long step) => string.Create(CultureInfo.InvariantCulture, $"step-{step}.png");

    /// <summary>Before the first step of this process.</summary>
    /// <param name="step">Steps that are done already.</param>
    /// <param name="every">Steps between two checkpoints.</param>
    /// <param name="checkpoint">Hash of the checkpoint that the run goes on from; null at its beginning.</param>
    public void Begin(long step, int every, string? checkpoint)
    {
        Environment(step).AddTo(run);
        _events.Begin(step);
        _points = metrics.Points.Count;
        if (checkpoint is not null) Saved(step, every, checkpoint); // the process that made it may have died before it wrote this
    }

    /// <summary>After every report.</summary>
    public void Progress(TrainProgress progress)
    {
        for (; _points < metrics.Points.Count; _points++) _rates[metrics.Points[_points].Step] = (progress.StepsPerSecond, DateTime.UtcNow);
    }

    /// <summary>After a checkpoint: the losses up to it, and a sheet of samples where one is due.</summary>
    /// <param name="every">Steps between two checkpoints.</param>
    /// <param name="checkpoint">Its hash.</param>
    public void Saved(long step, int every, string checkpoint)
    {
        AddLosses();
        if (model is ZooModel images && FixedSamples.CanShow(model) && IsDue(step, every, run.Config.Steps)) AddSheet(images, step, checkpoint);
        _events.Flush();
    }

    /// <summary>At the end: figures on the test set.</summary>
    public void Tested(long step, IEnumerable<(string Name, double Value)> figures)
    {
        foreach (var (name, value) in figures) _events.Scalar($"test/{name}", step, value, DateTime.UtcNow);
        _events.Flush();
    }

    /// <summary>Whether a checkpoint has a sheet: the last has, and of the others the first in each of <see cref="MostSheets"/> parts of the run. It depends on steps alone, so a resumed run has all that an uninterrupted one has.</summary>
    internal static bool IsDue(long step, int every, long steps) => step == steps || (step > 0 && Part(step, steps) > Part(Math.Max(0, step - Math.Max(1, every)), steps));

    private static long Part(long step, long steps) => (long)((Int128)step * MostSheets / Math.Max(1, steps));

    private void AddLosses()
    {
        foreach (var point in metrics.Points)
        {
            var (rate, time) = _rates.TryGetValue(point.Step, out var known) ? known : (double.NaN, DateTime.UtcNow);
            for (int i = 0; i < point.Losses.Count; i++) _events.Scalar($"train/{model.LossNames[i]}", point.Step, point.Losses[i], time);
            foreach (var optimizer in model.Phases.SelectMany(phase => phase.Optimizers)) _events.Scalar($"learning rate/{optimizer.Group.Name}", point.Step, optimizer.Schedule.RateAfter(point.Step - 1), time);
            if (double.IsFinite(rate)) _events.Scalar("speed/steps per second", point.Step, rate, time);
        }
    }

    private void AddSheet(ZooModel images, long step, string checkpoint)
    {
        string file = Path.Combine(run.File(SamplesFolder), SheetName(step));
        if (File.Exists(file) && _events.Has(SamplesTag, step)) return;
        var sheet = FixedSamples.Draw(images, run.Config.ClassNames ?? []);
        byte[] png = new Provenance(session, run, model.Context.Device, model.Context.Seed, checkpoint).With(Provenance.Picture, $"{SamplesFolder}/{SheetName(step)}").EncodePng(sheet);
        AtomicFile.Write(file, stream => stream.Write(png));
        _events.Image(SamplesTag, step, png, sheet, DateTime.UtcNow);
    }

    private RunEnvironment Environment(long step)
    {
        var device = model.Context.Device;
        var made = MadeOn.Of(device);
        return new RunEnvironment
        {
            Started = DateTime.UtcNow,
            FromStep = step,
            Command = CommandWords.Join(session.Words),
            Engine = EngineVersion.Name,
            Commit = EngineVersion.Commit,
            Dotnet = System.Environment.Version.ToString(),
            OperatingSystem = RuntimeInformation.OSDescription,
            Architecture = RuntimeInformation.ProcessArchitecture.ToString(),
            Processor = Devices.ProcessorName(),
            Cores = System.Environment.ProcessorCount,
            MemoryBytes = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
            Device = made.Device,
            DeviceName = device.Description,
            Isa = made.Isa,
            Precision = made.Precision,
            Threads = (device as CpuDevice)?.Pool.Threads ?? 0,
        };
    }
}
