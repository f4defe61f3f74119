using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Layout;
using GenEngine.Kernels.Optimizer;

namespace GenEngine;

/// <summary>An exponential moving average of a group's weights: average = decay*average + (1-decay)*weights after each step.</summary>
public sealed class WeightAverage
{
    private readonly DeviceBuffer _average;
    private readonly double _decay;

    /// <summary>Starts from the weights as they are now.</summary>
    public WeightAverage(ParameterGroup group, double decay = 0.999)
    {
        Group = group;
        _decay = decay;
        _average = group.Context.Allocate(group.Weights.Bytes, $"weight average of {group.Name}");
        Copy.Run(group.Context.Device, group.Weights, _average.All);
    }

    /// <summary>Whose weights are averaged.</summary>
    public ParameterGroup Group { get; }

    /// <summary>The averaged weights, laid out as the group's.</summary>
    public BufferRange Weights => _average.All;

    /// <summary>Takes the weights in; part of the training step, after the optimiser.</summary>
    public void Update()
    {
        Group.Context.Label("weight average");
        Ema.Run(Group.Context.Device, Group.Context.Real, Group.Weights, _average.All, Group.ArenaCount, _decay);
    }
}
