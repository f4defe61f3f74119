using GenEngine.Bench;
using GenEngine.Bench.Commands;
using GenEngine.Models;
using GenEngine.Runs;
using NUnit.Framework;

namespace GenEngine.Tests.Bench;

/// <summary>How long training takes and what loss to expect: --minutes, models NAME, and the reference curves.</summary>
public sealed class PaceTests
{
    private string _folder = "";

    [OneTimeSetUp]
    public void Make() => _folder = Directory.CreateTempSubdirectory("genengine pace ").FullName;

    [OneTimeTearDown]
    public void Remove() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void A_time_is_turned_into_steps_and_the_run_is_of_those_steps()
    {
        string timed = Path.Combine(_folder, "timed"), stepped = Path.Combine(_folder, "stepped");
        string[] line = ["train", "vae", "--batch", "8", "--hidden", "8", "--seed", "4", "--schedule", "cosine", "--threads", "1"];
        var run = ConsoleRun.Of([.. line, "--minutes", "0.01", "--out", timed]);
        Assert.That(run.Code, Is.EqualTo(ExitCode.Done), run.Error);
        long steps = RunFolder.Open(timed).Config.Steps;
        Assert.That(run.Out, Does.StartWith(FormattableString.Invariant($"--minutes 0.01: {steps:N0} steps at ")));
        Assert.That(ConsoleRun.Of([.. line, "--steps", FormattableString.Invariant($"{steps}"), "--out", stepped]).Code, Is.EqualTo(ExitCode.Done));
        Assert.That(File.ReadAllBytes(Path.Combine(timed, "weights.safetensors")), Is.EqualTo(File.ReadAllBytes(Path.Combine(stepped, "weights.safetensors"))), "measuring has changed no bit");
        Assert.That(File.ReadAllText(Path.Combine(timed, "run.json")), Is.EqualTo(File.ReadAllText(Path.Combine(stepped, "run.json"))));
    }

    [TestCase("--minutes 1 --steps 5", "--steps and --minutes both say how long to train")]
    [TestCase("--minutes 0", "--minutes takes a number from 0.01 up")]
    public void A_time_beside_steps_and_no_time_are_refused(string options, string expected) =>
        Assert.That(ConsoleRun.Of(["train", "vae", .. options.Split(' ')]).Error, Does.Contain(expected));

    [TestCase(2.0, 100.0, 0.5, 11950)]
    [TestCase(0.01, 100.0, 5, 1)]
    [TestCase(1e9, 1e9, 1, int.MaxValue)]
    public void Steps_fit_into_what_measuring_has_left(double minutes, double rate, double spent, int expected) =>
        Assert.That(Pace.Steps(minutes, rate, TimeSpan.FromSeconds(spent)), Is.EqualTo(expected));

    [TestCase(40, "40 s"), TestCase(600, "10 min"), TestCase(12060, "3 h 21 min")]
    public void Durations_are_as_people_say_them(double seconds, string expected) => Assert.That(Pace.Duration(seconds), Is.EqualTo(expected));

    [Test]
    public void A_curve_is_made_of_runs_that_differ_in_their_seeds()
    {
        // losses that fall by a law, with deviations of 2 between the windows of the seeds
        const int Steps = 800, Window = 4;
        var config = new RunConfig(new ModelOptions { Hidden = [8], Latent = 2, LearningRate = 0.001, Schedule = "constant", Steps = Steps }) { Model = "ae", Data = "digits", TrainHash = "hash", Batch = 8, ImageWidth = 28, Device = "cpu" };
        string[] runs = [.. Enumerable.Range(1, 4).Select(seed => Run(config with { Seed = (ulong)seed }))];
        string file = Path.Combine(_folder, "curve.json");
        var made = ConsoleRun.Of("curves", runs[0], runs[1], runs[2], "--out", file);
        Assert.That(made.Code, Is.EqualTo(ExitCode.Done), made.Error);
        var curve = ReferenceCurve.FromJson(File.ReadAllText(file));
        Assert.That((curve.Model, curve.Data, curve.Steps, curve.Window, curve.Loss), Is.EqualTo(("ae", "digits", (long)Steps, (long)Window, "reconstruction")));
        Assert.That(curve.IsOf(config with { Seed = 9, Steps = 5 }));
        Assert.That(curve.IsOf(config with { Batch = 9 }) || curve.IsOf(config with { Latent = 3 }) || curve.IsOf(config with { TrainHash = "other" }), Is.False);

        // what the fourth seed has lies within the band of the others, and twenty deviations from it do not
        var points = RunFolder.Open(runs[3]).Metrics().Points;
        for (int i = 4; i < points.Count; i++)
        {
            var band = curve.Band(points[i].Step - Window + 1, points[i].Step)!.Value;
            Assert.That(band.Mean, Is.EqualTo(Law(points[i].Step)).Within(6));
            Assert.That(points[i].Losses[0], Is.InRange(band.Low, band.High));
            Assert.That((Law(points[i].Step) - 40 < band.Low, Law(points[i].Step) + 40 > band.High), Is.EqualTo((true, true)));
        }

        var (one, four) = (curve.Band(400, 400)!.Value, curve.Band(397, 400)!.Value);
        Assert.That((one.High - one.Low) / (four.High - four.Low), Is.EqualTo(2).Within(1e-9), "one step scatters as the root of a window's steps");
        Assert.That((curve.Band(1, 10), curve.Band(790, 801)), Is.EqualTo(((ValueTuple<double, double, double>?)null, (ValueTuple<double, double, double>?)null)));

        Assert.That(ConsoleRun.Of("curves", runs[0], runs[1]).Error, Does.Contain("at least three"));
        Assert.That(ConsoleRun.Of("curves", runs[0], runs[1], runs[1]).Error, Does.Contain("same seed"));
        Assert.That(ConsoleRun.Of("curves", runs[0], runs[1], Run(config with { Seed = 5, Latent = 3 })).Error, Does.Contain("more than its seed"));
        Assert.That(ConsoleRun.Of("curves", runs[0], runs[1], Run(config with { Seed = 6, Schedule = "cosine" })).Error, Does.Contain("more than its seed"));

        static double Law(long step) => 50 + (100 * Math.Exp(-step / 200.0));

        string Run(RunConfig one)
        {
            var run = RunFolder.Create(one, Path.Combine(_folder, $"seed-{one.Seed}"));
            var random = new Random((int)one.Seed);
            var metrics = new RunMetrics(["reconstruction"], Steps);
            for (int step = 1; step <= Steps; step += Window)
            {
                double deviation = 2 * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
                for (int i = step; i < step + Window; i++) metrics.Add(i, [Law(i) + deviation]);
            }

            File.WriteAllText(run.File("metrics.jsonl"), metrics.Lines());
            return run.Path;
        }
    }

    [Test]
    public void Progress_says_where_the_loss_stands()
    {
        var curve = ReferenceCurve.All[0];
        var config = new RunConfig(curve.Options) { Model = curve.Model, Data = curve.Data, TrainHash = curve.TrainHash, Batch = curve.Batch, ImageWidth = curve.Width, Clips = curve.Clips, Binarize = curve.Binarize, Steps = curve.Steps };
        Assert.That(ReferenceCurve.Find(config), Is.SameAs(curve));
        Assert.That(ReferenceCurve.Find(config with { LearningRate = 0.5 }), Is.Null);
        var notes = new ProgressNotes(config);
        long step = curve.Steps / 2;
        double mean = curve.Band(step - 9, step)!.Value.Mean;
        Assert.That(notes.Standing(Progress(mean)), Is.EqualTo("  in the reference band"));
        Assert.That(notes.Standing(Progress(mean + (10 * Math.Abs(mean)))), Does.StartWith("  above the reference band "));
        Assert.That(notes.Expectation(Progress(mean, seconds: 1)), Is.Null, "too early");
        Assert.That(notes.Expectation(Progress(mean, seconds: 3)), Does.StartWith("expected: ").And.Contain($"{curve.Loss} by then"));
        Assert.That(notes.Expectation(Progress(mean, seconds: 4)), Is.Null, "it is said once");

        TrainProgress Progress(double loss, double seconds = 1) =>
            new(step, curve.Steps, 1, [loss], [.. Enumerable.Repeat(new[] { loss }, 10)], curve.Steps / 100.0, TimeSpan.FromSeconds(seconds));
    }

    [Test]
    public void Every_curve_that_ships_is_of_a_models_defaults()
    {
        Assert.That(ReferenceCurve.All, Is.Not.Empty);
        var shapes = ReferenceCurve.All.Where(curve => !Zoo.Find(curve.Model).NeedsSequences).Select(curve => curve.Data).Distinct().ToDictionary(data => data, data => DataShape.Of(GenEngine.Data.DataSets.Load(data, "train")));
        foreach (var curve in ReferenceCurve.All)
        {
            var model = Zoo.Find(curve.Model);
            var shape = model.NeedsSequences ? new DataShape(1, curve.Width, 1, 0) { Alphabet = 256 } : shapes[curve.Data];
            var config = new RunConfig(model.Resolve(new ModelOptions { Backbone = curve.Options.Backbone }, shape)) { Model = curve.Model, Data = curve.Data, TrainHash = curve.TrainHash, Batch = curve.Batch, ImageWidth = curve.Width, Clips = curve.Clips, Binarize = curve.Binarize };
            Assert.That(curve.IsOf(config), $"{curve.Model} on {curve.Data}: make it again, its options are not the defaults any more");
            Assert.That(curve.Mean, Has.Count.GreaterThan(20).And.Count.EqualTo(curve.Deviation.Count));
        }
    }

    [Test]
    public void A_model_says_how_long_it_takes_here() =>
        Assert.That(ConsoleRun.Of("models", "vae").Out, Does.Match(@"expected: [0-9]+ (s|min|h).* for 10 epochs of digits \([0-9,]+ steps of 128\) on (cpu|cuda), "));
}
