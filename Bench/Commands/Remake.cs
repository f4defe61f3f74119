using System.CommandLine;
using GenEngine.Files;
using GenEngine.Kernels;
using GenEngine.Kernels.Devices;
using GenEngine.Models;
using GenEngine.Plots;
using GenEngine.Runs;

namespace GenEngine.Bench.Commands;

/// <summary>remake FILE: draws a picture or a sound again from what its notes say, and compares.</summary>
internal static class Remake
{
    /// <summary>What may be run again: commands that draw and do nothing else. A file may come from anywhere, so its word is not taken for more.</summary>
    private static readonly string[] s_drawing = ["sample", "complete", "manifold", "reconstruct", "interpolate", "swap", "traverse", "decode", "versus", "runs", "prove", "data show"];

    public static ConsoleCommand Create()
    {
        var command = new ConsoleCommand("remake")
        {
            Examples =
            [
                ("remake runs/vae-digits-1/samples.png", "identical, or how many pixels differ by how much; the exit code is 1 then"),
                ("remake digits.png --run runs/vae-digits-1 --out again.png", "from a run that has moved; what was drawn is kept"),
                ("remake digits.png --device cuda", "on another device than it was made on"),
            ],
        };
        var file = new Argument<string>("file") { Description = "A PNG or WAV that this console wrote." };
        command.Arguments.Add(file);
        var run = Options.Run();
        run.Description = "Where the run is now; where the file says when not given, or the folder that the file lies in.";
        var dataDir = Options.DataDir();
        var output = Options.Out("Where to keep what was drawn; it is compared and thrown away when not given.");
        foreach (Option option in (Option[])[run, dataDir, output]) command.Options.Add(option);
        var device = new DeviceOptions(command);
        command.OnRun(session =>
        {
            string path = session.Get(file)!, folder = Path.Combine(Path.GetTempPath(), $"genengine-remake-{Guid.NewGuid():N}");
            Directory.CreateDirectory(folder);
            try
            {
                var work = new RemakeWork(session, path, session.Get(run), device, session.Get(dataDir), folder);
                string made = work.Notes.ContainsKey(Provenance.Picture) ? work.TrainingPicture() : work.CommandAgain(s_drawing);
                var found = RemakeComparison.Of(path, made);
                if (session.Get(output) is { } kept)
                {
                    byte[] bytes = File.ReadAllBytes(made);
                    AtomicFile.Write(kept, stream => stream.Write(bytes));
                }

                session.Out.WriteLine(found.Text);
                foreach (string note in found.Notes) session.Out.WriteLine($"  {note}");
                return found.IsIdentical ? ExitCode.Done : ExitCode.Failed;
            }
            finally
            {
                Directory.Delete(folder, recursive: true);
            }
        });
        return command;
    }
}

/// <summary>One file that is drawn again.</summary>
/// <param name="session">Of the command.</param>
/// <param name="file">As the user named it.</param>
/// <param name="moved">Where its run is now; null where the notes say.</param>
/// <param name="device">To draw on, where the user says so.</param>
/// <param name="dataDir">As everywhere.</param>
/// <param name="folder">An empty one to draw into.</param>
internal sealed class RemakeWork(Session session, string file, string? moved, DeviceOptions device, string? dataDir, string folder)
{
    /// <summary>What the file says.</summary>
    public IReadOnlyDictionary<string, string> Notes { get; } = Provenance.Read(file);

    /// <summary>Runs the command of the notes again.</summary>
    /// <param name="allowed">Commands that may be run.</param>
    /// <returns>The file that answers to this one.</returns>
    /// <exception cref="EngineException">The notes name no such command, its run is gone or has other weights, or it fails.</exception>
    public string CommandAgain(IReadOnlyList<string> allowed)
    {
        if (!Notes.TryGetValue(Provenance.Command, out string? line))
            throw new EngineException($"'{file}' does not say how it was made: it was not written by this console, or by a version before it kept that.");
        string[] words = CommandWords.Without(CommandWords.Split(line), [.. Provenance.Places, .. device.Given(session).Where(word => word.StartsWith("--", StringComparison.Ordinal)), .. dataDir is null ? (string[])[] : ["--data-dir"]]);
        if (!allowed.Any(name => words.AsSpan().StartsWith(name.Split(' '))))
            throw new EngineException($"'{file}' was made by '{line}', which is not run again from a file's word; only commands that draw are: {string.Join(", ", allowed)}.");
        string part = Notes.GetValueOrDefault(Provenance.Part, "");
        string[] output = part.StartsWith(PictureOutput.Separate, StringComparison.Ordinal)
            ? ["--separate", folder]
            : ["--out", Path.Combine(folder, part.StartsWith(SampleSequences.Sound, StringComparison.Ordinal) ? "made.wav" : "made.png")];
        string[] run = Run() is { } found ? ["--run", found.Path] : [];
        string[] args = [.. words, .. run, .. output, .. device.Given(session), .. dataDir is null ? (string[])[] : ["--data-dir", dataDir]];
        session.Error.WriteLine($"again: {CommandWords.Join([.. words, .. run])}");
        using var said = new StringWriter();
        if (Program.Run(args, said, session.Error, session.Stop) != ExitCode.Done) throw new EngineException($"'{file}' could not be drawn again; the line above says why.");
        return Directory.EnumerateFiles(folder).FirstOrDefault(made => Provenance.Read(made).GetValueOrDefault(Provenance.Part, "") == part)
            ?? throw new EngineException($"'{line}' did not draw '{file}' again: it wrote no such part.");
    }

    /// <summary>Draws one of the pictures that training leaves in a run folder.</summary>
    /// <returns>The file that answers to this one.</returns>
    /// <exception cref="EngineException">The run is gone, has other weights, or the checkpoint is no longer kept.</exception>
    public string TrainingPicture()
    {
        string name = Notes[Provenance.Picture];
        bool sheet = name.StartsWith($"{TrainLog.SamplesFolder}/", StringComparison.Ordinal);
        var run = (sheet ? Candidates().FirstOrDefault() : Run()) ?? throw Gone();
        ulong seed = run.Config.Seed;
        if (Zoo.Find(run.Config.Model).NeedsSequences)
        {
            using var sequences = TrainedSequences.Open(session, run, device, seed, null, dataDir);
            return Write(Losses(name, run, sequences.Model), run, sequences.Context.Device);
        }

        using var trained = TrainedModel.Open(session, run, device, seed, null, dataDir);
        if (sheet) return Write(Sheet(trained), run, trained.Context.Device);
        var picture = name switch
        {
            TrainPictures.Samples => Draw(),
            TrainPictures.Reconstructions or TrainPictures.Manifold or TrainPictures.Codes when trained.Any is GenerativeModel => Draw(),
            _ => Losses(name, run, trained.Any),
        };
        return Write(picture, run, trained.Context.Device);

        Bitmap Draw() => TrainPictures.Draw(name, trained.Any, run.Config, () => trained.TestSet, () => new DeviceDataset(trained.Context, trained.TestSet, trained.Binarization));
    }

    private Bitmap Losses(string name, RunFolder run, IModel model)
    {
        if (name != TrainPictures.Loss) throw new EngineException($"'{file}' says that it is the picture '{name}' of a run of '{model.Name}', which has none such.");
        return TrainPictures.Losses(model.LossNames, run.Metrics().Points, model.LossUnit).Render();
    }

    private Bitmap Sheet(TrainedModel trained)
    {
        var checkpoints = new Checkpoints(trained.Run);
        var entry = checkpoints.Entries.FirstOrDefault(entry => entry.Sha256 == Notes.GetValueOrDefault(Provenance.Weights))
            ?? throw new EngineException($"'{file}' was drawn from a checkpoint that '{trained.Run.Path}' no longer has: the newest two and the best are kept, {string.Join(", ", checkpoints.Entries.Select(kept => kept.File))}.");
        checkpoints.Show(trained.Any, entry);
        return FixedSamples.Draw(trained.Any, trained.Run.Config.ClassNames ?? []);
    }

    private string Write(Bitmap picture, RunFolder run, Device drawnOn)
    {
        string made = Path.Combine(folder, "made.png"), name = Notes[Provenance.Picture];
        string? checkpoint = name.Contains('/', StringComparison.Ordinal) ? Notes[Provenance.Weights] : null;
        new Provenance(Notes.GetValueOrDefault(Provenance.Command, ""), run, drawnOn, run.Config.Seed, checkpoint).With(Provenance.Picture, name).WritePng(made, picture);
        return made;
    }

    /// <summary>The run that the file was drawn from, its weights as they were; null where it was drawn from none.</summary>
    private RunFolder? Run()
    {
        if (Notes.TryGetValue(Provenance.Runs, out string? several))
        {
            if (moved is not null) throw new UsageException("--run is of files that one run has drawn, and this one was drawn from several; they must be where the file says.");
            string[] hashes = Notes.GetValueOrDefault(Provenance.Weights, "").Split(' ');
            foreach (var (path, hash) in CommandWords.Split(several).Zip(hashes)) Check(RunFolder.Open(path), hash);
            return null;
        }

        if (!Notes.ContainsKey(Provenance.Run)) return null;
        var all = Candidates().ToList();
        if (all.Count == 0) throw Gone();
        string weights = Notes.GetValueOrDefault(Provenance.Weights, "");
        var run = all.FirstOrDefault(candidate => candidate.WeightsHash() == weights) ?? all[0];
        Check(run, weights);
        return run;
    }

    private void Check(RunFolder run, string weights)
    {
        if (run.WeightsHash() is { } hash && hash != weights)
            throw new EngineException($"'{run.Path}' has other weights ({Short(hash)}) than those that '{file}' was drawn from ({Short(weights)}): it has been trained on since, or is another run. Say with --run where the right one is.");
    }

    /// <summary>Runs that may be the one: where the user says, or where the file says, and the folders that the file lies in.</summary>
    private IEnumerable<RunFolder> Candidates()
    {
        if (moved is not null)
        {
            yield return RunFolder.Open(moved);
            yield break;
        }

        if (Notes.GetValueOrDefault(Provenance.Run) is { Length: > 0 } told && IsRun(told)) yield return RunFolder.Open(told);
        for (var above = new FileInfo(Path.GetFullPath(file)).Directory; above is not null; above = above.Parent)
            if (IsRun(above.FullName)) yield return RunFolder.Open(above.FullName);
    }

    private static bool IsRun(string path) => File.Exists(Path.Combine(path, RunFolder.ConfigName));

    private EngineException Gone() => new($"The run '{Notes.GetValueOrDefault(Provenance.Run)}' that drew '{file}' is no longer there; say with --run where it is now.");

    private static string Short(string hash) => hash.Length > 12 ? hash[..12] : hash.Length > 0 ? hash : "not said";
}
