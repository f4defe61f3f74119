using GenEngine.Kernels;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Layout;
using GenEngine.Kernels.Optimizer;

namespace GenEngine;

/// <summary>
/// Updates one group's weights from its gradients, one kernel over the flat arenas. Step count, learning rate and bias corrections
/// live in device memory, so a captured step goes on counting.
/// </summary>
public abstract class Optimizer
{
    private readonly DeviceBuffer _state;
    private readonly List<(string Name, BufferRange Range)> _arenas = [];

    protected Optimizer(ParameterGroup group, LearningRateSchedule schedule)
    {
        Group = group;
        Schedule = schedule;
        _state = Group.Context.Allocate(OptimizerState.Bytes, $"optimiser of {group.Name}");
        Device.Upload([OptimizerState.Initial], _state.All);
    }

    /// <summary>Whose weights a step changes; nobody else's.</summary>
    public ParameterGroup Group { get; }

    /// <summary>The learning rate over the steps; computed on the device.</summary>
    public LearningRateSchedule Schedule { get; }

    /// <summary>Largest Euclidean norm of all gradients together; larger ones are scaled down. 0 is off.</summary>
    public double ClipNorm { get; init; }

    /// <summary>Largest absolute value of a gradient. 0 is off.</summary>
    public double ClipValue { get; init; }

    /// <summary>State in device memory, as saved in a checkpoint.</summary>
    public BufferRange State => _state.All;

    /// <summary>What it keeps beside the weights, laid out as they are, by name: moments. Saved in a checkpoint too.</summary>
    public IReadOnlyList<(string Name, BufferRange Range)> Arenas => _arenas;

    /// <summary>Where updates are launched: the group's.</summary>
    protected Device Device => Group.Context.Device;

    /// <summary>Type of the weights, the gradients and the moments: the group's.</summary>
    protected DType Real => Group.Context.Real;

    /// <summary>Applies the group's gradients; part of the training step.</summary>
    public void Step()
    {
        Group.Context.Label(GetType().Name);
        Advance();
        if (ClipValue > 0) GradientClip.ByValue(Device, Real, Group.Gradients, Group.ArenaCount, ClipValue);
        if (ClipNorm > 0)
        {
            using var workspace = new Scratch(Group.Context, GradientClip.WorkspaceBytes(Real, Group.ArenaCount), "clip by norm");
            GradientClip.ByGlobalNorm(Device, Real, Group.Gradients, Group.ArenaCount, workspace.Range, State, ClipNorm);
        }

        Update();
    }

    /// <summary>Begins the next step on the device.</summary>
    protected virtual void Advance() => OptimizerState.Advance(Device, State, Schedule);

    /// <summary>Launches the update.</summary>
    protected abstract void Update();

    /// <summary>A zeroed arena laid out as the weights.</summary>
    protected BufferRange Moments(string name)
    {
        var buffer = Group.Context.Allocate(Group.Weights.Bytes, $"{name} of {Group.Name}");
        Fill.Run(Device, Real, buffer.All, Group.ArenaCount, 0);
        _arenas.Add((name, buffer.All));
        return buffer.All;
    }
}
