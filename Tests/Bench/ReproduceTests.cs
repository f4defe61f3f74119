using System.Text.Json;
using GenEngine.Bench;
using GenEngine.Bench.Commands;
using GenEngine.Models;
using GenEngine.Runs;
using GenEngine.Tests.Files;
using NUnit.Framework;

namespace GenEngine.Tests.Bench;

/// <summary>Recipes say what the console understands, and the ledger what finished runs were measured at.</summary>
public sealed class ReproduceTests
{
    private static readonly double[] s_runs = [3, 5];

    [Test]
    public void Every_recipe_trains_a_model_of_the_zoo_with_options_that_train_takes()
    {
        Assert.That(Recipe.All, Is.Not.Empty);
        foreach (var recipe in Recipe.All)
        {
            foreach (string line in recipe.Runs)
            {
                string[] words = line.Split(' ');
                Assert.That((words[0], Zoo.Names.Contains(words[1])), Is.EqualTo(("train", true)), line);
                // the data set is looked for last: everything before it has been understood
                var run = ConsoleRun.Of([.. words.Select(word => word is "mnist" or "fashion-mnist" or "avatars" or "tones" or "text" or "fsdd" or "fsdd:jackson" ? "no-such-data" : word)]);
                Assert.That(run.Code, Is.Not.EqualTo(ExitCode.Done));
                Assert.That(run.Error, Does.Contain("no-such-data"), line);
            }

            foreach (var figure in recipe.Figures.Where(figure => figure.Against is not null))
                Assert.That(Recipe.Find(figure.Against!).Figures.Any(other => other.Metric == figure.Metric && other.Against is null), Is.True, $"{recipe.Row}: {figure.Metric} against {figure.Against}");
        }
    }

    [Test]
    public void A_figure_is_a_statistic_with_a_bar()
    {
        Assert.That(new Figure("m").Of(s_runs), Is.EqualTo(4));
        Assert.That(new Figure("m", "worst", AtLeast: 1).Of(s_runs), Is.EqualTo(3));
        Assert.That(new Figure("m", "best", AtLeast: 1).Of(s_runs), Is.EqualTo(5));
        Assert.That(new Figure("m", "worst", AtMost: 1).Of(s_runs), Is.EqualTo(5));
        Assert.That(new Figure("m", AtMost: 0.05, OverReference: true).Reached(0.41, 0.363), Is.True);
        Assert.That(new Figure("m", AtMost: 0.05, OverReference: true).Reached(0.42, 0.363), Is.False);
        Assert.That(new Figure("m", Against: "row").Compare(97, 99, null), Is.EqualTo(2), "gain");
        Assert.That(new Figure("m", Against: "row", By: "excess").Compare(0.31, 0.02, 0.01), Is.EqualTo(30).Within(1e-9));
        Assert.That(() => new Figure("m", Against: "row", By: "excess").Compare(0.31, 0.02, null), Throws.Exception.With.Message.Contains("no reference"));
    }

    [Test]
    public void Measured_runs_become_a_row_of_the_ledger_and_rows_are_held_against_each_other()
    {
        using var folder = new TemporaryFolder();
        string ledger = folder["ledger.json"];
        Finish(folder, "cvae-dense-mnist", 97.5, 97.7);
        var alone = Reproduce(folder, "cvae-dense-mnist", ledger);
        Assert.That(alone.Error, Does.Contain("first reproduce vae-dense-mnist"));
        Finish(folder, "vae-dense-mnist", 99.4, 99.6);
        Assert.That(Reproduce(folder, "vae-dense-mnist", ledger).Code, Is.EqualTo(ExitCode.Done));
        var run = Reproduce(folder, "cvae-dense-mnist", ledger);
        Assert.That(run.Code, Is.EqualTo(ExitCode.Done), run.Error);
        Assert.That(run.Out, Does.Contain("gain over vae-dense-mnist: mean 1.9000").And.Contain("<= 2.303: reached"));
        Assert.That(ConsoleRun.Of("reproduce", "--table", "--ledger", ledger).Out, Does.Match(@"\| cvae-dense-mnist \| .*gain over vae-dense-mnist.* 1\.9000 \| 99\.5000 \(vae-dense-mnist\) \| <= 2\.303 reached"));

        string likelihoods = ConsoleRun.Of("reproduce", "--likelihoods", "--ledger", ledger).Out;
        Assert.That(likelihoods, Does.Contain("| vae-dense-mnist | dynamic bits | -log p(x), IWAE-500 | 99.4000, 99.6000 |  | 1, 2 | 600,000 | 3.0 | test |"));
        Assert.That(likelihoods, Does.Not.Contain("gain over"), "a difference is no likelihood");

        File.WriteAllText(Path.Combine(folder["runs cvae-dense-mnist"], "run-2", "scores.json"), "{ half");
        Assert.That(Reproduce(folder, "cvae-dense-mnist", ledger).Error, Does.Contain("scores.json' is damaged").And.Contain("Delete it"));
        File.WriteAllText(ledger, "[ half");
        Assert.That(Reproduce(folder, "vae-dense-mnist", ledger).Error, Does.Contain("ledger").And.Contain("damaged"));
    }

    [TestCase("bernoulli", "dynamic", "mnist", "dynamic bits"), TestCase("bernoulli", "none", "binarized-mnist", "static bits"), TestCase("categorical", "none", "avatars", "256 levels")]
    [TestCase(null, "none", "mnist", "grey"), TestCase(null, "dynamic", "mnist", "dynamic bits"), TestCase("bce", "static", "mnist", "static bits")]
    public void A_likelihood_says_of_what_it_is(string? loss, string binarize, string data, string targets)
    {
        var config = new RunConfig { Model = "m", Data = data, Loss = loss, Binarize = binarize };
        Assert.That(LikelihoodTable.Targets(config, [new Score("nll", "nats per image", 1)]), Is.EqualTo(targets));
        Assert.That(LikelihoodTable.Targets(config, [new Score("nll", "nats per sample", 1)]), Is.Null);
    }

    private static ConsoleRun Reproduce(TemporaryFolder folder, string row, string ledger) => ConsoleRun.Of("reproduce", row, "--out", folder[$"runs {row}"], "--ledger", ledger);

    private static void Finish(TemporaryFolder folder, string row, params double[] bounds)
    {
        for (int i = 0; i < bounds.Length; i++)
        {
            string run = Path.Combine(folder[$"runs {row}"], $"run-{i + 1}");
            Directory.CreateDirectory(run);
            string[] metrics = ["-elbo", "-log p(x), IWAE-500", "class read from the code"];
            var made = new
            {
                scores = metrics.Select(name => new { name, unit = "nats per image", value = bounds[i], reference_name = "", better = "lower" }),
                images_seen = 600_000,
                test_hash = "0",
                judge = "seed 1",
                machine = "test",
                engine = "0.1.0",
                date = "2026-11-25",
                minutes = 1.5,
                targets = "dynamic bits",
            };
            File.WriteAllText(Path.Combine(run, "scores.json"), JsonSerializer.Serialize(made));
        }
    }
}
