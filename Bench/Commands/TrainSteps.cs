using GenEngine.Bench.Profiles;
using GenEngine.Bench.Shapes;
using GenEngine.Kernels;
using GenEngine.Kernels.Devices;
using GenEngine.Models;
using GenEngine.Runs;

namespace GenEngine.Bench.Commands;

/// <summary>The steps of a run, with profile, progress and checkpoints as asked for.</summary>
internal static class TrainSteps
{
    /// <summary>Runs the steps that are left; leaves a checkpoint and the weights in the run folder, finished or stopped.</summary>
    /// <param name="resumed">Begin where the run's last checkpoint stands.</param>
    public static (bool Finished, long Steps) Run(Session session, TrainSettings settings, IModel model, ITrainingData data, RunFolder run, TrainReport report, bool resumed)
    {
        var device = model.Context.Device;
        var checkpoints = new Checkpoints(run);
        long saved = resumed ? Resume(session, settings, model, data, run, checkpoints, report) : 0;
        report.Log.Begin(saved, settings.CheckpointEvery, saved > 0 ? checkpoints.Entries.FirstOrDefault(entry => entry.Point.Step == saved)?.Sha256 : null);
        using var profiler = settings.Profile is null ? null : new StepProfiler(device, run.Config.Steps);
        using var trainer = new Trainer(model, data, run.Config.Batch, settings.Captured, settings.Unroll) { Profiler = profiler, Save = Save, SaveEvery = settings.CheckpointEvery };
        trainer.Resume(saved);
        bool finished = report.Watch(progress => trainer.Run(run.Config.Steps, progress + report.Log.Progress, report.Interval, session.Stop));
        if (trainer.Step > saved || checkpoints.Entries.Count == 0) Save(trainer.Step);
        else report.WriteMetrics(); // the process may have died between its last checkpoint and this
        if (model is IFittedPrior prior && data is DeviceDataset images) prior.FitPrior(images);
        Write(() => WeightFile.Save(run.WeightsPath, model.Groups, run.Config));
        if (profiler is not null)
        {
            TraceFile.Write(settings.Profile!, device, profiler.Profile, Roof.Of(device));
            session.Error.WriteLine($"Trace of {profiler.Profile.Steps.Count} steps: {settings.Profile} (open it in ui.perfetto.dev or chrome://tracing)");
        }

        return (finished, trainer.Step);

        void Save(long step) => Write(() =>
        {
            checkpoints.Save(model, data, step, report.TakeLoss(), report.Metrics.State);
            saved = step;
            report.WriteMetrics();
            report.Log.Saved(step, settings.CheckpointEvery, checkpoints.Entries[^1].Sha256);
        });

        void Write(Action write)
        {
            try
            {
                write();
            }
            catch (EngineException e) when (checkpoints.Entries.Count > 0)
            {
                throw new EngineException($"{e.Message} What was saved after step {saved} is kept; to go on from there: {run.ResumeCommand}", e);
            }
        }
    }

    /// <summary>A run goes on with the data that it began with.</summary>
    /// <exception cref="EngineException">The training set is another.</exception>
    public static void CheckData(RunConfig config, string name, string hash)
    {
        if (config.TrainHash is { } trained && trained != hash)
            throw new EngineException($"{name} is not what the run was trained on: its content has another hash. Put the files back as they were, or begin a new run.");
    }

    private static long Resume(Session session, TrainSettings settings, IModel model, ITrainingData data, RunFolder run, Checkpoints checkpoints, TrainReport report)
    {
        if (checkpoints.Entries.Count == 0)
        {
            if (File.Exists(run.WeightsPath)) throw new EngineException($"'{run.Path}' has weights and no checkpoint: it was made before there were any, so it can be drawn from and not gone on with.");
            report.Resumed(0);
            return 0;
        }

        if (!settings.AllowOtherIsa) CheckDevice(model.Context.Device, checkpoints.Entries[^1].Point);
        var (point, metrics) = checkpoints.Load(model, data, session.Error.WriteLine)!.Value;
        report.Metrics.Restore(metrics, run.File(Path.Combine(Checkpoints.FolderName, Checkpoints.FileName(point.Step))));
        report.Resumed(point.Step);
        return point.Step;
    }

    private static void CheckDevice(Device device, RunPoint point)
    {
        var (then, now) = (point.MadeOn, MadeOn.Of(device));
        if (then == now) return;
        throw new EngineException($"The run stands at step {point.Step}, made on {then}, and this is {now}: its bits would not be those of an uninterrupted run. Choose the same by --device, --isa and --precision, or go on with --allow-other-isa.");
    }
}
