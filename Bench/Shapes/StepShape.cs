using GenEngine.Bench.Compare;
using GenEngine.Kernels;
using GenEngine.Kernels.Devices;
using static System.FormattableString;

namespace GenEngine.Bench.Shapes;

/// <summary>A whole training step; its roof is that of its products alone.</summary>
internal sealed class StepShape : ShapeJob
{
    private readonly StepEntry _entry;
    private readonly StepJob _step;
    private readonly int _batch;

    /// <param name="unroll">Steps a launch, see <see cref="Unrolling"/>.</param>
    public StepShape(Device device, DType real, StepEntry entry, int batch, int unroll) : base(device, real)
    {
        if (real != DType.Float32) throw new UsageException($"{entry.Name}: training steps are measured in float32, tf32, bf16 or tf32x3, not in {real.CName()}.");
        (_entry, _batch, _step) = (entry, batch, entry.Create(device, batch));
        _step.Unroll = unroll;
    }

    public override string Name => _batch == _entry.Batch ? _entry.Name : Invariant($"{_entry.Name}-batch{_batch}");

    public override string Work => Invariant($"training step: {_entry.Purpose}, batch {_batch}");

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
