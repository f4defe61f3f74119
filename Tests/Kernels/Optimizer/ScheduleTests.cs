using GenEngine.Kernels;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Optimizer;
using GenEngine.Tests.Kernels.Layout;
using NUnit.Framework;

namespace GenEngine.Tests.Kernels.Optimizer;

/// <summary>The learning rate on the device against closed forms.</summary>
[TestFixtureSource(typeof(LayoutDevices), nameof(LayoutDevices.Devices))]
[Parallelizable]
public class ScheduleTests(TestDevice which)
{
    private const double Rate = 0.3;

    private Device Target => which.Open();

    [TestCase(0)]
    [TestCase(4)]
    public void Constant(int warmup) => Check(LearningRateSchedule.Constant(Rate), warmup, _ => Rate);

    [TestCase(0)]
    [TestCase(4)]
    public void Exponential(int warmup) => Check(LearningRateSchedule.Exponential(Rate, 0.97), warmup, t => Rate * Math.Pow(0.97, t));

    [TestCase(0)]
    [TestCase(4)]
    public void Cosine(int warmup) =>
        Check(LearningRateSchedule.Cosine(Rate, 20, 0.01), warmup, t => 0.01 + ((Rate - 0.01) * (1 + Math.Cos(Math.PI * Math.Min(t, 20) / 20)) / 2));

    [TestCase(0)]
    [TestCase(4)]
    public void Milestones(int warmup) =>
        Check(
            LearningRateSchedule.Milestones(Rate, 0.5, 0, 3, 7, 7, 20, 24, 25, 1000), warmup,
            t => Rate * Math.Pow(0.5, new[] { 0, 3, 7, 7, 20, 24, 25, 1000 }.Count(at => t >= at)));

    [Test]
    public void Bad_schedules_are_refused()
    {
        Assert.That(() => LearningRateSchedule.Milestones(1, 0.1, 1, 2, 3, 4, 5, 6, 7, 8, 9), Throws.InstanceOf<EngineException>());
        Assert.That(() => LearningRateSchedule.Milestones(1, 0.1, 5, 4), Throws.InstanceOf<EngineException>());
        var device = Target;
        using var state = device.Allocate(OptimizerState.Bytes, "state");
        Assert.That(() => OptimizerState.Advance(device, state.All, LearningRateSchedule.Constant(double.NaN)), Throws.InstanceOf<EngineException>());
        Assert.That(() => OptimizerState.Advance(device, state.All, LearningRateSchedule.Cosine(1, 0)), Throws.InstanceOf<EngineException>());
        Assert.That(() => OptimizerState.Advance(device, state.All, LearningRateSchedule.Constant(1), 1.0), Throws.InstanceOf<EngineException>());
    }

    private void Check(LearningRateSchedule schedule, int warmup, Func<int, double> expected)
    {
        using var arena = new OptimizerCase(Target, DType.Float32, 1);
        schedule = schedule with { WarmupSteps = warmup };
        for (int step = 0; step < 35; step++)
        {
            OptimizerState.Advance(arena.Device, arena.State.All, schedule, 0.9, 0.99);
            var state = arena.GetState();
            double rate = step < warmup ? Rate * (step + 1) / warmup : expected(step - warmup);
            Assert.That(state.LearningRate, Is.EqualTo(rate).Within(1e-14), $"step {step}");
            Assert.That(schedule.RateAfter(step), Is.EqualTo(rate).Within(1e-14), $"step {step}, on the host");
            Assert.That(state.StepSize, Is.EqualTo(rate / (1 - Math.Pow(0.9, step + 1))).Within(1e-12));
            Assert.That(state.RootCorrection, Is.EqualTo(1 / Math.Sqrt(1 - Math.Pow(0.99, step + 1))).Within(1e-12));
            Assert.That(state.Step, Is.EqualTo((ulong)step + 1));
        }
    }
}
