using GenEngine.Bench.Compare;
using GenEngine.Kernels;
using GenEngine.Kernels.Devices;
using static System.FormattableString;

namespace GenEngine.Bench.Shapes;

/// <summary>A whole training step; its roof is that of its products alone.</summary>
internal sealed class StepShape : ShapeJob
{
    private readonly StepChoice _choice;
    private readonly StepJob _step;

    /// <param name="unroll">Steps a launch, see <see cref="Unrolling"/>.</param>
    public StepShape(Device device, DType real, StepChoice choice, int unroll) : base(device, real)
    {
        if (real != DType.Float32) throw new UsageException($"{choice.Entry.Name}: training steps are measured in float32, tf32, bf16 or tf32x3, not in {real.CName()}.");
        (_choice, _step) = (choice, choice.Create(device));
        _step.Unroll = unroll;
    }

    public override string Name => _choice.Batch == _choice.Entry.Batch ? _choice.Entry.Name : Invariant($"{_choice.Entry.Name}-batch{_choice.Batch}");

    public override string Work => Invariant($"training step: {_choice.Entry.Purpose}, batch {_choice.Batch}");

    public override double Flops => _step.Flops;

    public override int Unrolled => _step.Program.Unrolled;

    public override void Run() => _step.Run();

    public override void RunUnrolled() => _step.Program.Run(Unrolled);

    public override void Dispose()
    {
        _step.Dispose();
        base.Dispose();
    }
}
