using GenEngine.Checks;
using GenEngine.Kernels;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Kernels.Layout;
using GenEngine.Kernels.Optimizer;
using GenEngine.Models;
using NUnit.Framework;

namespace GenEngine.Tests.Models;

/// <summary>What a PixelRNN may see, sees, and how it repeats.</summary>
[Parallelizable]
public sealed class PixelRnnTests
{
    [Test]
    public void No_logit_sees_its_own_pixel_or_a_later_one([ValueSource(typeof(TestDevices), nameof(TestDevices.All))] TestDevice target, [Values] PixelRnnKind kind)
    {
        using var context = new Context(target.Open(), seed: 5);
        var network = Build(context, kind, width: 5, layers: 2);
        var shape = new Shape(1, 4, 5, 1);
        double[] pixels = Bits(shape.Count), before = Logits(context, network, pixels, shape);
        for (int changed = 0; changed < pixels.Length; changed++)
        {
            double[] other = [.. pixels];
            other[changed] = 1 - other[changed];
            double[] after = Logits(context, network, other, shape);
            Assert.That(after[..(changed + 1)], Is.EqualTo(before[..(changed + 1)]), $"pixel {changed}");
            if (changed + 1 < pixels.Length && (changed + 1) % 5 != 0) Assert.That(after[changed + 1], Is.Not.EqualTo(before[changed + 1]), $"the pixel behind {changed}");
        }
    }

    /// <summary>Pixel by pixel: what changes a logit is just what the layers' geometry says.</summary>
    [TestCase(PixelRnnKind.Row, 1), TestCase(PixelRnnKind.Row, 2), TestCase(PixelRnnKind.Diagonal, 1), TestCase(PixelRnnKind.Diagonal, 2)]
    public void The_field_is_the_papers(PixelRnnKind kind, int layers)
    {
        const int Height = 6, Width = 11, Kernel = 3;
        using var device = new CpuDevice(new CpuOptions(Threads: 2));
        using var context = new Context(device, DType.Float64, seed: 6);
        var network = Build(context, kind, width: 6, layers: layers, kernel: Kernel);
        var shape = new Shape(1, Height, Width, 1);
        double[] pixels = Bits(shape.Count), before = Logits(context, network, pixels, shape);
        var field = Field(kind, layers, Height, Width);
        int beyond = 0;
        for (int changed = 0; changed < pixels.Length; changed++)
        {
            double[] other = [.. pixels];
            other[changed] = 1 - other[changed];
            double[] after = Logits(context, network, other, shape);
            for (int logit = 0; logit < pixels.Length; logit++)
            {
                Assert.That(after[logit] != before[logit], Is.EqualTo(field[logit].Contains(changed)), $"pixel {changed}, logit {logit}");
                if (changed < logit && !field[logit].Contains(changed)) beyond++;
            }
        }

        TestContext.Out.WriteLine($"{kind}, {layers} layer(s): {beyond} of {pixels.Length * (pixels.Length - 1) / 2} pairs of a pixel and one before it lie outside the field");
        // mask A keeps the last pixel of a row from all features of that row, so only features of the next row's end bring it in
        if (kind == PixelRnnKind.Diagonal) Assert.That(beyond, Is.EqualTo((Height - 1) * (Width - 1 - (Kernel / 2))), "all of the past but for one pixel");
        else Assert.That(beyond, Is.GreaterThan(pixels.Length), "the triangle leaves much unseen");
    }

    [TestCase(PixelRnnKind.Row), TestCase(PixelRnnKind.Diagonal)]
    public void Probabilities_of_all_small_images_sum_to_one(PixelRnnKind kind)
    {
        const int Images = 512, Pixels = 9;
        using var device = new CpuDevice(new CpuOptions(Threads: 2));
        using var context = new Context(device, seed: 7);
        var network = Build(context, kind, width: 4, layers: 2);
        double[] all = [.. Enumerable.Range(0, Images * Pixels).Select(i => (double)((i / Pixels >> (i % Pixels)) & 1))];
        double[] logits = Logits(context, network, all, new Shape(Images, 3, 3, 1));
        double sum = 0;
        for (int n = 0; n < Images; n++)
        {
            double log = 0;
            for (int i = n * Pixels; i < (n + 1) * Pixels; i++) log -= Math.Log(1 + Math.Exp(all[i] == 1 ? -logits[i] : logits[i]));
            sum += Math.Exp(log);
        }

        Assert.That(sum, Is.EqualTo(1).Within(1e-5));
    }

    private static IEnumerable<TestDevice> FastDevices => TestDevices.All.Where(device => device.Name != "simt");

    [Test, Category("gradient")]
    public void Gradients_equal_central_differences([ValueSource(nameof(FastDevices))] TestDevice target, [Values] PixelRnnKind kind)
    {
        using var context = new Context(target.Open(), DType.Float64, seed: 8);
        var group = new ParameterGroup(context, "rnn");
        var network = new PixelRnnNetwork(group, kind, width: 3, layers: 2, head: 4, smooth: true);
        group.Build();
        var images = context.FromHost(Bits(2 * 20), new Shape(2, 4, 5, 1), "images");
        var report = GradientCheck.Run($"PixelRNN {kind}", context, [], [group], () => network.Forward(images).Reshape(2, 20).BceWithLogitsMean(images.Reshape(2, 20)));
        Assert.That(report.Passed, report.ToString());
    }

    [Test, Category("determinism")]
    public void Steps_repeat_captured_or_eager_with_any_threads_on_every_device([ValueSource(typeof(TestDevices), nameof(TestDevices.All))] TestDevice target, [Values] PixelRnnKind kind)
    {
        double[] expected = Losses(TestDevices.Cpu(CpuIsa.Portable, 1), kind, captured: false);
        Assert.That(Losses(target.Open(), kind, captured: true), Is.EqualTo(expected), "captured");
        Assert.That(Losses(target.Open(), kind, captured: false), Is.EqualTo(expected), "eager");
        Assert.That(expected[^1], Is.LessThan(expected[0]), "it learns two images by heart");
    }

    [Test]
    public void What_cannot_be_is_refused_by_name()
    {
        using var context = new Context(TestDevices.Cpu(CpuIsa.Portable, 1), seed: 9);
        var group = new ParameterGroup(context, "g");
        Assert.Multiple(() =>
        {
            Assert.That(() => new RowLstm(group, "l", 6, 6, colours: 3), Throws.TypeOf<EngineException>().With.Message.Contains("RowLstm l: 3 colours"));
            Assert.That(() => new DiagonalBiLstm(group, "l", 6, 6, colours: 3), Throws.TypeOf<EngineException>().With.Message.Contains("DiagonalLstm l.left: 3 colours"));
            Assert.That(() => new RowLstm(group, "l", 6, 6, kernel: 2), Throws.TypeOf<EngineException>().With.Message.Contains("a kernel of 2"));
            Assert.That(() => new DiagonalLstm(group, "l", 6, 0), Throws.TypeOf<EngineException>().With.Message.Contains("6 channels to 0"));
        });
    }

    [Test]
    public void Forget_gates_start_with_their_bias()
    {
        using var context = new Context(TestDevices.Cpu(CpuIsa.Portable, 1), seed: 10);
        var group = new ParameterGroup(context, "g");
        var layer = new RowLstm(group, "l", 4, 3, forgetBias: 2);
        group.Build();
        double[] bias = layer.InputBias.ToDoubles();
        double bound = 1 / Math.Sqrt(8);
        Assert.That(bias[3..6], Is.All.InRange(2 - bound, 2 + bound));
        Assert.That(bias[..3].Concat(bias[6..]), Is.All.InRange(-bound, bound));
        Assert.That(layer.InputWeight.Shape, Is.EqualTo(new Shape(12, 1, 2, 4)));
        Assert.That(layer.StateWeight.Shape, Is.EqualTo(new Shape(12, 1, 3, 3)));
    }

    private static double[] Losses(Device device, PixelRnnKind kind, bool captured)
    {
        using var context = new Context(device, seed: 11);
        var network = Build(context, kind, width: 4, layers: 1, kernel: 3);
        var images = context.FromHost(Bits(2 * 20), new Shape(2, 4, 5, 1), "images");
        var adam = new Adam(network.Group, 1e-2);
        var kept = context.Persistent(new Shape(1), context.Real, "loss");
        using var program = new StepProgram(context, () =>
        {
            var loss = network.Network.Forward(images).Reshape(2, 20).BceWithLogitsMean(images.Reshape(2, 20));
            context.Tape.Backward(loss, [network.Group]);
            Copy.Run(device, loss.Range, kept.Range);
            adam.Step();
        }, captured);
        var losses = new double[4];
        for (int i = 0; i < losses.Length; i++)
        {
            program.Run();
            losses[i] = kept.ToDoubles()[0];
        }

        return losses;
    }

    /// <summary>The pixels before each that its logit depends on, from the layers' taps.</summary>
    private static HashSet<int>[] Field(PixelRnnKind kind, int layers, int height, int width)
    {
        var field = Each((i, j) => Join(Pixels, (i, j), (-1, -1), (-1, 0), (-1, 1), (0, -1)));
        for (int layer = 0; layer < layers; layer++)
        {
            var x = field;
            HashSet<int> X(int i, int j) => At(x, i, j);
            if (kind == PixelRnnKind.Row)
            {
                var state = new HashSet<int>[height * width];
                for (int at = 0; at < state.Length; at++)
                {
                    var (i, j) = (at / width, at % width);
                    state[at] = [.. X(i, j), .. X(i, j - 1), .. At(state, i - 1, j - 1), .. At(state, i - 1, j), .. At(state, i - 1, j + 1)];
                }

                field = Each((i, j) => [.. X(i, j), .. At(state, i, j)]);
                continue;
            }

            HashSet<int>[] left = new HashSet<int>[height * width], right = new HashSet<int>[height * width];
            for (int i = 0; i < height; i++)
            {
                for (int j = 0; j < width; j++) left[(i * width) + j] = [.. X(i, j), .. At(left, i - 1, j), .. At(left, i, j - 1)];
                for (int j = width - 1; j >= 0; j--) right[(i * width) + j] = [.. X(i, j), .. At(right, i - 1, j), .. At(right, i, j + 1)];
            }

            field = Each((i, j) => [.. X(i, j), .. At(left, i, j), .. At(right, i - 1, j)]);
        }

        return field;

        HashSet<int> Pixels(int i, int j) => i < 0 || j < 0 || j >= width ? [] : [(i * width) + j];

        HashSet<int> At(HashSet<int>[] map, int i, int j) => i < 0 || j < 0 || j >= width ? [] : map[(i * width) + j];

        HashSet<int>[] Each(Func<int, int, HashSet<int>> of) => [.. Enumerable.Range(0, height * width).Select(at => of(at / width, at % width))];

        static HashSet<int> Join(Func<int, int, HashSet<int>> of, (int I, int J) at, params (int Y, int X)[] taps) => [.. taps.SelectMany(tap => of(at.I + tap.Y, at.J + tap.X))];
    }

    private static Built Build(Context context, PixelRnnKind kind, int width, int layers, int kernel = 7)
    {
        var group = new ParameterGroup(context, "rnn");
        var network = new PixelRnnNetwork(group, kind, width: width, layers: layers, head: 8, firstKernel: kernel);
        group.Build();
        return new(network, group);
    }

    private static double[] Logits(Context context, Built network, double[] pixels, Shape shape)
    {
        using var step = context.BeginStep();
        using var nothing = context.NoGradient();
        return network.Network.Forward(context.Transient(pixels, shape)).ToDoubles();
    }

    private static double[] Bits(long count) => [.. Enumerable.Range(0, (int)count).Select(i => i * 7 % 11 < 5 ? 1.0 : 0.0)];

    private sealed record Built(PixelRnnNetwork Network, ParameterGroup Group);
}
