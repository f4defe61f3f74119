using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Optimizer;
using SgdKernel = GenEngine.Kernels.Optimizer.Sgd;

namespace GenEngine;

/// <summary>Stochastic gradient descent, with momentum where the options give one.</summary>
public sealed class Sgd : Optimizer
{
    private readonly SgdOptions _options;
    private readonly BufferRange? _velocity;

    public Sgd(ParameterGroup group, LearningRateSchedule schedule, SgdOptions options = default) : base(group, schedule)
    {
        _options = options;
        _velocity = options.Momentum > 0 ? Moments("velocity") : null;
    }

    protected override void Update() =>
        SgdKernel.Run(Device, Real, Group.Weights, Group.Gradients, _velocity, Group.ArenaCount, State, _options);
}
