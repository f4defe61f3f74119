using System.Globalization;
using GenEngine.Checks;
using GenEngine.Data;
using GenEngine.Kernels;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Models;
using GenEngine.Runs;
using NUnit.Framework;

namespace GenEngine.Tests.Models;

/// <summary>WaveNet as a whole: it sees exactly what it claims, gives a law, repeats bit for bit, learns, and its conditions reach every layer.</summary>
[Parallelizable]
public sealed class WaveNetTests
{
    private const string GoldenFile = "wavenet_losses.txt";
    private const int GoldenSteps = 20;

    private static readonly Lazy<SequenceDataset> s_tones = new(() => Short("tones", 30_000)), s_text = new(() => Short("text", 30_000)), s_vowels = new(() => SequenceSets.Load("formants", "train", new SequenceOptions { Limit = 10 }));

    private static readonly WaveNetOptions[] s_small =
    [
        new() { Codes = 6, Stacks = 2, Layers = 2, Residual = 5, Skip = 7 },
        new() { Codes = 6, Stacks = 1, Layers = 3, Residual = 16, Skip = 3, OneHot = true },
        new() { Codes = 6, Stacks = 3, Layers = 1, Residual = 1, Skip = 1 },
    ];

    [TestCaseSource(typeof(TestDevices), nameof(TestDevices.All))]
    public void Every_code_of_the_receptive_field_matters_and_no_other(TestDevice target)
    {
        foreach (var options in s_small)
        {
            using var context = new Context(target.Open(), seed: 4);
            var network = new WaveNetNetwork(context, options with { Smooth = true }); // a ReLU may be dead to all that is heard
            int field = network.Field, length = 2 * field + 3, codes = options.Codes;
            Assert.That(field, Is.EqualTo((options.OneHot ? 2 : 1) + (options.Stacks * ((1 << options.Layers) - 1))));
            int[] heard = [.. Enumerable.Range(0, length).Select(i => i * i % codes)];
            double[] before = Logits(network, heard);
            for (int at = 0; at < length; at++)
            {
                int[] changed = [.. heard];
                changed[at] = (changed[at] + 1) % codes;
                double[] after = Logits(network, changed);
                for (int t = 0; t < length; t++)
                {
                    bool sees = t >= at && t - at < field;
                    bool same = after.AsSpan(t * codes, codes).SequenceEqual(before.AsSpan(t * codes, codes));
                    Assert.That(same, Is.EqualTo(!sees), $"{options.Stacks}x{options.Layers}: logits {t}, code {at} changed, field {field}");
                }
            }
        }
    }

    [Test]
    public void The_peers_network_sees_1024_codes()
    {
        using var context = new Context(TestDevices.Cpu(CpuIsas.Best, 2), seed: 4);
        var network = new WaveNetNetwork(context);
        Assert.That(network.Field, Is.EqualTo(1024));
        const int At = 5, Last = At + 1023;
        int[] heard = [.. Enumerable.Range(0, Last + 3).Select(i => i * 91 % 256)], changed = [.. heard];
        changed[At] ^= 1;
        double[] before = Logits(network, heard), after = Logits(network, changed);
        Assert.That(after[..(At * 256)], Is.EqualTo(before[..(At * 256)]));
        Assert.That(after[(Last * 256)..((Last + 1) * 256)], Is.Not.EqualTo(before[(Last * 256)..((Last + 1) * 256)]), "the last position that sees it");
        Assert.That(after[((Last + 1) * 256)..], Is.EqualTo(before[((Last + 1) * 256)..]));
    }

    [Test]
    public void The_probabilities_of_all_short_sequences_sum_to_one()
    {
        const int Codes = 4, Length = 5; // after a given first code
        foreach (bool conditional in (bool[])[false, true])
        {
            using var context = new Context(TestDevices.Cpu(CpuIsas.Best, 2), seed: 4);
            var network = new WaveNetNetwork(context, new WaveNetOptions { Codes = Codes, Stacks = 1, Layers = 2, Residual = 8, Skip = 8, Classes = conditional ? 3 : 0 });
            int count = (int)Math.Pow(Codes, Length);
            var (heard, next) = (new int[count * Length], new int[count * Length]);
            for (int sequence = 0; sequence < count; sequence++)
            {
                int last = 2;
                for (int t = 0, rest = sequence; t < Length; t++, rest /= Codes)
                {
                    (heard[(sequence * Length) + t], next[(sequence * Length) + t]) = (last, rest % Codes);
                    last = rest % Codes;
                }
            }

            var shape = new Shape(count, 1, Length);
            using var step = context.BeginStep();
            using var nothing = context.NoGradient();
            var classes = conditional ? context.FromLabels([.. Enumerable.Repeat(1, count)], new Shape(count)).OneHot(3) : null;
            double[] losses = network.Forward(context.FromLabels(heard, shape), classes).SoftmaxCrossEntropy(context.FromLabels(next, shape)).ToDoubles();
            double sum = Enumerable.Range(0, count).Sum(sequence => Math.Exp(-losses.AsSpan(sequence * Length, Length).ToArray().Sum()));
            Assert.That(sum, Is.EqualTo(1).Within(1e-5));
        }
    }

    private static IEnumerable<TestDevice> FastDevices => TestDevices.All.Where(device => device.Name != "simt");

    [TestCaseSource(nameof(FastDevices)), Category("gradient")]
    public void Gradients_of_local_conditioning_and_one_hot_input_equal_central_differences(TestDevice target)
    {
        using var context = new Context(target.Open(), DType.Float64, seed: 3);
        foreach (int hop in (int[])[2, 3])
        {
            var network = new WaveNetNetwork(context, new WaveNetOptions { Codes = 5, Stacks = 1, Layers = 2, Residual = 4, Skip = 5, Classes = 2, Features = 3, Hop = hop, OneHot = hop == 3, Smooth = true }, new ParameterGroup(context, $"hop{hop}"));
            const int Frames = 4, Sequences = 2;
            int length = Frames * hop;
            var shape = new Shape(Sequences, 1, length);
            int[] codes = [.. Enumerable.Range(0, (Sequences * length) + 1).Select(i => i * i % 5)];
            Tensor heard = context.FromLabels(codes.AsSpan(0, codes.Length - 1), shape), next = context.FromLabels(codes.AsSpan(1), shape), labels = context.FromLabels([1, 0], new Shape(Sequences));
            var features = context.FromHost([.. Enumerable.Range(0, Sequences * Frames * 3).Select(i => Math.Sin(i))], new Shape(Sequences, 1, Frames, 3));
            var report = GradientCheck.Run("local conditioning", context, [], [network.Group], () => network.Loss(heard, next, labels.OneHot(2), features));
            Assert.That(report.Passed, report.ToString());
        }
    }

    [Test]
    public void Conditions_that_are_missing_or_too_many_are_refused()
    {
        using var context = new Context(TestDevices.Cpu(CpuIsa.Portable, 1), seed: 3);
        var plain = new WaveNetNetwork(context, s_small[0]);
        var told = new WaveNetNetwork(context, s_small[0] with { Classes = 2, Features = 3, Hop = 4 }, new ParameterGroup(context, "told"));
        var codes = context.FromLabels(new int[12], new Shape(1, 1, 12));
        var classes = context.FromHost([1, 0], new Shape(1, 2));
        Tensor three = context.FromHost(new double[9], new Shape(1, 1, 3, 3)), two = context.FromHost(new double[6], new Shape(1, 1, 2, 3));
        using var step = context.BeginStep();
        Assert.That(told.Forward(codes, classes, three).Shape, Is.EqualTo(new Shape(1, 1, 12, 6)));
        Assert.That(Assert.Throws<EngineException>(() => told.Forward(codes, null, three))!.Message, Does.Contain("2 classes"));
        Assert.That(Assert.Throws<EngineException>(() => told.Forward(codes, classes))!.Message, Does.Contain("3 features"));
        Assert.That(Assert.Throws<EngineException>(() => told.Forward(codes, classes, two))!.Message, Does.Contain("8 codes, not of 12"));
        Assert.That(Assert.Throws<EngineException>(() => plain.Forward(codes, classes))!.Message, Does.Contain("no classes"));
        Assert.That(Assert.Throws<EngineException>(() => new WaveNetNetwork(context, new WaveNetOptions { Layers = 30 }))!.Message, Does.Contain("2^24"));
        Assert.That(Assert.Throws<EngineException>(() => WaveNet.Description.CheckData(new DataShape(28, 28, 1, 10)))!.Message, Does.Contain("sound or text").And.Contain("vae"));
        Assert.That(Assert.Throws<EngineException>(() => Vae.Description.CheckData(new DataShape(1, 64, 1, 0) { Alphabet = 256 }))!.Message, Does.Contain("wavenet"));
        Assert.That(Assert.Throws<EngineException>(() => WaveNet.Description.Resolve(new ModelOptions { Latent = 3 }, new DataShape(1, 64, 1, 0) { Alphabet = 256 }))!.Message, Does.Contain("--latent").And.Contain("--stacks"));
        Assert.That(Assert.Throws<EngineException>(() => WaveNet.Description.Resolve(new ModelOptions { Backbone = "conv" }, new DataShape(1, 64, 1, 0) { Alphabet = 256 }))!.Message, Does.Contain("--backbone"));
    }

    [TestCaseSource(typeof(TestDevices), nameof(TestDevices.All)), Category("determinism")]
    public void The_first_steps_give_the_same_losses_on_every_device(TestDevice target)
    {
        var first = TestDevices.Cpu(CpuIsa.Portable, 1);
        foreach (bool conditional in (bool[])[false, true])
            Assert.That(Losses(target.Open(), conditional ? s_vowels.Value : s_tones.Value, conditional, 3), Is.EqualTo(Losses(first, conditional ? s_vowels.Value : s_tones.Value, conditional, 3)));
    }

    [Test, Category("determinism")]
    public void Captured_steps_equal_eager_ones_with_any_threads()
    {
        using var one = new CpuDevice(new CpuOptions(Threads: 1));
        using var two = new CpuDevice(new CpuOptions(Threads: 2));
        Assert.That(Losses(two, s_vowels.Value, true, 8, captured: true), Is.EqualTo(Losses(one, s_vowels.Value, true, 8, captured: false)));
        Assert.That(Losses(two, s_text.Value, false, 8, captured: true), Is.EqualTo(Losses(one, s_text.Value, false, 8, captured: false)));
    }

    [Test, Category("determinism")]
    public void The_first_losses_are_the_golden_ones([Values] CpuIsa isa)
    {
        if (isa > CpuIsas.Best) Assert.Ignore($"this processor has no {isa.Name()}");
        using var device = new CpuDevice(new CpuOptions(Threads: 2, isa));
        string path = Path.Combine(AppContext.BaseDirectory, "Fixtures", GoldenFile);
        string[] lines =
        [
            Line("text", Losses(device, s_text.Value, false, GoldenSteps)),
            Line("formants", Losses(device, s_vowels.Value, true, GoldenSteps)),
        ];
        if (Environment.GetEnvironmentVariable("GENENGINE_GOLDEN") is { Length: > 0 } folder) File.WriteAllLines(Path.Combine(folder, GoldenFile), lines);
        Assert.That(lines, Is.EqualTo(File.ReadAllLines(path)), "the losses of the first steps have moved; if they should, set GENENGINE_GOLDEN to the folder Tests/Fixtures and run this test once");

        static string Line(string name, double[] losses) => $"{name} {string.Join(' ', losses.Select(loss => loss.ToString("R", CultureInfo.InvariantCulture)))}";
    }

    [Test]
    public void Weights_travel_and_an_evaluation_repeats()
    {
        using var device = new CpuDevice(new CpuOptions(Threads: 2));
        string path = Path.Combine(Path.GetTempPath(), $"wavenet {Guid.NewGuid():N}.safetensors");
        try
        {
            var data = s_text.Value;
            double[] expected;
            using (var context = new Context(device, seed: 1))
            {
                using var sequences = new DeviceSequences(context, data, 64);
                using var model = Build(context, sequences, false);
                using (var trainer = new Trainer(model, sequences, 4)) trainer.Run(30);
                WeightFile.Save(path, model.Groups);
                expected = Values(model, data, sequences);
            }

            using var other = new Context(device, seed: 2);
            using var test = new DeviceSequences(other, data, 64);
            using var copy = Build(other, test, false);
            WeightFile.Load(path, copy.Groups);
            Assert.That(Values(copy, data, test), Is.EqualTo(expected));
        }
        finally
        {
            File.Delete(path);
        }

        static double[] Values(WaveNet model, SequenceDataset data, DeviceSequences test)
        {
            var scores = new SequenceEvaluation(model, data, test).Scores();
            double Of(string name) => scores.Single(score => score.Name == name).Value;
            Assert.That(Of("nll"), Is.EqualTo(Of("bits per byte") * Math.Log(2)).Within(1e-12));
            Assert.That(Of("nll of the uniform law"), Is.EqualTo(Math.Log(256)));
            Assert.That(scores[0].Reference, Is.EqualTo(GrammarSource.Grammar.EntropyRate.Nats));
            return [.. scores.Select(score => score.Value)];
        }
    }

    [Test]
    public void It_learns_a_text()
    {
        using var device = new CpuDevice(new CpuOptions(Threads: 2));
        using var context = new Context(device, seed: 1);
        using var data = new DeviceSequences(context, SequenceSets.Load("text", "train"), 128);
        using var test = new DeviceSequences(context, Short("text", 10_000, "test"), 128);
        using var model = (WaveNet)WaveNet.Description.Build(context, data.Shape, new ModelOptions { Layers = 5, Residual = 24, Skip = 32, LearningRate = 5e-3 });
        using (var trainer = new Trainer(model, data, 8)) trainer.Run(250);
        var scores = new SequenceEvaluation(model, data.Data, test).Scores();
        double ratio = scores.Single(score => score.Name == "nll over the entropy rate").Value;
        TestContext.Out.WriteLine(string.Join('\n', scores.Select(score => $"{score.Name}: {score.Value:F4}")));
        Assert.That(ratio, Is.InRange(1, 1.35), "from 16 at the beginning; below 1 is a leak");
    }

    private static SequenceDataset Short(string name, int codes, string split = "train")
    {
        var set = SequenceSets.Load(name, split);
        return new SequenceDataset(name, split, set.Kind, [set.Codes[..codes]]) { Law = set.Law, SampleRate = set.SampleRate };
    }

    private static double[] Logits(WaveNetNetwork network, int[] heard)
    {
        var context = network.Group.Context;
        using var step = context.BeginStep();
        using var nothing = context.NoGradient();
        return network.Forward(context.FromLabels(heard, new Shape(1, 1, heard.Length))).ToDoubles();
    }

    private static WaveNet Build(Context context, DeviceSequences data, bool conditional) =>
        (WaveNet)WaveNet.Description.Build(context, data.Shape, new ModelOptions { Stacks = 2, Layers = 3, Residual = 8, Skip = 12, Condition = conditional ? "bias" : "none" });

    private static double[] Losses(Device device, SequenceDataset set, bool conditional, int steps, bool captured = true)
    {
        using var context = new Context(device, seed: 1);
        using var data = new DeviceSequences(context, set, 48);
        using var model = Build(context, data, conditional);
        using var trainer = new Trainer(model, data, 3, captured);
        var losses = new List<double>();
        trainer.Run(steps, progress => losses.AddRange(progress.Rows.SelectMany(row => row)));
        return [.. losses];
    }
}
