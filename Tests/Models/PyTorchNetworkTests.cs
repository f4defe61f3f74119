using GenEngine.Kernels;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Models;
using GenEngine.Numerics;
using GenEngine.Runs;
using GenEngine.Tests.Files;
using NUnit.Framework;

namespace GenEngine.Tests.Models;

/// <summary>
/// Models of the zoo against a plain NCHW forward pass over the file that they export ('genengine compare --weights' holds them to TorchSharp's own modules), and weights of every model there and back.
/// </summary>
[Parallelizable]
public sealed class PyTorchNetworkTests
{
    private const int Rows = 3;

    private static IEnumerable<TestCaseData> Networks()
    {
        static TestCaseData Case(string name, DataShape data, ModelOptions options, string about) => new TestCaseData(Zoo.Find(name), data, options).SetArgDisplayNames($"{name} {about}");
        ModelOptions conv = new() { Backbone = "conv", Latent = 5, Width = 12, Stages = [4, 6] }, dense = new() { Backbone = "mlp", Latent = 4, Hidden = [10, 7] };

        yield return Case("vae", new(12, 12, 1, 0), conv, "grey");
        yield return Case("vae", new(12, 20, 3, 0), conv, "12x20x3");
        yield return Case("vae", new(20, 36, 3, 0), conv, "20x36x3 without a dense layer");
        yield return Case("cvae", new(20, 12, 2, 4), conv, "20x12x2 of four classes");
        yield return Case("gan", new(12, 20, 3, 0), conv, "12x20x3");
        yield return Case("cgan", new(36, 20, 3, 5), conv, "36x20x3 of five classes, without a dense layer");
        yield return Case("vae", new(4, 6, 3, 0), dense, "dense");
        yield return Case("cvae", new(4, 6, 3, 5), dense, "dense, of five classes");
        yield return Case("vae", new(4, 6, 3, 0), dense with { Hidden = [] }, "linear");
    }

    [TestCaseSource(nameof(Networks))]
    public void What_is_exported_is_the_network_over_channels_first(ModelDescription description, DataShape data, ModelOptions options)
    {
        using var folder = new TemporaryFolder();
        using var device = new CpuDevice(new CpuOptions(Threads: 1));
        using var context = new Context(device, DType.Float64, seed: 1);
        using var model = (GenerativeModel)description.Build(context, data, options);
        double[] images = Random(Rows * data.Pixels, 2, 0, 1), codes = Random(Rows * model.Latent, 3, -2, 2);
        int[]? labels = model.IsConditional ? [.. Enumerable.Range(0, Rows).Select(row => row * 2 % data.Classes)] : null;
        Scatter(model.Groups, single: false);
        PyTorchWeights.Export(folder["w"], model);

        double[] numbers, made;
        using (new EvaluationStep(model))
        {
            var classes = labels is null ? null : context.FromLabels(labels, new Shape(Rows)).OneHot(data.Classes);
            var x = context.Transient(images, new Shape(Rows, data.Pixels));
            numbers = (model is VariationalModel variational ? variational.Posterior(x, classes) : ((AdversarialModel)model).Verdict(x, classes)).ToDoubles();
            made = model.Decode(context.Transient(codes, new Shape(Rows, model.Latent)), classes).ToDoubles();
        }

        using var torch = new NchwReference(folder["w"]);
        bool adversarial = model is AdversarialModel;
        string encoder = adversarial ? "discriminator." : $"{model.Name}.encoder.", decoder = adversarial ? "generator." : $"{model.Name}.decoder.";
        Nchw pixels = Nchw.OfNhwc(images, data.Height, data.Width, data.Channels), z = Nchw.Rows(Rows, codes);
        if (adversarial) pixels = pixels.Map(pixel => (2 * pixel) - 1);
        Nchw seen, drawn;
        if (options.Backbone == "conv")
        {
            (seen, drawn) = (torch.Encoder(encoder, pixels, labels), torch.Decoder(decoder, z, labels, data));
        }
        else
        {
            Nchw rows = pixels.Flatten();
            if (labels is not null)
            {
                rows = NchwReference.Cat(rows, OneHot(labels, data.Classes, 1));
                z = NchwReference.Cat(z, OneHot(labels, data.Classes, Math.Sqrt(data.Classes)));
            }

            (seen, drawn) = (torch.Dense(encoder, rows), torch.Dense(decoder, z).View(data.Channels, data.Height, data.Width));
        }

        Assert.That(numbers, Is.EqualTo(seen.Values).Within(1e-9));
        Assert.That(numbers.Max() - numbers.Min(), Is.GreaterThan(1e-3), "outputs that are all alike prove nothing");
        Nchw bounded = drawn.Map(adversarial ? pixel => (0.5 * Math.Tanh(pixel)) + 0.5 : NchwReference.Sigmoid);
        Assert.That(Nchw.OfNhwc(made, data.Height, data.Width, data.Channels).Values, Is.EqualTo(bounded.Values).Within(1e-9));
        Assert.That(made.Max() - made.Min(), Is.GreaterThan(1e-3));
    }

    // what tests like the one above are worth: weights in this engine's order give something else
    [Test]
    public void Without_the_permutation_it_would_be_another_network()
    {
        using var folder = new TemporaryFolder();
        using var device = new CpuDevice(new CpuOptions(Threads: 1));
        using var context = new Context(device, DType.Float64, seed: 1);
        var data = new DataShape(12, 20, 3, 0);
        using var model = (VariationalModel)Zoo.Find("vae").Build(context, data, new ModelOptions { Backbone = "conv", Latent = 5, Width = 12, Stages = [4, 6] });
        Scatter(model.Groups, single: false);
        PyTorchWeights.Export(folder["w"], model);
        using var torch = new NchwReference(folder["w"]);
        double[] dense = model.Groups[0]["encoder.dense.weight"].ToDoubles();
        var flat = Nchw.Rows(Rows, Random(Rows * 3 * 5 * 6, 2, 0, 1));
        Nchw right = torch.Linear(flat, "vae.encoder.dense"), wrong = NchwReference.Linear(flat, dense, 12, null);
        Assert.That(right.Values.Zip(wrong.Values, (a, b) => Math.Abs(a - b)).Max(), Is.GreaterThan(0.1));
    }

    [Test]
    public void Heads_on_flattened_features_and_encoders_on_pixels_travel_too()
    {
        using var folder = new TemporaryFolder();
        using var device = new CpuDevice(new CpuOptions(Threads: 1));
        using var context = new Context(device, DType.Float64, seed: 1);
        DataShape large = new(36, 20, 3, 0), small = new(4, 6, 3, 0);
        using (var infogan = (InfoGan)Zoo.Find("infogan").Build(context, large, new ModelOptions { Latent = 5, Stages = [4, 6] }))
        {
            var (logits, torch, x) = Categories(infogan, infogan);
            using var _ = torch;
            var q = torch.BatchNorm(torch.Linear(torch.Trunk("discriminator.", x.Map(pixel => (2 * pixel) - 1), null), "discriminator.q.dense"), "discriminator.q.dense.norm").Map(NchwReference.LeakyRelu);
            double[] wanted = torch.Linear(q, "discriminator.q.out").Values;
            Assert.That(logits, Is.EqualTo(wanted.Chunk(12).SelectMany(row => row[..10])).Within(1e-9));
        }

        using (var pixelgan = (PixelGanAe)Zoo.Find("pixelgan-ae").Build(context, small, new ModelOptions { Latent = 5, Hidden = [7], Width = 3, Layers = 0, Condition = "map" }))
        {
            var (logits, torch, x) = Categories(pixelgan, pixelgan);
            using var _ = torch;
            var hidden = torch.BatchNorm(torch.Linear(x.Flatten(), "encoder.0"), "encoder.0.norm").Map(NchwReference.Relu);
            Assert.That(logits, Is.EqualTo(torch.BatchNorm(torch.Linear(hidden, "encoder.out"), "encoder.out.norm").Values).Within(1e-9));
            // rows of the map that says what each position is told: four channels
            Assert.That(torch.Values("decoder.map.bias"), Is.EqualTo(Nchw.OfNhwc(pixelgan.Groups[1]["map.bias"].ToDoubles(), 4, 6, 4).Values));
        }

        using var cvaegan = Zoo.Find("cvae-gan").Build(context, large with { Classes = 2 }, new ModelOptions { Latent = 5, Stages = [4, 6] });
        Scatter(cvaegan.Groups, single: false);
        PyTorchWeights.Export(folder["w"], cvaegan);
        using var file = new NchwReference(folder["w"]);
        double[] means = cvaegan.Groups.Single(group => group.Name == "generator").NamedState().Single(state => state.Name == "classed.real.mean").Tensor.ToDoubles();
        Assert.That(file.Values("generator.classed.real.mean"), Is.EqualTo(Nchw.OfNhwc(means, 9, 5, 6).Values), "a mean a class of a flattened image");

        (double[] Logits, NchwReference Torch, Nchw Images) Categories(ZooModel model, ICategories reader)
        {
            Scatter(model.Groups, single: false);
            PyTorchWeights.Export(folder["w"], model);
            double[] images = Random(Rows * model.Data.Pixels, 2, 0, 1);
            using var step = new EvaluationStep(model);
            double[] logits = reader.CategoryLogits(context.Transient(images, new Shape(Rows, model.Data.Pixels))).ToDoubles();
            return (logits, new NchwReference(folder["w"]), Nchw.OfNhwc(images, model.Data.Height, model.Data.Width, model.Data.Channels));
        }
    }

    [Test]
    public void A_judge_travels_too()
    {
        using var folder = new TemporaryFolder();
        using var device = new CpuDevice(new CpuOptions(Threads: 1));
        using var context = new Context(device, DType.Float64, seed: 1);
        var data = new DataShape(8, 13, 3, 4);
        using var judge = new JudgeNetwork(context, "judge", data, 4, new JudgeRecipe { Width = 3, Features = 6 });
        PyTorchWeights.Export(folder["w"], [judge.Group]);
        double[] images = Random(Rows * data.Pixels, 2, 0, 1), outputs;
        using (context.BeginStep())
        {
            using var none = context.NoGradient();
            outputs = judge.Forward(context.Transient(images, new Shape(Rows, data.Pixels))).Outputs.ToDoubles();
        }

        using var torch = new NchwReference(folder["w"]);
        var x = Nchw.OfNhwc(images, data.Height, data.Width, data.Channels);
        for (int i = 0; i < 2; i++) x = NchwReference.MaxPool2(torch.Conv2d(x, $"judge.conv{i}", 1, 1).Map(NchwReference.Relu));
        var wanted = torch.Linear(torch.Linear(x.Flatten(), "judge.dense").Map(NchwReference.Relu), "judge.end");
        Assert.That(outputs, Is.EqualTo(wanted.Values).Within(1e-9));
    }

    private static IEnumerable<TestCaseData> All =>
        from model in Zoo.Descriptions
        from defaults in model.Defaults
        select new TestCaseData(model, SmallModels.Of(defaults)).SetArgDisplayNames(model.Name, defaults.Backbone ?? "standard");

    [TestCaseSource(nameof(All))]
    public void Weights_of_every_model_come_back_to_the_bit(ModelDescription description, ModelOptions options)
    {
        using var folder = new TemporaryFolder();
        using var device = new CpuDevice(new CpuOptions(Threads: 1));
        int channels = description.Name.Contains("lstm", StringComparison.Ordinal) ? 1 : 3;
        var data = description.NeedsSequences ? new DataShape(1, 16, 1, 3) { Alphabet = 16 } : new DataShape(8, 12, channels, 3);
        if (description.Conditions.Contains("map")) options = options with { Condition = "map" };
        if (description.Name == "pixelcnn") options = options with { Positions = true };
        if (options.Width is not null && options.Layers is not null && channels == 3) options = options with { Width = 6 };
        using Context one = new(device, seed: 1), two = new(device, seed: 2);
        using IModel model = description.Build(one, data, options), copy = description.Build(two, data, options);
        Scatter(model.Groups, single: true);
        PyTorchWeights.Export(folder["w"], model);
        PyTorchWeights.Import(folder["w"], copy);
        foreach (var (ours, theirs) in model.Groups.Zip(copy.Groups))
        {
            foreach (var ((name, tensor), (_, other)) in ours.NamedWithState().Zip(theirs.NamedWithState()))
                Assert.That(other.ToArray<float>().Select(BitConverter.SingleToInt32Bits), Is.EqualTo(tensor.ToArray<float>().Select(BitConverter.SingleToInt32Bits)), name);
        }

        PyTorchWeights.Export(folder["again"], copy);
        Assert.That(File.ReadAllBytes(folder["again"]), Is.EqualTo(File.ReadAllBytes(folder["w"])));
    }

    /// <summary>Values everywhere that are neither alike nor those that networks begin with; variances are positive.</summary>
    private static void Scatter(IReadOnlyList<ParameterGroup> groups, bool single)
    {
        ulong seed = 5;
        foreach (var (name, tensor) in groups.SelectMany(group => group.NamedWithState()))
        {
            double[] values = Random((int)tensor.Count, seed++, name.EndsWith(".running_var", StringComparison.Ordinal) ? 0.5 : -0.5, 1);
            tensor.Context.UploadReal(single ? Array.ConvertAll(values, value => (double)(float)value) : values, tensor.Range);
        }
    }

    private static Nchw OneHot(int[] labels, int classes, double scale) =>
        Nchw.Rows(labels.Length, [.. labels.SelectMany(label => Enumerable.Range(0, classes).Select(c => c == label ? scale : 0))]);

    private static double[] Random(int count, ulong seed, double low, double high)
    {
        var random = new SplitMix64(seed);
        var values = new double[count];
        for (int i = 0; i < count; i++) values[i] = random.NextDouble(low, high);
        return values;
    }
}
