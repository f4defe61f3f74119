using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Optimizer;
using RmsPropKernel = GenEngine.Kernels.Optimizer.RmsProp;

namespace GenEngine;

/// <summary>RMSProp (Tieleman and Hinton 2012, lecture 6.5), PyTorch's form.</summary>
public sealed class RmsProp : Optimizer
{
    private readonly RmsPropOptions _options;
    private readonly BufferRange _squares;
    private readonly BufferRange? _velocity;

    public RmsProp(ParameterGroup group, LearningRateSchedule schedule, RmsPropOptions options) : base(group, schedule)
    {
        _options = options;
        _squares = Moments("mean squares");
        _velocity = options.Momentum > 0 ? Moments("velocity") : null;
    }

    protected override void Update() =>
        RmsPropKernel.Run(Device, Real, Group.Weights, Group.Gradients, _squares, _velocity, Group.ArenaCount, State, _options);
}
