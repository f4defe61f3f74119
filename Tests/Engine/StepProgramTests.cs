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
        Assert.That(Train(device, captured: true, 12), Is.EqualTo(Train(device, captured: false, 12)));
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
        using var program = new TinyNetwork(context).Program(captured: true);
        for (int i = 0; i < 20; i++) program.Run();
        long before = GC.GetTotalAllocatedBytes(precise: true);
        for (int i = 0; i < 200; i++) program.Run();
        Assert.That(GC.GetTotalAllocatedBytes(precise: true) - before, Is.Zero);
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
        buffer.Dispose();
        Assert.That(Assert.Throws<EngineException>(program.Replay)!.Message, Does.Contain("victim").And.Contain("freed"));
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

    private static double[] Train(GenEngine.Kernels.Devices.Device device, bool captured, int steps)
    {
        using var context = new Context(device, seed: 5);
        var network = new TinyNetwork(context);
        using var program = network.Program(captured);
        for (int i = 0; i < steps; i++) program.Run();
        return [.. network.Group.Parameters.SelectMany(parameter => parameter.ToDoubles())];
    }

    /// <summary>Two dense layers with dropout and noise, so that random state, activations and reuse all matter.</summary>
    private sealed class TinyNetwork
    {
        private readonly Context _context;
        private readonly Sequential _layers;
        private readonly Adam _optimizer;

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

        public StepProgram Program(bool captured) => new(_context, () =>
        {
            var x = _context.RandomNormal(new Shape(64, 12));
            _context.Tape.Backward(_layers.Forward(x).Square().Mean(), [Group]);
            _optimizer.Step();
        }, captured);
    }
}
