using System.CommandLine;
using System.Globalization;
using GenEngine.Data;
using GenEngine.Kernels;
using GenEngine.Models;
using GenEngine.Runs;

namespace GenEngine.Bench.Commands;

/// <summary>evaluate MODEL: losses on the test set, and with --full every metric that applies, each beside real data's figure.</summary>
internal static class Evaluate
{
    public static ConsoleCommand Create()
    {
        var command = new ConsoleCommand("evaluate")
        {
            Examples =
            [
                ("evaluate vae", "-ELBO with its two terms, and the reconstruction error beside PCA's"),
                ("evaluate vae --samples 50", "and the IWAE bound with 50 importance samples an image"),
                ("evaluate cgan --full", "every metric: Frechet distance, top-1, diversity, precision and recall, ..."),
                ("evaluate wavenet", "nats and bits a symbol on held-out sound or text, beside the entropy rate where it is known"),
                ("evaluate --all --format markdown", "a table of the newest run of every model under runs/"),
            ],
        };
        var model = new Argument<string?>("model") { Description = $"Which model: {string.Join(", ", Zoo.Names)}.", Arity = ArgumentArity.ZeroOrOne };
        model.CompletionSources.Add([.. Zoo.Names]);
        command.Arguments.Add(model);
        var trained = new TrainedModelOptions(command, model);
        var samples = Options.Number("--samples", "Importance samples an image for the bound on log p(x) of a VAE; 0 leaves it out.", 0, 0);
        var full = new Option<bool>("--full") { Description = "Every metric; trains a judge on the training set first, unless the cache has it." };
        var all = new Option<bool>("--all") { Description = "The newest run of every model under runs/, in full." };
        var count = Options.Number("--count", "Generated images that the metrics see.", 100, ModelEvaluation.StandardCount);
        var format = Options.OneOf("--format", "How to print", "text", "markdown");
        var json = Options.Json();
        foreach (Option option in (Option[])[samples, full, all, count, format, json]) command.Options.Add(option);
        command.OnRun(session =>
        {
            var runs = Runs(session.Get(model), session.Get(all), trained.NamesRun(session));
            var results = new List<EvaluationResult>();
            foreach (var run in runs)
            {
                var folder = run ?? trained.Find(session);
                if (Zoo.Find(folder.Config.Model).NeedsSequences)
                {
                    using var sequences = trained.OpenSequences(session, folder);
                    results.Add(new EvaluationResult(sequences.Model.Name, folder.Config.Data, folder.Path, "", sequences.Measure().Scores));
                    continue;
                }

                using var opened = trained.Open(session, folder);
                results.Add(Measure(session, opened, session.Get(samples), session.Get(full) || session.Get(all), session.Get(count)));
            }

            EvaluationTable.Write(session, results, session.Get(format)!, session.Get(json));
            return ExitCode.Done;
        });
        return command;
    }

    private static List<RunFolder?> Runs(string? model, bool all, bool named)
    {
        if (all && (model is not null || named)) throw new UsageException("'evaluate MODEL' measures one run, 'evaluate --all' all of them; give one of the two.");
        if (!all) return model is null && !named ? throw new UsageException($"Which model? One of {string.Join(", ", Zoo.Names)}, a run by --run, or --all.") : [null];
        List<RunFolder?> runs = [.. Zoo.Names.Select(name => RunFolder.FindNewest(name)).Where(run => run is not null)];
        return runs.Count > 0 ? runs : throw new EngineException("There is no trained model under 'runs'. Train one first: train vae");
    }

    private static EvaluationResult Measure(Session session, TrainedModel trained, int samples, bool full, int count)
    {
        var found = full ? FullEvaluation.Of(session, trained, samples, count) : FullEvaluation.Losses(session, trained, samples);
        if (found.Scores.Count == 0) throw new EngineException($"'{trained.Any.Name}' has no loss of its own on test images; 'evaluate {trained.Any.Name} --full' measures its samples.");
        return new EvaluationResult(trained.Any.Name, trained.Run.Config.Data, trained.Run.Path, found.Judge.Length > 0 ? $"judge: {found.Judge}" : "", found.Scores);
    }
}

/// <summary>What 'evaluate' found of one run.</summary>
internal sealed record EvaluationResult(string Model, string Data, string Run, string Judge, IReadOnlyList<Score> Scores);
