using GenEngine.Kernels;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Optimizer;

namespace GenEngine;

/// <summary>A stretch of device memory under a name that stays from run to run.</summary>
/// <param name="Name">Of weights and state group.parameter, as in a file of weights; of an optimiser phase/group/arena/parameter, of an average average/group/parameter.</param>
public readonly record struct NamedMemory(string Name, DType Type, Shape Shape, BufferRange Range);

/// <summary>
/// What training steps read and change on the device: weights and state of the networks and averages of them, and the moments and counters of every phase's optimisers. With the random state and the place in the data
/// it is all of a run: saved after a step and restored before the next, the run goes on as if nothing had been between.
/// </summary>
public static class TrainingMemory
{
    /// <summary>All of a model's, in a fixed order.</summary>
    public static IReadOnlyList<NamedMemory> Of(IModel model)
    {
        var all = new List<NamedMemory>();
        foreach (var group in model.Groups)
        {
            foreach (var (name, tensor) in group.NamedWithState())
                all.Add(new NamedMemory($"{group.Name}.{name}", tensor.DType, tensor.Shape, tensor.Range));
        }

        foreach (var phase in model.Phases)
        {
            foreach (var optimizer in phase.Optimizers)
            {
                string prefix = $"{phase.Name}/{optimizer.Group.Name}";
                all.Add(new NamedMemory($"{prefix}/state", DType.UInt8, new Shape(OptimizerState.Bytes), optimizer.State));
                foreach (var (arena, range) in optimizer.Arenas) AddParts($"{prefix}/{arena}", optimizer.Group, range);
            }
        }

        foreach (var average in model.Averages) AddParts($"average/{average.Group.Name}", average.Group, average.Weights);
        return all;

        void AddParts(string prefix, ParameterGroup group, BufferRange arena)
        {
            foreach (var (name, tensor) in group.Named()) all.Add(new NamedMemory($"{prefix}/{name}", tensor.DType, tensor.Shape, group.Part(arena, tensor)));
        }
    }
}
