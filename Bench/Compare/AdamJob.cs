using GenEngine.Kernels;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Optimizer;
using AdamKernel = GenEngine.Kernels.Optimizer.Adam;

namespace GenEngine.Bench.Compare;

/// <summary>One Adam step over a flat arena of 10 million parameters, float32.</summary>
internal sealed class AdamJob : OwnJob
{
    private const long Count = 10_000_000;
    private readonly BufferRange _weights, _gradients, _first, _second, _state;
    private readonly LearningRateSchedule _schedule = LearningRateSchedule.Constant(1e-3);

    public AdamJob(Device device) : base(device)
    {
        _weights = Uniform(Count, "weights");
        _gradients = Uniform(Count, "gradients");
        _first = Zeros(Count, "first moments");
        _second = Zeros(Count, "second moments");
        _state = Empty(OptimizerState.Bytes / sizeof(float), "optimiser state");
        device.Upload([OptimizerState.Initial], _state);
    }

    public override double Flops => 0; // some twelve a parameter: memory decides

    /// <summary>Weights, gradients and two moments are read; all but the gradients are written.</summary>
    public override double Bytes => 7.0 * sizeof(float) * Count;

    public override void Run()
    {
        var options = new AdamOptions();
        OptimizerState.Advance(Device, _state, _schedule, options);
        AdamKernel.Run(Device, DType.Float32, _weights, _gradients, _first, _second, Count, _state, options);
    }
}
