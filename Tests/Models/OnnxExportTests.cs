using GenEngine.Data;
using GenEngine.Export;
using GenEngine.Kernels;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Models;
using GenEngine.Runs;
using GenEngine.Tests.Data;
using GenEngine.Tests.Export;
using GenEngine.Tests.Files;
using NUnit.Framework;

namespace GenEngine.Tests.Models;

/// <summary>Every part of every model of the zoo, a little trained, under ONNX Runtime: what it gives is what the model gives, whatever the number of examples.</summary>
[Parallelizable]
public sealed class OnnxExportTests
{
    private const double Allowed = 1e-5;
    private const int Classes = 3, Alphabet = 7;

    private static readonly int[] s_batches = [1, 3, 7];

    private static readonly DataShape s_grey = new(8, 12, 1, Classes), s_colour = new(12, 8, 3, Classes), s_large = new(36, 40, 3, Classes), s_sequence = new(1, 20, 1, Classes) { Alphabet = Alphabet };

    private static readonly DataShape s_digits = new(28, 28, 1, Classes), s_faces = new(64, 64, 3, Classes);

    private static IEnumerable<TestCaseData> Networks
    {
        get
        {
            foreach (var description in Zoo.OfImages.Where(description => description.Name is not ("row-lstm" or "diagonal-bilstm")))
            {
                foreach (var defaults in description.Defaults)
                {
                    var small = SmallModels.Of(defaults);
                    foreach (var (data, size) in new[] { (s_grey, "grey"), (s_colour, "colour") })
                        foreach (var (options, name) in Variants(description, defaults, small, data)) yield return Case(description, data, options, $"{name} {size}");
                    if (defaults.Backbone == "conv" && description.Name is "cvae" or "gan") yield return Case(description, s_large, small, "conv large");
                }
            }

            foreach (string condition in Zoo.Find("wavenet").Conditions)
                yield return Case(Zoo.Find("wavenet"), s_sequence, new ModelOptions { Stacks = 2, Layers = 3, Residual = 5, Skip = 6, Condition = condition }, condition);
        }
    }

    /// <summary>The options that users get who give none, on images as large as MNIST's and, of convolutional ones, as the faces.</summary>
    private static IEnumerable<TestCaseData> StandardSizes =>
        from description in Zoo.Descriptions
        where description.Name is not ("row-lstm" or "diagonal-bilstm")
        from defaults in description.Defaults
        from data in description.NeedsSequences ? [s_sequence with { Width = 256 }] : defaults.Backbone == "conv" ? (DataShape[])[s_digits, s_faces] : [s_digits]
        select Case(description, data, new ModelOptions { Backbone = defaults.Backbone }, $"{defaults.Backbone} {data.Height}x{data.Width}x{data.Channels}");

    [TestCaseSource(nameof(StandardSizes)), Explicit("slow: networks of millions of weights; run with --filter TestCategory=slow"), Category("slow")]
    public void At_its_standard_size_too(ModelDescription description, DataShape data, ModelOptions options) => A_part_gives_under_onnx_runtime_what_it_gives_here(description, data, options);

    [TestCaseSource(nameof(Networks))]
    public void A_part_gives_under_onnx_runtime_what_it_gives_here(ModelDescription description, DataShape data, ModelOptions options)
    {
        using var device = new CpuDevice(new CpuOptions(Threads: 1));
        using var context = new Context(device, seed: 3);
        using var model = Trained(context, description, data, options);
        using var folder = new TemporaryFolder();
        foreach (var part in OnnxExport.Parts(model))
        {
            string path = folder[$"{part.Name}.onnx"];
            OnnxExport.Write(path, model, part.Name, new Dictionary<string, string> { ["data"] = "noise" });
            byte[] bytes = File.ReadAllBytes(path);
            CheckFile(new OnnxFile(bytes), description.Name, part);
            using var run = new OnnxRun(bytes);
            double worst = s_batches.Max(batch => Compare(run, model, part, batch, length: 5 + (2 * batch)));
            TestContext.Out.WriteLine(FormattableString.Invariant($"{model.Name} {part.Name}: {worst:E1}, {bytes.Length} bytes"));
            OnnxExport.Write(path, model, part.Name, new Dictionary<string, string> { ["data"] = "noise" });
            Assert.That(File.ReadAllBytes(path), Is.EqualTo(bytes), "the same bytes again");
        }
    }

    [Test]
    public void Every_model_exports_or_says_why_not()
    {
        var tested = Networks.Select(test => ((ModelDescription)test.Arguments[0]!).Name).ToHashSet();
        using var context = new Context(TestDevices.Cpu(CpuIsas.Best, 1));
        foreach (var description in Zoo.Descriptions.Where(description => !tested.Contains(description.Name)))
        {
            using var model = description.Build(context, s_grey, SmallModels.Of(description.Defaults[0]));
            Assert.That(() => OnnxExport.Parts(model), Throws.InstanceOf<EngineException>().With.Message.Contains(description.Name).And.Message.Contains("recurrent").And.Message.Contains("gated-pixelcnn"));
        }

        using var vae = Zoo.Find("vae").Build(context, s_grey, SmallModels.Of(Zoo.Find("vae").Defaults[0]));
        Assert.That(() => OnnxExport.Write("none.onnx", vae, "decoderr"), Throws.InstanceOf<EngineException>().With.Message.Contains("decoder"));
    }

    [Test]
    public void A_judge_is_exported_with_its_features()
    {
        var images = Noise(s_colour, 60);
        using var judge = Judge.Load(TestDevices.Cpu(CpuIsas.Best, 1), images, images, new JudgeRecipe { Steps = 3, Batch = 16, Width = 4, Features = 10 }, cached: false);
        using var folder = new TemporaryFolder();
        OnnxExport.Write(folder["judge.onnx"], judge);
        using var run = new OnnxRun(File.ReadAllBytes(folder["judge.onnx"]));
        float[] pixels = Array.ConvertAll(images.Items, value => value / 255f);
        var found = run.Of([("images", [60, 3, 12, 8], Turned(pixels, 60, 12 * 8, 3))]);
        var said = judge.Of(images);
        Close(found["logits"].Values, Array.ConvertAll(said.Logits.Values, value => (float)value), "logits");
        Close(found["features"].Values, Array.ConvertAll(said.Features.Values, value => (float)value), "features");
    }

    [Test]
    public void A_convolutional_decoder_and_encoder_turn_nothing_round()
    {
        using var context = new Context(TestDevices.Cpu(CpuIsas.Best, 1), seed: 1);
        using var model = Zoo.Find("vae").Build(context, s_colour, SmallModels.Of(Zoo.Find("vae").Defaults[1]));
        using var folder = new TemporaryFolder();
        foreach (string part in (string[])["encoder", "decoder"])
        {
            OnnxExport.Write(folder["part.onnx"], model, part);
            var file = new OnnxFile(File.ReadAllBytes(folder["part.onnx"]));
            Assert.That(file.Nodes.Select(node => node.Type), Has.None.EqualTo("Transpose").And.None.EqualTo("Gather"));
            Assert.That(file.Nodes.Count(node => node.Type is "Reshape" or "Flatten"), Is.EqualTo(1), "between the dense layers and the image");
            foreach (var (name, extents, values) in file.Constants.Where(constant => constant.Name.EndsWith("norm.weight", StringComparison.Ordinal)))
                Assert.That(values, Is.EqualTo(model.Groups[0][name["vae.".Length..]].ToArray<float>()), "by its own name what it is");
        }

        var names = new OnnxFile(File.ReadAllBytes(folder["part.onnx"])).Constants.Select(constant => constant.Name);
        Assert.That(names, Is.SupersetOf((string[])["vae.decoder.dense.weight", "vae.decoder.conv0.weight", "vae.decoder.conv0.bias", "vae.decoder.dense.norm.running_mean"]));
        Assert.That(names, Has.Some.EqualTo("vae.decoder.widen.weight.reordered"));
    }

    private static TestCaseData Case(ModelDescription description, DataShape data, ModelOptions options, string name) =>
        new TestCaseData(description, data, options).SetArgDisplayNames(description.Name, name);

    /// <summary>What a pixel model draws from and how it is told; the backbone of the others.</summary>
    private static IEnumerable<(ModelOptions, string)> Variants(ModelDescription description, ModelOptions defaults, ModelOptions small, DataShape data)
    {
        if (defaults.Layers is null)
        {
            yield return (small, defaults.Backbone!);
            yield break;
        }

        foreach (string loss in description.Losses)
        {
            var options = small with { Loss = loss, Width = 6 };
            yield return (options with { Positions = defaults.Positions is null ? null : loss == "bernoulli" }, loss);
            if (loss != "bernoulli") continue;
            foreach (string condition in description.Conditions.Where(condition => condition != defaults.Condition)) yield return (options with { Condition = condition }, condition);
            if (data.Channels == 1) foreach (string prior in description.Priors.Where(prior => prior != defaults.Prior)) yield return (options with { Prior = prior }, prior);
            if (data.Channels > 1 && description.Name == "pixelcnn") yield return (options with { Colours = "apart" }, "apart");
        }
    }

    private static IModel Trained(Context context, ModelDescription description, DataShape data, ModelOptions options)
    {
        options = options with { LearningRate = 0.01 };
        if (data.Alphabet > 0)
        {
            var model = description.Build(context, data, options);
            var random = new Random(5);
            var codes = context.FromLabels([.. Enumerable.Range(0, 4 * data.Width).Select(_ => random.Next(Alphabet))], new Shape(4, 1, data.Width));
            var labels = context.FromLabels([0, 1, 2, 1], new Shape(4));
            for (int i = 0; i < 5; i++)
            {
                using var step = context.BeginStep();
                model.TrainStep(new Batch(codes, labels) { Targets = codes });
            }

            return model;
        }

        using var set = new DeviceDataset(context, Noise(data, 24));
        var images = description.Build(context, data, options);
        using var trainer = new Trainer(images, set, 8);
        trainer.Run(5); // batch statistics that are not their beginnings
        return images;
    }

    private static ImageDataset Noise(DataShape data, int count)
    {
        var random = new Random(1);
        var bytes = new byte[count * data.Pixels];
        random.NextBytes(bytes);
        return new ImageDataset("noise", "train", data.Height, data.Width, data.Channels, bytes, [.. Enumerable.Range(0, count).Select(i => i % Classes)], ["a", "b", "c"]);
    }

    private static void CheckFile(OnnxFile file, string model, NetworkPart part)
    {
        Assert.That(file.Faults(), Is.Empty, part.Name);
        Assert.That(file.Opsets, Is.EqualTo(((string, long)[])[("", 17)]));
        Assert.That(file.IrVersion, Is.EqualTo(8));
        Assert.That(file.Producer, Does.Match(@"^GenEngine \d+\.\d+\.\d+$"));
        Assert.That(file.Metadata, Is.EquivalentTo(new Dictionary<string, string> { ["model"] = model, ["part"] = part.Name, ["data"] = "noise" }));
        foreach (var (ports, written) in new[] { (part.Inputs, file.Inputs), (part.Outputs, file.Outputs) })
        {
            Assert.That(written.Select(port => port.Name), Is.EqualTo(ports.Select(port => port.Name)));
            Assert.That(written.Select(port => port.Extents), Is.EqualTo(ports.Select(port => port.FileExtents.Select(extent => $"{extent}"))));
            Assert.That(written.Select(port => port.Extents[0]), Is.All.EqualTo("batch"));
        }
    }

    /// <returns>The largest difference, relative to max(1, |value|).</returns>
    private static double Compare(OnnxRun run, IModel model, NetworkPart part, int batch, int length)
    {
        var random = new Random(batch);
        var inputs = part.Inputs.Select(port => (Port: port, Values: Draw(port, batch, length, random))).ToList();
        var found = run.Of(inputs.Select(input => (input.Port.Name, Extents(input.Port, batch, length), input.Port.Kind == PortKind.Codes
            ? (Array)Array.ConvertAll(input.Values, value => (long)value)
            : Turned(input.Values, input.Port, batch))));
        using var step = new EvaluationStep(model);
        var given = inputs.ConvertAll(input => input.Port.Kind == PortKind.Codes
            ? model.Context.FromLabels(Array.ConvertAll(input.Values, value => (int)value), new Shape(batch, length))
            : model.Context.Transient(Array.ConvertAll(input.Values, value => (double)value), input.Port.EngineShape(batch, length)));
        return part.Outputs.Zip(part.Forward([.. given])).Max(pair =>
        {
            var (port, result) = pair;
            var (extents, values) = found[port.Name];
            Assert.That(extents, Is.EqualTo(Extents(port, batch, length)));
            return Close(values, Turned(result.ToArray<float>(), port, batch), $"{part.Name} {port.Name} of {batch}");
        });
    }

    private static double Close(float[] found, float[] expected, string what)
    {
        Assert.That(found, Has.Length.EqualTo(expected.Length));
        Assert.That(expected, Has.All.Matches<float>(float.IsFinite), what);
        double worst = found.Zip(expected, (a, b) => Math.Abs(a - b) / Math.Max(1, Math.Abs(b))).Max();
        Assert.That(worst, Is.LessThanOrEqualTo(Allowed), what);
        Assert.That(expected.Distinct().Count(), Is.GreaterThan(1).Or.EqualTo(expected.Length), $"{what} is all the same");
        return worst;
    }

    private static float[] Draw(Port port, int batch, int length, Random random)
    {
        var values = new float[port.EngineShape(batch, length).Count];
        for (int i = 0; i < values.Length; i++)
        {
            double u = random.NextDouble();
            values[i] = port.Kind == PortKind.Codes ? random.Next(Alphabet) : (float)(port.Kind == PortKind.Images || port.Name == "classes" ? u : (4 * u) - 2);
        }

        return values;
    }

    private static long[] Extents(Port port, int batch, int length) => [.. port.FileExtents.Select(extent => extent switch { "batch" => batch, "length" => length, var number => (long)number })];

    private static float[] Turned(float[] values, Port port, int batch) => port.Kind is PortKind.Images or PortKind.Signal ? Turned(values, batch, values.Length / batch / port.Channels, port.Channels) : values;

    /// <summary>[N, positions, channels] to [N, channels, positions].</summary>
    private static float[] Turned(float[] values, int batch, int positions, int channels)
    {
        var turned = new float[values.Length];
        for (int n = 0; n < batch; n++)
        {
            for (int at = 0; at < positions; at++)
            {
                for (int c = 0; c < channels; c++) turned[(((n * channels) + c) * positions) + at] = values[(((n * positions) + at) * channels) + c];
            }
        }

        return turned;
    }
}
