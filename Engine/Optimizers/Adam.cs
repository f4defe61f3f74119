using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Optimizer;
using AdamKernel = GenEngine.Kernels.Optimizer.Adam;

namespace GenEngine;

/// <summary>Adam (Kingma and Ba 2014, algorithm 1) and, decoupled, AdamW (Loshchilov and Hutter 2017, algorithm 2).</summary>
public sealed class Adam : Optimizer
{
    private readonly AdamOptions _options;
    private readonly BufferRange _first, _second;

    public Adam(ParameterGroup group, LearningRateSchedule schedule, AdamOptions options) : base(group, schedule)
    {
        _options = options;
        _first = Moments("first moments");
        _second = Moments("second moments");
    }

    /// <summary>A constant learning rate, betas 0.9 and 0.999, epsilon 1e-8.</summary>
    public Adam(ParameterGroup group, double learningRate) : this(group, LearningRateSchedule.Constant(learningRate), new AdamOptions()) { }

    protected override void Advance() => OptimizerState.Advance(Device, State, Schedule, _options);

    protected override void Update() =>
        AdamKernel.Run(Device, Real, Group.Weights, Group.Gradients, _first, _second, Group.ArenaCount, State, _options);
}
