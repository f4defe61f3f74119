using System.CommandLine;
using System.Globalization;
using GenEngine.Models;

namespace GenEngine.Bench.Commands;

/// <summary>evaluate MODEL: losses on the test set, and the importance-weighted bound.</summary>
internal static class Evaluate
{
    public static Command Create()
    {
        var command = new ConsoleCommand("evaluate", "Measure a trained model on the test set, in nats per image.")
        {
            Examples = [("evaluate vae", "-ELBO with its two terms"), ("evaluate vae --samples 50", "and the IWAE bound with 50 importance samples an image")],
        };
        var trained = new TrainedModelOptions(command);
        var samples = Options.Number("--samples", "Importance samples an image for the bound on log p(x) of a VAE; 0 leaves it out.", 0, 0);
        var json = Options.Json();
        foreach (Option option in (Option[])[samples, json]) command.Options.Add(option);
        command.OnRun(session =>
        {
            using var model = trained.Open(session);
            var results = Measure(model, session.Get(samples), session.Stop);
            if (session.Get(json)) Json.Write(session.Out, ConsoleJson.Default.DictionaryStringDouble, results.ToDictionary(result => result.Name, result => result.Value));
            else
                foreach (var (name, value) in results) session.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-24} {value:F3} nats per image"));
            return ExitCode.Done;
        });
        return command;
    }

    private static List<(string Name, double Value)> Measure(TrainedModel trained, int samples, CancellationToken stop)
    {
        using var test = new DeviceDataset(trained.Context, trained.TestSet, trained.Binarization);
        double[] losses = Evaluator.MeanLosses(trained.Model, test, stop: stop);
        var results = trained.Model.RowLossNames.Select((name, i) => (name, losses[i])).ToList();
        if (samples == 0) return results;
        if (trained.Model is not ILikelihoodBound bounded) throw new UsageException($"--samples needs a model with a likelihood; '{trained.Model.Name}' has none.");
        double bound = Evaluator.ImportanceBound(trained.Model, test, samples, bounded.LogWeight, stop: stop);
        results.Add((FormattableString.Invariant($"-log p(x), IWAE-{samples}"), -bound));
        return results;
    }
}
