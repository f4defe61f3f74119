using System.CommandLine;
using GenEngine.Bench.Completion;
using GenEngine.Models;
using GenEngine.Runs;

namespace GenEngine.Bench.Commands;

/// <summary>curves (hidden): makes a reference curve of finished runs, for Models/Curves.</summary>
internal static class CurvesCommand
{
    public const string Name = "curves";

    public static ConsoleCommand Create()
    {
        var command = new ConsoleCommand(Name)
        {
            Examples = [("curves runs/vae-digits-1 runs/vae-digits-2 runs/vae-digits-3 --out Models/Curves/vae-digits.json", "of three runs of 'train vae --steps 4000 --seed N'")],
        };
        var folders = new Argument<string[]>("run") { Description = "Run folders, one a seed.", Arity = ArgumentArity.OneOrMore };
        folders.CompletionSources.Add(LiveNames.Runs);
        var output = Options.Out("JSON file to write; <model>-<data>.json when not given.");
        command.Arguments.Add(folders);
        command.Options.Add(output);
        command.OnRun(session =>
        {
            var curve = ReferenceCurve.Of([.. session.Get(folders)!.Select(RunFolder.Open)]);
            string path = session.Get(output) ?? $"{curve.Model}-{curve.Data}.json";
            OutputPath.WriteFile(path, curve.ToJson());
            session.Out.WriteLine(FormattableString.Invariant($"{path}: {curve.Loss} of {curve.Model} on {curve.Data} over {curve.Steps:N0} steps, {curve.Mean[0]:F2} to {curve.Mean[^1]:F2}, {curve.Made}"));
            return ExitCode.Done;
        });
        return command;
    }
}
