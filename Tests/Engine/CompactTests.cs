using GenEngine.Kernels;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Convolution;
using GenEngine.Kernels.Devices.Gpu;
using GenEngine.Kernels.MatMul;
using GenEngine.Kernels.Optimizer;
using GenEngine.Models;
using GenEngine.Tests.Kernels;
using NUnit.Framework;

namespace GenEngine.Tests.Engine;

/// <summary>Images stored in BF16 between layers: gradients near those of float32, the same bits however steps run, and nothing rounded or widened that need not be.</summary>
[Parallelizable]
public sealed class CompactTests
{
    private static IEnumerable<TestDevice> Devices => TestDevices.Gpus;

    [SetUp]
    public void TakeWarpGroups() => ConvWgmmaGpu.ForcedTile = ConvWeightWgmmaGpu.ForcedTile = 1;

    [TearDown]
    public void ChooseByShapeAgain() => MatMulWgmmaGpu.ForcedTile = ConvWgmmaGpu.ForcedTile = ConvWeightWgmmaGpu.ForcedTile = null;

    private static IEnumerable<TestCaseData> Networks
    {
        get
        {
            foreach (var device in Devices)
            {
                yield return Case("convolutions", Convolutions, 2, ["batch_norm_apply", "batch_norm_backward_sums", "batch_norm_backward_apply", "unary"]);
                yield return Case("WaveNet", Wave, 2, ["gate", "gate_backward_sums"]);
                yield return Case("PixelCNN", Pixels, 2, ["unary"]);

                TestCaseData Case(string name, Func<Context, (ParameterGroup Group, Func<Tensor> Loss)> create, int roundings, string[] kernels) =>
                    new TestCaseData(device, create, roundings, kernels).SetArgDisplayNames(device.Name, name);
            }
        }
    }

    [TestCaseSource(nameof(Networks))]
    public void Gradients_are_near_those_of_float32(TestDevice target, object create, int roundings, string[] kernels)
    {
        var network = (Func<Context, (ParameterGroup Group, Func<Tensor> Loss)>)create;
        var device = target.OpenWithWarpGroups();
        var exact = Gradients(device, network);
        InPrecision.Run(device, Precision.BFloat16, () =>
        {
            var plain = Gradients(device, network, compact: false);
            var (compact, launches) = LaunchNames.Of(device, () => Gradients(device, network));
            foreach (string kernel in (string[])["conv_wgmma", .. kernels])
                Assert.That(launches.Count(name => name.StartsWith($"{kernel}<", StringComparison.Ordinal) && name.Contains("STORED=bf16", StringComparison.Ordinal)), Is.Positive, kernel);
            Assert.That(launches.Count(name => name.StartsWith("conv_round", StringComparison.Ordinal)), Is.EqualTo(roundings), "images that come as float32, once for each that reads them, and the gradient of the last convolution");
            Assert.That(
                launches.Count(name => name.StartsWith("reduce_column_chunks", StringComparison.Ordinal)), Is.LessThanOrEqualTo(2), "biases that nobody has summed for: the first layer's and the last one's");
            foreach (string name in exact.Keys)
            {
                // products round their operands either way; storage rounds sums, residuals and gradients too
                double length = Apart(exact[name], new double[exact[name].Length]), apart = Apart(exact[name], compact[name]), products = Apart(exact[name], plain[name]);
                TestContext.Out.WriteLine($"{name}: {apart / length:P2} of its length from float32, {products / length:P2} where only products round");
                Assert.That(apart, Is.LessThan((2 * products) + (0.01 * length)), name);
            }
        });
    }

    [TestCaseSource(nameof(Networks))]
    public void Steps_give_the_same_bits_however_they_run(TestDevice target, object create, int roundings, string[] kernels)
    {
        var network = (Func<Context, (ParameterGroup Group, Func<Tensor> Loss)>)create;
        var device = target.OpenWithWarpGroups();
        InPrecision.Run(device, Precision.BFloat16, () =>
        {
            double[] eager = Train(device, network, captured: false);
            Assert.That(Train(device, network, captured: true), Is.EqualTo(eager));
        });
    }

    /// <summary>What takes float32 alone is given it, and an operation that was given BF16 says what to do.</summary>
    [Test]
    public void Whoever_takes_float32_alone_says_so([ValueSource(nameof(Devices))] TestDevice target)
    {
        var device = target.OpenWithWarpGroups();
        InPrecision.Run(device, Precision.BFloat16, () =>
        {
            using var context = new Context(device, seed: 3);
            using var group = new ParameterGroup(context, "layer");
            var layer = new Conv2d(group, "a", 64, 64, ConvSpec.Square(1));
            group.Build();
            using var step = context.BeginStep();
            var x = context.RandomNormal(new Shape(2, 4, 4, 64));
            Tensor plain = layer.Forward(x), compact = layer.Forward(x, null, compact: true);
            Assert.That((plain.DType, compact.DType), Is.EqualTo((DType.Float32, DType.BFloat16)));
            Assert.That(compact.ToDoubles(), Is.EqualTo(plain.ToDoubles().Select(GenEngine.Tests.Kernels.Convolution.ConvMmaTests.ToBf16)));
            Assert.That(() => compact.Square(), Throws.Nothing, "widened on the way");
            Assert.That(() => compact.Mean(), Throws.TypeOf<EngineException>().With.Message.Contains("ToFloat32"));
            Assert.That(compact.ToFloat32().ToDoubles(), Is.EqualTo(compact.ToDoubles()));
            Assert.That(plain.ToFloat32(), Is.SameAs(plain));
        });
    }

    [Test]
    public void In_float32_nothing_is_compact([EachDevice] TestDevice target)
    {
        using var context = new Context(target.Open(), seed: 3);
        using var group = new ParameterGroup(context, "layer");
        var layer = new Conv2d(group, "a", 64, 64, ConvSpec.Square(1));
        group.Build();
        using var step = context.BeginStep();
        Assert.That(layer.Forward(context.RandomNormal(new Shape(1, 2, 2, 64)), null, compact: true).DType, Is.EqualTo(DType.Float32));
    }

    /// <summary>The precision decides how images are stored, so it may not change before Backward has read them.</summary>
    [Test]
    public void A_change_of_precision_on_the_way_back_is_refused([ValueSource(nameof(Devices))] TestDevice target)
    {
        var device = target.OpenWithWarpGroups();
        using var context = new Context(device, seed: 3);
        using var group = new ParameterGroup(context, "layer");
        var layer = new Conv2d(group, "a", 64, 64, ConvSpec.Square(1));
        group.Build();
        using var step = context.BeginStep();
        Tensor? loss = null;
        InPrecision.Run(device, Precision.BFloat16, () => loss = layer.Forward(context.RandomNormal(new Shape(2, 4, 4, 64)), null, compact: true).Relu().ToFloat32().Mean());
        Assert.That(() => context.Tape.Backward(loss!, [group]), Throws.TypeOf<EngineException>().With.Message.Contains("BF16"));
    }

    private static double Apart(double[] a, double[] b) => Math.Sqrt(a.Zip(b, (x, y) => (x - y) * (x - y)).Sum());

    private static Dictionary<string, double[]> Gradients(GpuDevice device, Func<Context, (ParameterGroup Group, Func<Tensor> Loss)> create, bool compact = true)
    {
        using var context = new Context(device, seed: 3) { StoresCompact = compact };
        var (group, loss) = create(context);
        using var step = context.BeginStep();
        context.Tape.Backward(loss(), [group]);
        return group.Parameters.ToDictionary(parameter => parameter.Op, parameter => Read(group, parameter));
    }

    private static double[] Read(ParameterGroup group, Tensor parameter)
    {
        var values = new float[parameter.Count];
        parameter.Context.Device.Download(group.GradientRange(parameter), values.AsSpan());
        return Array.ConvertAll(values, value => (double)value);
    }

    private static double[] Train(GpuDevice device, Func<Context, (ParameterGroup Group, Func<Tensor> Loss)> create, bool captured)
    {
        using var context = new Context(device, seed: 3);
        var (group, loss) = create(context);
        var optimizer = new Adam(group, 1e-3);
        using var program = new StepProgram(context, () =>
        {
            context.Tape.Backward(loss(), [group]);
            optimizer.Step();
        }, captured);
        for (int i = 0; i < 4; i++) program.Run();
        return [.. group.Parameters.SelectMany(parameter => parameter.ToDoubles())];
    }

    // batch norm with and without a rectifier, rectifiers fused and apart, phases both ways, and a view between
    private static (ParameterGroup Group, Func<Tensor> Loss) Convolutions(Context context)
    {
        var group = new ParameterGroup(context, "network");
        var layers = new Sequential(
            new Conv2d(group, "a", 64, 64, ConvSpec.Square(3, padding: 1), bias: false), new BatchNorm(group, "norm.a", 64, Activation.LeakyRelu, 0.2),
            new Sequential(new Conv2d(group, "b", 64, 128, ConvSpec.Square(4, 2, 1), Activation.Relu), new ReshapeLayer(2, 8, 128)),
            new Conv2d(group, "c", 128, 64, ConvSpec.Square(1), bias: false), new BatchNorm(group, "norm.c", 64), ActivationLayer.Relu,
            new ConvTranspose2d(group, "d", 64, 64, ConvSpec.Square(2, 2)), ActivationLayer.LeakyRelu(), new Conv2d(group, "e", 64, 64, ConvSpec.Square(1)));
        group.Build();
        var x = context.FromHost(RandomValues(5 * 8 * 8 * 64), new Shape(5, 8, 8, 64));
        return (group, () => layers.Forward(x).Square().Mean());
    }

    private static (ParameterGroup Group, Func<Tensor> Loss) Wave(Context context)
    {
        var network = new WaveNetNetwork(context, new WaveNetOptions { Codes = 64, Layers = 3, Residual = 64, Skip = 64 });
        var codes = context.FromLabels([.. Enumerable.Range(0, 2 * 40).Select(i => i * 7 % 16)], new Shape(2, 1, 40));
        return (network.Group, () => network.Loss(codes, codes));
    }

    private static (ParameterGroup Group, Func<Tensor> Loss) Pixels(Context context)
    {
        var group = new ParameterGroup(context, "network");
        var network = new PixelCnnNetwork(group, new PixelNetworkSize(Colours: 1, Width: 64, Layers: 2, Head: 64, Outputs: 64));
        group.Build();
        var images = context.FromHost([.. RandomValues(2 * 6 * 7).Select(value => Math.Abs(value))], new Shape(2, 6, 7, 1));
        var classes = context.FromLabels([.. Enumerable.Range(0, 2 * 6 * 7).Select(i => i * 5 % 8)], new Shape(2, 6, 7));
        return (group, () => network.Forward(images).SoftmaxCrossEntropyMean(classes));
    }

    private static double[] RandomValues(int count)
    {
        var random = new Random(5);
        return [.. Enumerable.Range(0, count).Select(_ => (double)(float)((2 * random.NextDouble()) - 1))];
    }
}
