using GenEngine.Files;
using GenEngine.Kernels;
using GenEngine.Kernels.Convolution;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Runs;
using GenEngine.Tests.Files;
using NUnit.Framework;

namespace GenEngine.Tests.Runs;

/// <summary>Layers one by one: how their parameters lie in PyTorch, and what an import refuses.</summary>
public sealed class PyTorchWeightsTests
{
    private CpuDevice _device = null!;
    private Context _context = null!;
    private TemporaryFolder _folder = null!;

    [SetUp]
    public void Open()
    {
        _device = new CpuDevice(new CpuOptions(Threads: 1));
        _context = new Context(_device, DType.Float64, seed: 1);
        _folder = new TemporaryFolder();
    }

    [TearDown]
    public void Close()
    {
        _context.Dispose();
        _device.Dispose();
        _folder.Dispose();
    }

    [Test]
    public void Filters_have_their_inputs_before_rows_and_columns()
    {
        using var group = new ParameterGroup(_context, "net");
        _ = new Conv2d(group, "conv", 3, 5, new ConvSpec(2, 4));
        _ = new ConvTranspose2d(group, "up", 3, 5, new ConvSpec(2, 4));
        group.Build();
        using var file = Exported(group);
        foreach (var (name, outer, inner) in new[] { ("conv", 5, 3), ("up", 3, 5) })
        {
            double[] here = group[$"{name}.weight"].ToDoubles(), there = file.Read<double>($"net.{name}.weight");
            Assert.That(file[$"net.{name}.weight"].Shape, Is.EqualTo(new[] { outer, inner, 2, 4 }));
            for (int k = 0; k < outer; k++)
                for (int r = 0; r < 2; r++)
                    for (int s = 0; s < 4; s++)
                        for (int c = 0; c < inner; c++)
                            Assert.That(there[(((((k * inner) + c) * 2) + r) * 4) + s], Is.EqualTo(here[(((((k * 2) + r) * 4) + s) * inner) + c]));
            Assert.That(file.Read<double>($"net.{name}.bias"), Is.EqualTo(group[$"{name}.bias"].ToDoubles()));
        }
    }

    // a row here is the image's pixels, there its channels
    [Test]
    public void Layers_around_an_image_have_its_columns_its_rows_and_its_batch_norm_in_the_other_order()
    {
        var image = new ImageExtents(2, 3, 4);
        using var group = new ParameterGroup(_context, "net");
        _ = new Linear(group, "from", image.Count + 2, 3, reads: image);
        _ = new Linear(group, "to", 3, image.Count, makes: image);
        _ = new BatchNorm(group, "to.norm", image.Count, image: image);
        _ = new Linear(group, "both", image.Count, image.Count, weightNorm: true, reads: image, makes: image);
        group.Build();
        foreach (var (_, tensor) in group.NamedWithState()) _context.UploadReal([.. Enumerable.Range(0, (int)tensor.Count).Select(i => i + 1.0)], tensor.Range);
        using var file = Exported(group);
        int[] order = [.. from c in Enumerable.Range(0, 4) from h in Enumerable.Range(0, 2) from w in Enumerable.Range(0, 3) select (((h * 3) + w) * 4) + c];
        int[] withMore = [.. order, 24, 25]; // what follows the image stays

        Same("from.weight", from row in Enumerable.Range(0, 3) from column in withMore select (row * 26) + column, 3, 26);
        Same("from.bias", Enumerable.Range(0, 3), 3);
        Same("to.weight", from row in order from column in Enumerable.Range(0, 3) select (row * 3) + column, 24, 3);
        foreach (string vector in (string[])["to.bias", "to.norm.weight", "to.norm.bias", "to.norm.running_mean", "to.norm.running_var", "both.bias"]) Same(vector, order, 24);
        Same("both.weight_v", from row in order from column in order select (row * 24) + column, 24, 24);
        Same("both.weight_g", order, 24, 1);
        Assert.That(file.Read<long>("net.to.norm.num_batches_tracked"), Is.EqualTo(new[] { 0L }));
        Assert.That(file["net.to.norm.num_batches_tracked"].Shape, Is.Empty);
        Assert.That(file.Metadata, Is.EqualTo(new Dictionary<string, string> { ["format"] = "pt" }));

        void Same(string name, IEnumerable<int> indices, params int[] shape)
        {
            Assert.That(file[$"net.{name}"].Shape, Is.EqualTo(shape), name);
            Assert.That(file.Read<double>($"net.{name}"), Is.EqualTo(indices.Select(i => i + 1.0)), name);
        }
    }

    [Test]
    public void Numbers_for_each_position_and_filters_of_weight_norm_have_shapes_of_their_own()
    {
        using var group = new ParameterGroup(_context, "net");
        var image = new ImageExtents(2, 3, 4);
        group.Declare("positions", new Shape(24), Initializer.Normal(1), ParameterLayout.Map(image));
        _ = new NormalizedWeight(group, "filters", new Shape(5, 3, 2, 4));
        group.Build();
        using var file = Exported(group);
        Assert.That(file["net.positions"].Shape, Is.EqualTo(new[] { 4, 2, 3 }));
        double[] here = group["positions"].ToDoubles(), there = file.Read<double>("net.positions");
        for (int i = 0; i < 24; i++) Assert.That(there[i], Is.EqualTo(here[(i % 6 * 4) + (i / 6)]));
        Assert.That(file["net.filters_v"].Shape, Is.EqualTo(new[] { 5, 4, 3, 2 }));
        Assert.That(file["net.filters_g"].Shape, Is.EqualTo(new[] { 5, 1, 1, 1 }));
        Assert.Throws<ArgumentException>(() => ParameterLayout.Matrix(new Shape(3, 23), null, image), "the image is larger than the row");
    }

    [Test]
    public void Shorter_and_longer_numbers_are_read()
    {
        using var group = Linear(new Context(_device, seed: 4));
        ushort[] bits = [0x3F80, 0xC000, 0x4049, 0x0001, 0x8000, 0x7F00];
        SafeTensors.Write(_folder["w"], [SafeTensor.OfBFloat16("net.end.weight", bits, 2, 3), SafeTensor.Of<Half>("net.end.bias", new[] { (Half)0.1, Half.Epsilon }, 2)]);
        PyTorchWeights.Import(_folder["w"], [group]);
        Assert.That(group["end.weight"].ToArray<float>(), Is.EqualTo(bits.Select(b => BitConverter.UInt32BitsToSingle((uint)b << 16))));
        Assert.That(group["end.bias"].ToArray<float>(), Is.EqualTo(new[] { (float)(Half)0.1, (float)Half.Epsilon }));
        SafeTensors.Write(_folder["w"], [SafeTensor.Of<double>("net.end.weight", new[] { 0.1, 1e-50, 2, 3, 4, 5 }, 2, 3), SafeTensor.Of<float>("net.end.bias", new[] { 7f, 8 }, 2)]);
        PyTorchWeights.Import(_folder["w"], [group]);
        Assert.That(group["end.weight"].ToArray<float>(), Is.EqualTo(new[] { 0.1f, 0, 2, 3, 4, 5 }));
        using var exact = Linear(_context);
        PyTorchWeights.Import(_folder["w"], [exact]);
        Assert.That(exact["end.weight"].ToDoubles(), Is.EqualTo(new[] { 0.1, 1e-50, 2, 3, 4, 5 }));
        group.Context.Dispose();
    }

    [Test]
    public void An_import_that_does_not_fit_changes_nothing_and_says_why()
    {
        using var group = new ParameterGroup(_context, "net");
        _ = new Conv2d(group, "conv", 2, 3, ConvSpec.Square(4, 2, 1));
        _ = new BatchNorm(group, "conv.norm", 3);
        group.Build();
        double[] before = group["conv.weight"].ToDoubles();
        float[] filters = new float[3 * 2 * 4 * 4], three = [1, 2, 3];
        SafeTensor Conv(params int[] shape) => SafeTensor.Of<float>("net.conv.weight", filters, shape);
        SafeTensor[] rest = [.. ((string[])["conv.bias", "conv.norm.weight", "conv.norm.bias", "conv.norm.running_mean", "conv.norm.running_var"]).Select(name => SafeTensor.Of<float>("net." + name, three, 3))];

        Refused("no tensor 'net.conv.weight' [3, 2, 4, 4]", rest);
        Refused("'net.conv.weight' has shape [3, 4, 4, 2], the model wants [3, 2, 4, 4] (as PyTorch lays it out). That is how this engine keeps it", [Conv(3, 4, 4, 2), .. rest]); // as this engine has it
        Refused("2 tensors that the model does not: net.head.bias, net.head.weight", [Conv(3, 2, 4, 4), .. rest, SafeTensor.Of<float>("net.head.weight", three, 3), SafeTensor.Of<float>("net.head.bias", three, 3)]);
        Refused("holds Int64", [SafeTensor.Of<long>("net.conv.weight", new long[96], 3, 2, 4, 4), .. rest]);
        Assert.That(group["conv.weight"].ToDoubles(), Is.EqualTo(before));
        Assert.That(group["conv.norm.weight"].ToDoubles(), Is.EqualTo(new double[] { 1, 1, 1 }));

        SafeTensors.Write(_folder["w"], [Conv(3, 2, 4, 4), .. rest, SafeTensor.Of<float>("net.head.weight", three, 3)]);
        PyTorchWeights.Import(_folder["w"], [group], ignoreOthers: true); // and without a num_batches_tracked
        Assert.That(group["conv.norm.weight"].ToDoubles(), Is.EqualTo(new double[] { 1, 2, 3 }));
        Assert.That(group["conv.weight"].ToDoubles(), Is.All.Zero);

        void Refused(string says, IEnumerable<SafeTensor> tensors)
        {
            SafeTensors.Write(_folder["w"], tensors);
            Assert.That(Assert.Throws<EngineException>(() => PyTorchWeights.Import(_folder["w"], [group]))!.Message, Does.Contain(says).And.Contain(_folder["w"]));
        }
    }

    private static ParameterGroup Linear(Context context)
    {
        var group = new ParameterGroup(context, "net");
        _ = new Linear(group, "end", 3, 2);
        group.Build();
        return group;
    }

    private SafeTensorsReader Exported(ParameterGroup group)
    {
        PyTorchWeights.Export(_folder["exported"], [group]);
        return SafeTensorsReader.Open(_folder["exported"]);
    }
}
