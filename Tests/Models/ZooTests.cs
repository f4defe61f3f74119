using System.Globalization;
using GenEngine.Data;
using GenEngine.Kernels;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Models;
using GenEngine.Runs;
using NUnit.Framework;

namespace GenEngine.Tests.Models;

/// <summary>What holds for every model of the zoo: who changes whom, bits, golden losses, weights that travel, bad input.</summary>
[Parallelizable]
public sealed class ZooTests
{
    private const string GoldenFile = "zoo_losses.txt";
    private const int GoldenSteps = 20;

    private static readonly Lazy<ImageDataset> s_digits = new(() => DataSets.Load("digits", "train", new DataOptions { Limit = 2000 }));

    private static IEnumerable<TestCaseData> Models =>
        from model in Zoo.OfImages
        from defaults in model.Defaults
        select new TestCaseData(model, SmallModels.Of(defaults)).SetArgDisplayNames(model.Name, defaults.Backbone ?? "standard");

    [TestCaseSource(nameof(Models))]
    public void A_phase_changes_its_own_networks_only_running_statistics_included(ModelDescription description, ModelOptions options)
    {
        using var device = new CpuDevice(new CpuOptions(Threads: 1));
        using var context = new Context(device, seed: 1);
        using var data = new DeviceDataset(context, s_digits.Value);
        using var model = description.Build(context, data.Shape, options);
        var last = Snapshot(model);
        var changes = new HashSet<string>();
        foreach (var phase in model.Phases)
        {
            phase.Changed = () =>
            {
                var now = Snapshot(model);
                foreach (var (group, values) in now)
                {
                    if (values.SequenceEqual(last[group])) continue;
                    Assert.That(phase.Groups.Select(own => own.Name), Does.Contain(group), $"phase '{phase.Name}'");
                    changes.Add($"{phase.Name}/{group}");
                }

                last = now;
            };
        }

        for (int i = 0; i < 2; i++)
        {
            using var step = context.BeginStep();
            model.TrainStep(data.NextBatch(8));
        }

        Assert.That(changes, Is.EquivalentTo(model.Phases.SelectMany(phase => phase.Groups.Select(group => $"{phase.Name}/{group.Name}"))), "and it does change them");
    }

    [TestCaseSource(nameof(Models)), Category("determinism")]
    public void Captured_steps_equal_eager_ones_with_any_threads(ModelDescription description, ModelOptions options)
    {
        using var one = new CpuDevice(new CpuOptions(Threads: 1));
        using var two = new CpuDevice(new CpuOptions(Threads: 2));
        double[] eager = Losses(one, description, options, 8, captured: false);
        Assert.That(Losses(two, description, options, 8, captured: true), Is.EqualTo(eager));
        Assert.That(Losses(two, description, options, 8, captured: true, unroll: 4), Is.EqualTo(eager), "all phases four times in a row, and two steps left over");
    }

    [Test, Category("determinism")]
    public void The_first_losses_are_the_golden_ones([Values] CpuIsa isa)
    {
        if (isa > CpuIsas.Best) Assert.Ignore($"this processor has no {isa.Name()}");
        using var device = new CpuDevice(new CpuOptions(Threads: 2, isa));
        string path = Path.Combine(AppContext.BaseDirectory, "Fixtures", GoldenFile);
        var lines = new List<string>();
        foreach (var description in Zoo.OfImages)
        {
            foreach (var defaults in description.Defaults)
            {
                double[] losses = Losses(device, description, SmallModels.Of(defaults), GoldenSteps, captured: true);
                lines.Add($"{description.Name} {defaults.Backbone} {string.Join(' ', losses.Select(loss => loss.ToString("R", CultureInfo.InvariantCulture)))}");
            }
        }

        if (Environment.GetEnvironmentVariable("GENENGINE_GOLDEN") is { Length: > 0 } target) File.WriteAllLines(Path.Combine(target, GoldenFile), lines);
        Assert.That(lines, Is.EqualTo(File.ReadAllLines(path)), "the losses of the first steps have moved; if they should, set GENENGINE_GOLDEN to the folder Tests/Fixtures and run this test once");
    }

    [TestCaseSource(nameof(Models))]
    public void Weights_travel_with_all_state(ModelDescription description, ModelOptions options)
    {
        using var device = new CpuDevice(new CpuOptions(Threads: 1));
        string path = Path.Combine(Path.GetTempPath(), $"zoo {Guid.NewGuid():N}.safetensors");
        float[] expected;
        try
        {
            using (var context = new Context(device, seed: 1))
            {
                using var data = new DeviceDataset(context, s_digits.Value);
                using var model = (ZooModel)description.Build(context, data.Shape, options);
                Assert.That(description.HasEncoder, Is.EqualTo(model is IEncoder));
                using (var trainer = new Trainer(model, data, 8)) trainer.Run(3);
                if (model is IFittedPrior prior) prior.FitPrior(data);
                WeightFile.Save(path, model.Groups);
                context.RestoreRandom(new GenEngine.Kernels.Sampling.RandomState(9, 0));
                expected = Draw(model);
            }

            using var other = new Context(device, seed: 2);
            using var copy = (ZooModel)description.Build(other, DataShape.Of(s_digits.Value), options);
            WeightFile.Load(path, copy.Groups);
            other.RestoreRandom(new GenEngine.Kernels.Sampling.RandomState(9, 0));
            Assert.That(Draw(copy), Is.EqualTo(expected));
            if (copy is not IFittedPrior fitted) return;
            fitted.DrawsStandardNormal = true;
            other.RestoreRandom(new GenEngine.Kernels.Sampling.RandomState(9, 0));
            Assert.That(Draw(copy), Is.Not.EqualTo(expected), "codes that it was not fitted to");
        }
        finally
        {
            File.Delete(path);
        }

        // a pixel model draws by the seed of its context, which is another one here: its logits tell as much
        static float[] Draw(ZooModel model)
        {
            if (model is not PixelModel pixels) return ModelRuns.Images(model, 10, null, model.IsConditional ? [.. Enumerable.Range(0, 10)] : (int[]?)null);
            using var step = new EvaluationStep(pixels);
            var image = pixels.Context.Transient(new double[784], new Shape(1, 28, 28, 1));
            if (pixels.Latent == 0) return [.. pixels.Logits(image, null).ToDoubles().Select(logit => (float)logit)];
            double[] code = ((IEncoder)pixels).Encode(pixels.Context.Transient(new double[784], new Shape(1, 784)), null).ToDoubles(); // the encoder's weights travel too
            return [.. code.Concat(pixels.Logits(image, pixels.Context.Transient(code, new Shape(1, pixels.Latent))).ToDoubles()).Select(value => (float)value)];
        }
    }

    [Test]
    public void With_the_generator_frozen_the_discriminator_comes_to_p_over_p_plus_q()
    {
        // real: two bumps; made: one bump between them; D of one dimension, trained by the loss that the GANs use
        using var device = new CpuDevice(new CpuOptions(Threads: 1));
        using var context = new Context(device, seed: 1);
        var group = new ParameterGroup(context, "d");
        var network = new Sequential(
            new Linear(group, "0", 1, 64, GenEngine.Kernels.Common.Activation.Tanh), new Linear(group, "1", 64, 64, GenEngine.Kernels.Common.Activation.Tanh), new Linear(group, "2", 64, 1));
        group.Build();
        var adam = new Adam(group, 2e-3);
        var loss = AdversarialLoss.Of("non-saturating");
        const int Rows = 512;
        using var program = new StepProgram(context, () =>
        {
            var side = context.RandomUniform(new Shape(Rows, 1)).Affine(1, -0.5).Affine(1e6).Clamp(-1, 1); // -1 or 1
            var real = side.Affine(1.5).Add(context.RandomNormal(new Shape(Rows, 1), 0, 0.5));
            var made = context.RandomNormal(new Shape(Rows, 1), 0, 1);
            context.Tape.Backward(loss.Real(network.Forward(real)).Add(loss.Made(network.Forward(made))), [group]);
            adam.Step();
        });
        for (int i = 0; i < 1500; i++) program.Run();

        double[] at = [.. Enumerable.Range(0, 13).Select(i => -2.4 + (0.4 * i))];
        using var step = context.BeginStep();
        using var nothing = context.NoGradient();
        double[] found = network.Forward(context.Transient(at, new Shape(at.Length, 1))).Sigmoid().ToDoubles();
        for (int i = 0; i < at.Length; i++)
        {
            double p = 0.5 * (Bell(at[i], -1.5, 0.5) + Bell(at[i], 1.5, 0.5)), q = Bell(at[i], 0, 1);
            Assert.That(found[i], Is.EqualTo(p / (p + q)).Within(0.06), FormattableString.Invariant($"D({at[i]:F1})"));
        }

        static double Bell(double x, double mean, double deviation) => Math.Exp(-0.5 * (x - mean) * (x - mean) / (deviation * deviation)) / deviation;
    }

    [Test]
    public void Images_without_classes_are_refused_by_conditional_models_and_say_which_models_take_them()
    {
        foreach (var description in Zoo.Descriptions.Where(model => model.NeedsClasses))
        {
            var none = Assert.Throws<EngineException>(() => description.CheckData(new DataShape(28, 28, 1, 0)));
            Assert.That(none!.Message, Does.Contain(description.Name).And.Contain("folder a class").And.Contain("vae"));
            var single = Assert.Throws<EngineException>(() => description.CheckData(new DataShape(28, 28, 1, 1)));
            Assert.That(single!.Message, Does.Contain("only one"));
        }
    }

    [Test]
    public void Options_that_a_model_does_not_take_are_answered_with_those_that_it_does()
    {
        var data = new DataShape(28, 28, 1, 10);
        var noise = Assert.Throws<EngineException>(() => Gan.Description.Resolve(new ModelOptions { Noise = 0.1 }, data));
        Assert.That(noise!.Message, Does.Contain("--noise").And.Contain("--latent").And.Contain("--loss"));
        var width = Assert.Throws<EngineException>(() => Vae.Description.Resolve(new ModelOptions { Width = 64 }, data));
        Assert.That(width!.Message, Does.Contain("mlp").And.Contain("--hidden"));
        Assert.That(Assert.Throws<EngineException>(() => Gan.Description.Resolve(new ModelOptions { Loss = "hing" }, data))!.Message, Does.Contain("hinge"));
        Assert.That(Assert.Throws<EngineException>(() => CvaeGan.Description.Resolve(new ModelOptions { Lambdas = [1, 2] }, data))!.Message, Does.Contain("4 numbers"));
        Assert.That(Assert.Throws<EngineException>(() => Gan.Description.Resolve(new ModelOptions(), new DataShape(30, 30, 1, 10)))!.Message, Does.Contain("30x30"));
    }

    private static double[] Losses(Device device, ModelDescription description, ModelOptions options, int steps, bool captured, int unroll = Unrolling.Auto)
    {
        using var context = new Context(device, seed: 1);
        using var data = new DeviceDataset(context, s_digits.Value);
        using var model = description.Build(context, data.Shape, options);
        using var trainer = new Trainer(model, data, 16, captured, unroll);
        var losses = new List<double>();
        trainer.Run(steps, progress => losses.AddRange(progress.Rows.SelectMany(row => row)));
        return [.. losses];
    }

    private static Dictionary<string, double[]> Snapshot(IModel model) => model.Groups.ToDictionary(
        group => group.Name, group => group.NamedWithState().SelectMany(named => named.Tensor.ToDoubles()).ToArray());
}
