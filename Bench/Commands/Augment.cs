using System.CommandLine;
using System.Globalization;
using GenEngine.Data;
using GenEngine.Kernels;
using GenEngine.Kernels.Devices;
using GenEngine.Metrics;
using GenEngine.Models;
using GenEngine.Runs;

namespace GenEngine.Bench.Commands;

/// <summary>augment MODEL: is a training set enlarged by generated images worth more than the real images alone?</summary>
internal static class Augment
{
    private static readonly double[] s_shares = [0.1, 0.5, 1];

    public static ConsoleCommand Create()
    {
        var command = new ConsoleCommand("augment")
        {
            Examples =
            [
                ("augment cgan --data mnist", "10, 50 and 100 % of the data, five seeds each; takes as long as three trainings of the model and 45 of a classifier"),
                ("augment cvae --data mnist --share 0.1 --seeds 3 --epochs 20", "a tenth of the data only, quicker"),
            ],
        };
        var model = new Argument<string>("model") { Description = "A conditional model; it is trained on the given share of the data and sees nothing else." };
        model.CompletionSources.Add([.. Zoo.Descriptions.Where(description => description.NeedsClasses).Select(description => description.Name)]);
        command.Arguments.Add(model);
        var shares = new Option<double[]>("--share") { HelpName = "X", Description = "Shares of the training set, each in (0, 1].", DefaultValueFactory = _ => s_shares, AllowMultipleArgumentsPerToken = true };
        var seeds = Options.Number("--seeds", "Classifiers a figure, a seed each.", 2, 5);
        var steps = Options.Number("--classifier-steps", "Steps of every classifier, whatever the size of its set.", 1L, 938L);
        var epochs = Options.Epochs("Passes of the generator over the whole set; over a share as many steps (5 when not given).");
        var batch = Options.Batch();
        var seed = Options.Seed();
        var json = Options.Json();
        var data = Options.Data("digits");
        var dataDir = Options.DataDir();
        foreach (Option option in (Option[])[data, dataDir, shares, seeds, steps, epochs, batch, seed, json]) command.Options.Add(option);
        var choices = new ModelArguments(command);
        var device = new DeviceOptions(command);
        command.OnRun(session =>
        {
            var description = Zoo.Find(session.Get(model)!);
            if (!description.NeedsClasses) throw new EngineException($"'{description.Name}' makes images without a class, and a classifier cannot be trained on them. Use {Zoo.NamesOf(one => one.NeedsClasses)}.");
            if (session.Get(shares)!.Any(share => share is not (> 0 and <= 1))) throw new UsageException("--share takes shares above 0 and up to 1, such as 0.1.");
            var options = new DataOptions { DataDir = session.Get(dataDir) };
            var (train, test) = (DataSets.Load(session.Get(data)!, "train", options), DataSets.Load(session.Get(data)!, "test", options));
            description.CheckData(DataShape.Of(train));
            using var opened = device.Open(session);
            long generatorSteps = Trainer.StepsFor(session.Get(epochs) ?? 5, train.Count, session.Get(batch));
            var study = new Study(opened, description, choices.Read(session) with { Steps = generatorSteps }, test, session.Get(batch), session.Get(seed), session.Get(steps), session.Get(seeds), session.Stop);
            var lines = session.Get(shares)!.SelectMany(share => study.Run(Subset(train, share), share, line => session.Error.WriteLine(line))).ToList();
            Report(session, lines, session.Get(json));
            return ExitCode.Done;
        });
        return command;
    }

    /// <summary>The first images of each class, so that the classes stay in proportion.</summary>
    private static ImageDataset Subset(ImageDataset train, double share)
    {
        if (share >= 1) return train;
        var wanted = Enumerable.Range(0, train.ClassNames.Count).Select(label => (int)Math.Ceiling(share * train.Labels!.Count(other => other == label))).ToArray();
        int[] kept = [.. Enumerable.Range(0, train.Count).Where(i => wanted[train.Labels![i]]-- > 0)];
        return train.Pick(kept, string.Create(CultureInfo.InvariantCulture, $"{train.Name} ({share:P0})"));
    }

    private static void Report(Session session, List<AugmentLine> lines, bool json)
    {
        if (json)
        {
            Json.Write(session.Out, ConsoleJson.Default.ListAugmentLine, lines);
            return;
        }

        session.Out.WriteLine($"{"share of the data",-18} {"trained on",-12} {"test accuracy",14}   standard error");
        foreach (var line in lines)
            session.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{line.Share,-18:P0} {line.Set,-12} {line.Mean,14:P2}   {line.StandardError:P2}"));
    }

    private sealed record Study(
        Device Device, ModelDescription Model, ModelOptions Options, ImageDataset Test, int Batch, ulong Seed, long ClassifierSteps, int Seeds, CancellationToken Stop)
    {
        public IEnumerable<AugmentLine> Run(ImageDataset real, double share, Action<string> say)
        {
            var generated = Generate(real, say);
            foreach (var (name, sets) in ((string, IReadOnlyList<ImageDataset>)[])[("real", [real]), ("generated", [generated]), ("both", [real, generated])])
            {
                Stop.ThrowIfCancellationRequested();
                var result = Augmentation.Run(
                    Device, sets, Test, new JudgeRecipe { Steps = ClassifierSteps }, [.. Enumerable.Range(1, Seeds).Select(seed => (ulong)seed)],
                    (seed, accuracy) => say(string.Create(CultureInfo.InvariantCulture, $"{real.Name}, {name}, seed {seed}: {accuracy:P2}")), Stop);
                yield return new AugmentLine(share, name, result.Mean, result.StandardError, result.Accuracies);
            }
        }

        /// <summary>As many images as the share has, of its classes, by a generator that has seen the share alone.</summary>
        private ImageDataset Generate(ImageDataset real, Action<string> say)
        {
            using var context = new Context(Device, seed: Seed);
            using var model = (GenerativeModel)Model.Build(context, DataShape.Of(real), Options);
            using var data = new DeviceDataset(context, real);
            using var trainer = new Trainer(model, data, Batch);
            say(string.Create(CultureInfo.InvariantCulture, $"Training {Model.Name} on {real.Name}: {real.Count:N0} images, {Options.Steps:N0} steps"));
            if (!trainer.Run(Options.Steps, stop: Stop)) throw new OperationCanceledException(Stop);
            float[] images = ModelRuns.Images(model, real.Count, null, real.Labels);
            return Augmentation.FromGenerated(new FeatureMatrix(images, real.Count, model.Data.Pixels), real.Labels!, real);
        }
    }
}

/// <summary>What 'augment' found for one share and one kind of training set.</summary>
internal sealed record AugmentLine(double Share, string Set, double Mean, double StandardError, IReadOnlyList<double> Accuracies);
