using GenEngine.Kernels;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using NUnit.Framework;

namespace GenEngine.Tests.Engine;

/// <summary>Losses that leave their gradient in the forward pass: right wherever the loss stands, and no work where it is the root.</summary>
[Parallelizable]
public sealed class LeftGradientTests
{
    private const int Sequences = 3, Positions = 50, Classes = 40, Ignore = 7;

    private CpuDevice _device = null!;
    private Context _context = null!;
    private ParameterGroup _group = null!;
    private Tensor _input = null!;
    private Tensor _labels = null!;
    private Func<Tensor>? _source;

    [SetUp]
    public void Open()
    {
        _device = new CpuDevice(new CpuOptions(Threads: 2)) { PoisonWrites = true };
        _context = new Context(_device, seed: 3);
        _group = new ParameterGroup(_context, "g");
        _group.Declare("w", new Shape(Classes, 5), Initializer.Uniform(1));
        _group.Declare("logits", new Shape(Sequences, Positions, Classes), Initializer.Uniform(1));
        _group.Build();
        var random = new Random(1);
        _input = _context.FromHost([.. Enumerable.Range(0, Sequences * Positions * 5).Select(_ => random.NextDouble() - 0.5)], new Shape(Sequences, Positions, 5));
        _labels = _context.FromLabels([.. Enumerable.Range(0, Sequences * Positions).Select(_ => random.Next(Classes))], new Shape(Sequences, Positions));
    }

    [TearDown]
    public void Close()
    {
        _labels.Dispose();
        _input.Dispose();
        _group.Dispose();
        _context.Dispose();
        _device.Dispose();
    }

    [Test]
    public void The_mean_has_the_bits_of_the_mean_of_the_rows()
    {
        using var step = _context.BeginStep();
        Assert.That(Logits().SoftmaxCrossEntropyMean(_labels).Item(), Is.EqualTo(Logits().SoftmaxCrossEntropy(_labels).Mean().Item()));
        double sum = Logits().SoftmaxCrossEntropy(_labels, Ignore).ToDoubles().Sum();
        Assert.That(Logits().SoftmaxCrossEntropyMean(_labels, Ignore).Item(), Is.EqualTo(sum / (Sequences * (Positions - Ignore))).Within(1e-6));
    }

    [Test]
    public void Gradients_are_those_of_the_mean_of_the_rows([Values(0, Ignore)] int ignore)
    {
        double counted = (double)(Positions - ignore) / Positions;
        var expected = Gradient(() => Logits().SoftmaxCrossEntropy(_labels, ignore).Mean().Affine(1 / counted));
        AssertNear(Gradient(() => Logits().SoftmaxCrossEntropyMean(_labels, ignore)), expected, 1);
    }

    [Test]
    public void A_loss_that_is_changed_afterwards_scales_its_gradient()
    {
        double[] once = Gradient(Loss);
        AssertNear(Gradient(() => Loss().Affine(3)), once, 3);
        AssertNear(Gradient(() => Loss().Neg()), once, -1);
        AssertNear(Gradient(() => Loss().Neg().Neg()), once, 1);
        AssertNear(Gradient(() => Loss().Mul(Loss().Affine(0, 2))), once, 2);
        AssertNear(Gradient(() => Loss().Reshape(1, 1).Reshape(1)), once, 1);
    }

    [Test]
    public void Summands_and_repeated_uses_count()
    {
        double[] once = Gradient(Loss);
        AssertNear(Gradient(() => Loss().Add(Loss())), once, 2);
        AssertNear(Gradient(() => Twice(Loss(), (a, b) => a.Add(b))), once, 2);
        AssertNear(Gradient(() => Twice(Loss(), (a, b) => a.Sub(b.Affine(3)))), once, -2);
        AssertNear(Gradient(() => Loss().Sub(Loss().Affine(2))), once, -1);

        // one tensor of logits, two losses on it: the second contribution is added
        AssertNear(Gradient(() => Twice(Logits(), (a, b) => a.SoftmaxCrossEntropyMean(_labels, Ignore).Add(b.SoftmaxCrossEntropyMean(_labels, Ignore)))), once, 2);
        AssertNear(Gradient(() => Twice(Logits(), (a, b) => a.SoftmaxCrossEntropyMean(_labels, Ignore).Sub(b.SoftmaxCrossEntropyMean(_labels, Ignore).Affine(3)))), once, -2);
    }

    [Test]
    public void A_retained_tape_gives_the_same_bits_again([Values] bool root)
    {
        Tensor Total() => root ? Loss() : Loss().Affine(3);
        double[] expected = Gradient(Total);
        using var step = _context.BeginStep();
        var loss = Total();
        for (int i = 0; i < 3; i++)
        {
            _context.Tape.Backward(loss, [_group], retain: i < 2);
            Assert.That(_group.Gradient(_group["w"]).ToDoubles(), Is.EqualTo(expected), $"time {i}");
        }
    }

    [Test]
    public void Logits_that_are_a_parameter_get_it_in_their_arena([Values] bool root)
    {
        Tensor Total() => root ? _group["logits"].SoftmaxCrossEntropyMean(_labels) : _group["logits"].SoftmaxCrossEntropyMean(_labels).Affine(2);
        double[] Run(bool accumulate)
        {
            using var step = _context.BeginStep();
            _context.Tape.Backward(Total(), [_group], accumulate);
            return _group.Gradient(_group["logits"]).ToDoubles();
        }

        double[] once = Run(false);
        Assert.That(once, Has.Some.Not.Zero);
        Assert.That(Run(true), Is.EqualTo(once.Select(v => 2 * v)));
    }

    [Test]
    public void A_leaf_keeps_its_gradient_until_the_step_ends()
    {
        var logits = _context.FromHost(new double[Sequences * Positions * Classes], new Shape(Sequences, Positions, Classes));
        _context.Tape.RequireGradient(logits);
        using var step = _context.BeginStep();
        _context.Tape.Backward(logits.SoftmaxCrossEntropyMean(_labels, Ignore), []);
        for (int i = 0; i < 4; i++) logits.Exp(); // would take the memory, were it free
        double[] gradient = _context.Tape.GradientOf(logits).ToDoubles();
        Assert.That(gradient.Take(Ignore * Classes), Is.All.Zero);
        Assert.That(gradient.Sum(Math.Abs), Is.EqualTo(2 * (1 - (1.0 / Classes))).Within(1e-4), "uniform: 1 - 1/classes for the label, as much for the others");
    }

    [Test]
    public void Where_the_loss_is_the_root_or_a_summand_backward_passes_over_nothing()
    {
        Assert.That(BackwardLaunches(Loss), Is.EqualTo(new[] { "fill" }));
        Assert.That(BackwardLaunches(() => Loss().Add(Loss())), Is.EqualTo(new[] { "fill" }));
        Assert.That(BackwardLaunches(() => Loss().Affine(2)), Has.Length.EqualTo(3), "the seed, the factor, the scaling in place");

        string[] BackwardLaunches(Func<Tensor> build)
        {
            var logits = _context.FromHost(new double[Sequences * Positions * Classes], new Shape(Sequences, Positions, Classes));
            var others = _context.FromHost(new double[Sequences * Positions * Classes], new Shape(Sequences, Positions, Classes));
            _context.Tape.RequireGradient(logits);
            _context.Tape.RequireGradient(others);
            var queue = new Queue<Tensor>([logits, others]);
            _source = queue.Dequeue;
            using var step = _context.BeginStep();
            var loss = build();
            var seen = new Launches();
            _device.Observer = seen;
            _context.Tape.Backward(loss, []);
            _device.Observer = null;
            _source = null;
            return [.. seen.Names];
        }
    }

    [Test]
    public void The_gradient_is_freed_once_it_is_consumed()
    {
        using var step = _context.BeginStep();
        var loss = Loss();
        long before = _context.Arena.LiveBytes;
        _context.Tape.Backward(loss, [_group]);
        Assert.That(_context.Arena.LiveBytes, Is.LessThan(before / 4), "only small results are left");
        Assert.That(_context.Arena.PeakBytes, Is.LessThan(before * 1.1), "no second tensor of this size was made");
    }

    [Test]
    public void Labels_without_a_class_are_refused_by_name_and_value()
    {
        using var step = _context.BeginStep();
        foreach (var (labels, values) in ((int[], string)[])[([0, 3, 1, 2], "0 to 3"), ([0, -1, 1, 2], "-1 to 2")])
        {
            var tensor = _context.FromLabels(labels, new Shape(2, 2), "codes");
            var logits = _context.Transient(new double[12], new Shape(2, 2, 3));
            foreach (Action act in (Action[])[() => logits.SoftmaxCrossEntropy(tensor), () => logits.SoftmaxCrossEntropyMean(tensor.Reshape(4))])
                Assert.That(Assert.Throws<EngineException>(act.Invoke)!.Message, Does.Contain("softmax cross-entropy").And.Contain("0 to 2").And.Contain($"'codes' holds labels {values}"));
        }
    }

    [Test]
    public void A_batch_with_more_classes_than_logits_is_refused()
    {
        var data = new GenEngine.Data.ImageDataset("tiny", "train", 1, 1, 1, [1, 2, 3], [0, 4, 1], ["a", "b", "c", "d", "e"]);
        using var set = new DeviceDataset(_context, data);
        using var step = _context.BeginStep();
        var labels = set.NextBatch(3).Labels!;
        _context.Transient(new double[15], new Shape(3, 5)).SoftmaxCrossEntropy(labels);
        var error = Assert.Throws<EngineException>(() => _context.Transient(new double[12], new Shape(3, 4)).SoftmaxCrossEntropy(labels));
        Assert.That(error!.Message, Does.Contain("classes 0 to 3").And.Contain("labels 0 to 4"));
    }

    [Test]
    public void Shapes_that_do_not_fit_are_refused()
    {
        using var step = _context.BeginStep();
        Refused(() => Logits().SoftmaxCrossEntropyMean(_labels, Positions), "[3, 50, 40]", "50 cannot be ignored");
        Refused(() => Logits().SoftmaxCrossEntropy(_labels, -1), "-1 cannot be ignored");
        Refused(() => Logits().SoftmaxCrossEntropy(_labels, 1, 4), "not whole sequences of 4");
        Refused(() => Logits().Reshape(Sequences * Positions, Classes).SoftmaxCrossEntropy(_labels, 1), "1 cannot be ignored");
        Refused(() => Logits().LogisticMixtureNll(_input), "[3, 50, 40]", "[3, 50, 5]");
        Refused(() => Grey(3).LogisticMixtureNll(Grey(3).Slice(0, 2)), "[4, 3]", "[4, 2]");
        Refused(() => Grey(3 * 129).LogisticMixtureNllMean(Grey(1)), "129");
        Refused(() => Grey(2).LogisticMixtureNllMean(Grey(1)), "[4, 2]", "[4, 1]");

        Tensor Grey(int columns) => _context.Transient(new double[4 * columns], new Shape(4, columns));
        static void Refused(Func<Tensor> act, params string[] parts)
        {
            string message = Assert.Throws<EngineException>(() => act())!.Message;
            foreach (string part in parts) Assert.That(message, Does.Contain(part));
        }
    }

    [TestCaseSource(typeof(TestDevices), nameof(TestDevices.All))]
    public void Captured_steps_give_the_bits_of_eager_ones(TestDevice target)
    {
        var device = target.Open();
        Assert.That(Train(device, captured: true), Is.EqualTo(Train(device, captured: false)));

        static double[] Train(Device device, bool captured)
        {
            using var context = new Context(device, seed: 5);
            var group = new ParameterGroup(context, "g");
            var first = new Linear(group, "a", 4, 33, GenEngine.Kernels.Common.Activation.Tanh);
            var second = new Linear(group, "b", 33, 30);
            group.Build();
            var optimizer = new Adam(group, 1e-2);
            var labels = context.FromLabels([1, 29, 4, 0, 7, 8], new Shape(2, 3));
            var target = context.FromHost([-1, 1, 0.2, -0.6, 0.4, 0, 0, 0.2, -1, -1, 1, 1, 0.6, 0.8, -0.2, 1, -1, 0], new Shape(2, 3, 3));
            using var program = new StepProgram(
                context,
                () =>
                {
                    var h = second.Forward(first.Forward(context.RandomNormal(new Shape(2, 3, 4))));
                    context.Tape.Backward(h.SoftmaxCrossEntropyMean(labels, 1).Add(h.LogisticMixtureNllMean(target)), [group]);
                    optimizer.Step();
                },
                captured);
            for (int i = 0; i < 6; i++) program.Run();
            return [.. group.Parameters.SelectMany(parameter => parameter.ToDoubles())];
        }
    }

    private Tensor Logits() => _source?.Invoke() ?? _input.Linear(_group["w"], null);

    private Tensor Loss() => Logits().SoftmaxCrossEntropyMean(_labels, Ignore);

    private static Tensor Twice(Tensor x, Func<Tensor, Tensor, Tensor> f) => f(x, x);

    private double[] Gradient(Func<Tensor> loss)
    {
        using var step = _context.BeginStep();
        _context.Tape.Backward(loss(), [_group]);
        return _group.Gradient(_group["w"]).ToDoubles();
    }

    private static void AssertNear(double[] actual, double[] once, double factor)
    {
        double scale = once.Max(Math.Abs);
        Assert.That(scale, Is.GreaterThan(1e-4));
        for (int i = 0; i < once.Length; i++) Assert.That(actual[i], Is.EqualTo(factor * once[i]).Within(2e-6 * scale), $"entry {i}");
    }

    private sealed class Launches : ILaunchObserver
    {
        public List<string> Names { get; } = [];

        public void OnLaunch(string kernel, ReadOnlySpan<Access> accesses) => Names.Add(kernel);
    }
}
