using GenEngine.Kernels;
using GenEngine.Kernels.Devices.Cpu;
using NUnit.Framework;

namespace GenEngine.Tests.Engine;

/// <summary>Captured steps: the bits of eager ones, a smaller plan, refusals.</summary>
public sealed class StepProgramTests
{
    [TestCaseSource(typeof(TestDevices), nameof(TestDevices.All))]
    public void Captured_steps_give_the_bits_of_eager_ones(TestDevice target)
    {
        var device = target.Open();
        double[] eager = Train(device, captured: false, 12);
        Assert.That(Train(device, captured: true, 12), Is.EqualTo(eager));
        foreach (int unroll in (int[])[2, 4, 10, 32]) Assert.That(Train(device, captured: true, 12, unroll), Is.EqualTo(eager), $"{unroll} at once");
    }

    [Test]
    public void The_plan_needs_less_than_all_intermediates_together()
    {
        using var device = new CpuDevice();
        using var context = new Context(device, seed: 1);
        using var program = new TinyNetwork(context).Program(captured: true);
        for (int i = 0; i < 3; i++) program.Run();
        Assert.Multiple(() =>
        {
            Assert.That(program.IsCaptured);
            Assert.That(program.LaunchCount, Is.GreaterThan(10));
            Assert.That(program.PlannedBytes, Is.LessThan(program.UnplannedBytes * 3 / 4));
        });
    }

    [Test]
    public void Captured_steps_allocate_nothing_managed()
    {
        using var device = new CpuDevice(new CpuOptions(Threads: 2));
        using var context = new Context(device, seed: 1);
        using var program = new TinyNetwork(context).Program(captured: true, unroll: 8);
        for (int i = 0; i < 20; i++) program.Run();
        program.Run(9);
        var (live, allocations) = (device.Memory.LiveBytes, device.Memory.Allocations);
        long before = GC.GetTotalAllocatedBytes(precise: true);
        for (int i = 0; i < 200; i++) program.Run();
        program.Run(200);
        Assert.That(GC.GetTotalAllocatedBytes(precise: true) - before, Is.Zero);
        Assert.That((device.Memory.LiveBytes, device.Memory.Allocations), Is.EqualTo((live, allocations)));
    }

    [Test]
    public void Uploads_downloads_and_allocations_are_refused_in_a_capture()
    {
        using var device = new CpuDevice();
        using var context = new Context(device);
        var x = context.FromHost([1, 2], new Shape(2));
        device.BeginCapture();
        Assert.That(Assert.Throws<EngineException>(() => context.FromHost([1, 2], new Shape(2)))!.Message, Does.Contain("captured"));
        Assert.That(Assert.Throws<EngineException>(() => context.UploadReal([3, 4], x.Range))!.Message, Does.Contain("captured step"));
        Assert.That(Assert.Throws<EngineException>(() => x.ToDoubles())!.Message, Does.Contain("captured step"));
        device.AbortCapture();
        Assert.That(x.ToDoubles(), Is.EqualTo(new double[] { 1, 2 }));
    }

    [Test]
    public void A_capture_whose_memory_was_freed_refuses_to_run()
    {
        using var device = new CpuDevice();
        using var context = new Context(device);
        var buffer = device.Allocate(16, "victim");
        var victim = new Tensor(context, new Shape(4), DType.Float32, buffer.All, "victim");
        var target = context.FromHost([0, 0, 0, 0], new Shape(4), "target");
        device.BeginCapture();
        GenEngine.Kernels.Layout.Copy.Run(device, victim.Range, target.Range);
        using var program = device.EndCapture();
        program.Replay();
        program.Unroll(2);
        buffer.Dispose();
        Assert.That(Assert.Throws<EngineException>(program.Replay)!.Message, Does.Contain("victim").And.Contain("freed"));
        Assert.That(Assert.Throws<EngineException>(() => program.Replay(4))!.Message, Does.Contain("victim"));
    }

    [Test]
    public void A_step_that_does_not_repeat_itself_is_refused()
    {
        using var device = new CpuDevice();
        using var context = new Context(device);
        var x = context.FromHost([1, 2, 3, 4], new Shape(4));
        int run = 0;
        using var program = new StepProgram(context, () =>
        {
            if (run++ > 0) context.RandomNormal(new Shape(10000));
            x.Exp();
        });
        program.Run();
        Assert.That(Assert.Throws<InvalidOperationException>(program.Run)!.Message, Does.Contain("differs from the step that was observed"));
        x.ToDoubles();
    }

    [Test]
    public void A_capture_that_fails_leaves_a_program_that_can_be_run_and_unrolled()
    {
        using var device = new CpuDevice(new CpuOptions(Threads: 1));
        using var context = new Context(device, seed: 5);
        using var other = new Context(device, seed: 5);
        var network = new TinyNetwork(context) { Fault = 2 };
        var sound = new TinyNetwork(other);
        using var program = network.Program(captured: true, unroll: 4);
        using var expected = sound.Program(captured: true);
        Assert.That(() => program.Run(20), Throws.TypeOf<InvalidOperationException>().With.Message.EqualTo("a fault in call 2"), "the first step has run, the second was being captured");
        Assert.That((program.IsCaptured, program.Unrolled), Is.EqualTo((false, 1)));
        program.Run(10);
        for (int i = 0; i < 11; i++) expected.Run();
        Assert.That(program.Unrolled, Is.EqualTo(4));
        Assert.That(network.Weights, Is.EqualTo(sound.Weights));
    }

    [Test]
    public void Impossible_numbers_of_steps_are_refused()
    {
        using var device = new CpuDevice(new CpuOptions(Threads: 1));
        using var context = new Context(device);
        foreach (int unroll in (int[])[-1, 33]) Assert.That(() => new StepProgram(context, () => { }, true, unroll), Throws.TypeOf<EngineException>().With.Message.Contains("from 1 to 32"));
        using var program = new StepProgram(context, () => context.RandomNormal(new Shape(4)));
        Assert.That(() => program.Run(-1), Throws.TypeOf<ArgumentOutOfRangeException>());
        program.Run(0);
        Assert.That(program.IsCaptured, Is.False);
    }

    [Test]
    public void What_is_chosen_keeps_to_the_limits_of_time_and_size()
    {
        double[] milliseconds = [0, 0.05, 0.3125, 0.32, 1, 4.9, 5.1, 1000, double.NaN];
        Assert.That(milliseconds.Select(Unrolling.Choose), Is.EqualTo(new[] { 32, 32, 32, 16, 8, 2, 1, 1, 1 }));
        (int Steps, int Launches)[] sizes = [(32, 0), (32, 512), (32, 513), (32, 10_000), (32, 20_000), (4, 512)];
        Assert.That(sizes.Select(size => Unrolling.Within(size.Steps, size.Launches)), Is.EqualTo(new[] { 32, 32, 31, 1, 1, 4 }));
    }

    private static double[] Train(GenEngine.Kernels.Devices.Device device, bool captured, int steps, int unroll = Unrolling.Off)
    {
        using var context = new Context(device, seed: 5);
        var network = new TinyNetwork(context);
        using var program = network.Program(captured, unroll);
        program.Run(steps);
        if (captured) Assert.That(program.Unrolled, Is.EqualTo(unroll));
        return network.Weights;
    }

    /// <summary>Two dense layers with dropout and noise, so that random state, activations and reuse all matter.</summary>
    private sealed class TinyNetwork
    {
        private readonly Context _context;
        private readonly Sequential _layers;
        private readonly Adam _optimizer;
        private int _calls;

        public TinyNetwork(Context context)
        {
            _context = context;
            Group = new ParameterGroup(context, "tiny");
            _layers = new Sequential(
                new Linear(Group, "a", 12, 33, GenEngine.Kernels.Common.Activation.Tanh), new DropoutLayer(0.3), new Linear(Group, "b", 33, 20, GenEngine.Kernels.Common.Activation.Relu), new Linear(Group, "c", 20, 7));
            Group.Build();
            _optimizer = new Adam(Group, 1e-2);
        }

        public ParameterGroup Group { get; }

        /// <summary>The call of the step function that throws, counted from 1; 0 for none.</summary>
        public int Fault { get; init; }

        public double[] Weights => [.. Group.Parameters.SelectMany(parameter => parameter.ToDoubles())];

        public StepProgram Program(bool captured, int unroll = Unrolling.Off) => new(_context, () =>
        {
            _calls++;
            var x = _context.RandomNormal(new Shape(64, 12));
            _context.Tape.Backward(_layers.Forward(x).Square().Mean(), [Group]);
            if (_calls == Fault) throw new InvalidOperationException($"a fault in call {_calls}");
            _optimizer.Step();
        }, captured, unroll);
    }
}
