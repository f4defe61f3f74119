using GenEngine.Kernels;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Runs;
using GenEngine.Tests.Files;
using NUnit.Framework;
using BatchNormKernel = GenEngine.Kernels.Normalization.BatchNorm;

namespace GenEngine.Tests.Engine;

/// <summary>Batch norm as a layer: who moves the running statistics, evaluation, captured steps, files.</summary>
[Parallelizable]
public sealed class BatchNormTests() : OnCpu(seed: 5)
{
    private static readonly double[] s_values = [.. Enumerable.Range(0, 40 * 6).Select(i => Math.Sin(i * 1.7) + (i % 6))];

    [Test]
    public void Only_a_phase_that_owns_the_network_moves_its_running_statistics()
    {
        var (generator, critic) = (new Network(_context, "generator"), new Network(_context, "critic"));
        var x = _context.FromHost(s_values, new Shape(40, 6));
        double[][] untouched = [critic.Statistics, generator.Statistics];
        using (_context.BeginStep())
            _context.Tape.Backward(critic.Forward(generator.Forward(x)).Square().Mean(), [generator.Group]);
        Assert.That(critic.Statistics, Is.EqualTo(untouched[0]), "the gradient only passed through");
        Assert.That(generator.Statistics, Is.Not.EqualTo(untouched[1]));

        double[] moved = generator.Statistics;
        using (_context.BeginStep())
        {
            Tensor made;
            using (_context.NoGradient()) made = generator.Forward(x);
            _context.Tape.Backward(critic.Forward(made).Square().Mean(), [critic.Group]);
        }

        Assert.That(generator.Statistics, Is.EqualTo(moved), "a forward pass without a backward moves nothing");
        Assert.That(critic.Statistics, Is.Not.EqualTo(untouched[0]));
    }

    [Test]
    public void Running_statistics_take_the_momentums_share_of_mean_and_unbiased_variance()
    {
        var network = new Network(_context, "n");
        var x = _context.FromHost(s_values, new Shape(40, 6));
        using (_context.BeginStep()) _context.Tape.Backward(network.Norm.Forward(x).Square().Mean(), [network.Group]);
        for (int c = 0; c < 6; c++)
        {
            double[] column = [.. s_values.Where((_, i) => i % 6 == c)];
            double mean = column.Average(), variance = column.Sum(value => (value - mean) * (value - mean)) / 39;
            Assert.That(network.Norm.Running.Mean.ToDoubles()[c], Is.EqualTo(0.1 * mean).Within(1e-6));
            Assert.That(network.Norm.Running.Variance.ToDoubles()[c], Is.EqualTo(0.9 + (0.1 * variance)).Within(1e-6));
        }
    }

    [Test]
    public void A_retained_tape_moves_them_once()
    {
        var network = new Network(_context, "n");
        var x = _context.FromHost(s_values, new Shape(40, 6));
        using var step = _context.BeginStep();
        var loss = network.Forward(x).Square().Mean();
        _context.Tape.Backward(loss, [network.Group], retain: true);
        double[] once = network.Statistics, gradient = network.Group.Gradient(network.Group["bn.weight"]).ToDoubles();
        _context.Tape.Backward(loss, [network.Group]);
        Assert.That(network.Statistics, Is.EqualTo(once));
        Assert.That(network.Group.Gradient(network.Group["bn.weight"]).ToDoubles(), Is.EqualTo(gradient));
    }

    [Test]
    public void Evaluation_uses_the_running_statistics_and_takes_single_rows()
    {
        var network = new Network(_context, "n");
        var x = _context.FromHost(s_values, new Shape(40, 6));
        double[] trained;
        using (_context.BeginStep())
        {
            trained = network.Norm.Forward(x).ToDoubles();
            _context.UploadReal(new double[6], network.Norm.Running.Mean.Range);
            _context.UploadReal([1, 1, 1, 1, 1, 1], network.Norm.Running.Variance.Range);
            network.Norm.SetTraining(false);
            double[] evaluated = network.Norm.Forward(x).ToDoubles();
            Assert.That(evaluated, Is.Not.EqualTo(trained));
            Assert.That(evaluated, Is.EqualTo(s_values.Select(value => Math.Max(0, value / Math.Sqrt(1 + 1e-5)))).Within(1e-5));
            var row = _context.Transient(s_values.AsSpan(0, 6), new Shape(1, 6));
            Assert.That(network.Norm.Forward(row).ToDoubles(), Is.EqualTo(evaluated[..6]), "a row's result does not depend on its batch");
        }
    }

    [Test]
    public void Gradients_of_a_frozen_layers_parameters_are_not_computed()
    {
        var (first, second) = (new Network(_context, "first"), new Network(_context, "second"));
        var x = _context.FromHost(s_values, new Shape(40, 6));
        var gradients = second.Group.Gradients;
        var seen = new WriteWatch(gradients);
        _device.Observer = seen;
        using (_context.BeginStep()) _context.Tape.Backward(second.Forward(first.Forward(x)).Square().Mean(), [first.Group]);
        _device.Observer = null;
        Assert.That(seen.Launches, Is.Positive);
        Assert.That(seen.Hits, Is.Zero);
        Assert.That(first.Group.Gradient(first.Group["bn.weight"]).ToDoubles(), Has.Some.Not.Zero);
    }

    [Test]
    public void One_value_a_channel_is_refused_with_op_and_shape()
    {
        var network = new Network(_context, "n");
        using var step = _context.BeginStep();
        var x = _context.Transient(s_values.AsSpan(0, 6), new Shape(1, 1, 1, 6));
        Assert.That(Assert.Throws<EngineException>(() => network.Norm.Forward(x))!.Message, Does.Contain("batch norm").And.Contain("[1, 1, 1, 6]"));
    }

    [Test]
    public void Parameters_of_another_size_are_refused_with_both_shapes()
    {
        var network = new Network(_context, "n");
        using var step = _context.BeginStep();
        var x = _context.Transient(s_values.AsSpan(0, 10), new Shape(2, 5));
        foreach (bool training in (bool[])[true, false])
        {
            network.Norm.SetTraining(training);
            Assert.That(Assert.Throws<EngineException>(() => network.Norm.Forward(x))!.Message, Does.Contain("batch norm").And.Contain("[2, 5]").And.Contain("[6]"));
        }

        Assert.That(Assert.Throws<EngineException>(() => x.LayerNorm(network.Group["bn.weight"], network.Group["bn.bias"]))!.Message, Does.Contain("layer norm").And.Contain("[2, 5]"));
    }

    [Test]
    public void Partial_statistics_of_the_kernel_before_give_the_same_bits()
    {
        var network = new Network(_context, "n");
        var x = _context.FromHost([.. s_values, .. s_values, .. s_values], new Shape(120, 6));
        using var step = _context.BeginStep();
        var partials = _context.NewTensor(new Shape(2, 3, 6), "partials");
        BatchNormKernel.Statistics(_device, DType.Float32, x.Range, partials.Range, 120, 6);
        Assert.That(network.Norm.Forward(x, partials).ToDoubles(), Is.EqualTo(network.Norm.Forward(x).ToDoubles()));
        var wrong = _context.NewTensor(new Shape(2, 6), "partials");
        Assert.That(Assert.Throws<EngineException>(() => network.Norm.Forward(x, wrong))!.Message, Does.Contain("batch norm").And.Contain("[2, 6]"));
    }

    [TestCaseSource(typeof(TestDevices), nameof(TestDevices.All))]
    public void Captured_steps_give_the_bits_of_eager_ones(TestDevice target)
    {
        var device = target.Open();
        Assert.That(Train(device, captured: true), Is.EqualTo(Train(device, captured: false)));
    }

    [Test]
    public void Threads_do_not_change_the_bits_of_a_training_run() =>
        Assert.That(Train(TestDevices.Cpu(CpuIsas.Best, 1), captured: true), Is.EqualTo(Train(TestDevices.Cpu(CpuIsas.Best, 2), captured: true)));

    [Test]
    public void Running_statistics_travel_with_the_weights()
    {
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Path, "w.safetensors");
        var saved = new Network(_context, "n");
        var x = _context.FromHost(s_values, new Shape(40, 6));
        using (_context.BeginStep()) _context.Tape.Backward(saved.Forward(x).Square().Mean(), [saved.Group]);
        WeightFile.Save(path, [saved.Group]);
        var loaded = new Network(_context, "n");
        Assert.That(loaded.Statistics, Is.Not.EqualTo(saved.Statistics));
        WeightFile.Load(path, [loaded.Group]);
        Assert.That(loaded.Statistics, Is.EqualTo(saved.Statistics));
        Assert.That(loaded.Group.NamedState().Select(state => state.Name), Is.EqualTo(new[] { "bn.running_mean", "bn.running_var" }));
    }

    private static double[] Train(Device device, bool captured)
    {
        using var context = new Context(device, seed: 9);
        var network = new Network(context, "n");
        var optimizer = new Adam(network.Group, 1e-2);
        using var program = new StepProgram(context, () =>
        {
            var x = context.RandomNormal(new Shape(70, 6));
            context.Tape.Backward(network.Forward(x).Square().Mean(), [network.Group]);
            optimizer.Step();
        }, captured);
        for (int i = 0; i < 6; i++) program.Run();
        return [.. network.Group.Named().SelectMany(entry => entry.Tensor.ToDoubles()), .. network.Statistics];
    }

    private sealed class Network
    {
        private readonly Linear _linear;

        public Network(Context context, string name)
        {
            Group = new ParameterGroup(context, name);
            _linear = new Linear(Group, "linear", 6, 6);
            Norm = new BatchNorm(Group, "bn", 6, Activation.Relu);
            Group.Build();
        }

        public ParameterGroup Group { get; }

        public BatchNorm Norm { get; }

        public double[] Statistics => [.. Norm.Running.Mean.ToDoubles(), .. Norm.Running.Variance.ToDoubles()];

        public Tensor Forward(Tensor x) => Norm.Forward(_linear.Forward(x));
    }

    /// <summary>Counts launches that write to a range.</summary>
    private sealed class WriteWatch(BufferRange range) : ILaunchObserver
    {
        public int Launches { get; private set; }

        public int Hits { get; private set; }

        public void OnLaunch(string kernel, ReadOnlySpan<Access> accesses)
        {
            Launches++;
            foreach (var access in accesses)
            {
                if (access.Mode != AccessMode.Read && access.Range.Overlaps(range)) Hits++;
            }
        }
    }
}
