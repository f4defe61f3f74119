using System.Runtime.InteropServices;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Optimizer;

/// <summary>Constants of stochastic gradient descent.</summary>
public readonly record struct SgdOptions
{
    /// <summary>0 for none: then no velocity is kept.</summary>
    public double Momentum { get; init; }

    /// <summary>Look ahead: step along g + Momentum * velocity.</summary>
    public bool Nesterov { get; init; }

    /// <summary>Added to the gradient as WeightDecay * w (L2).</summary>
    public double WeightDecay { get; init; }

    internal void Check()
    {
        if (Momentum is not (>= 0 and < 1) || !(WeightDecay >= 0) || (Nesterov && Momentum == 0))
            throw new EngineException($"sgd: momentum lies in [0, 1) and is positive with Nesterov, weight decay is not negative; given {this}.");
    }
}

/// <summary>
/// Stochastic gradient descent over flat arenas, in PyTorch's form (no dampening). With g = GradScale * gradient + WeightDecay * w:
/// velocity = Momentum * velocity + g; w -= LearningRate * d, where d is the velocity, g + Momentum * velocity (Nesterov), or g without momentum.
/// </summary>
public static unsafe class Sgd
{
    /// <param name="dtype">float or double.</param>
    /// <param name="weights">[count], updated.</param>
    /// <param name="gradients">[count], read.</param>
    /// <param name="velocity">[count], updated, zeros before the first step; given exactly when there is momentum.</param>
    /// <param name="state">One <see cref="OptimizerState"/>, read; advance it first.</param>
    /// <exception cref="EngineException">A range is too short, or an option is out of range.</exception>
    public static void Run(
        Device device, DType dtype, BufferRange weights, BufferRange gradients, BufferRange? velocity,
        long count, BufferRange state, in SgdOptions options)
    {
        options.Check();
        if (velocity.HasValue != options.Momentum > 0) throw new EngineException("sgd: give a velocity with momentum, and none without.");
        weights = weights.First("sgd", "weights", dtype, count);
        gradients = gradients.First("sgd", "gradients", dtype, count);
        velocity = velocity?.First("sgd", "velocity", dtype, count);
        state = state.State("sgd");
        if (count == 0) return;
        var args = new SgdArgs
        {
            W = weights.Address,
            G = gradients.Address,
            U = velocity?.Address ?? 0,
            State = state.Address,
            N = count,
            Momentum = options.Momentum,
            L2 = options.WeightDecay,
            Nesterov = options.Nesterov ? 1 : 0,
        };
        Span<Access> accesses = [Access.Update(weights), Access.Read(gradients), Access.Read(state), default];
        if (velocity is { } kept) accesses[3] = Access.Update(kept);
        else accesses = accesses[..3];
        if (device is GpuDevice gpu) SgdGpu.Launch(gpu, dtype, ref args, accesses);
        else ((CpuDevice)device).Launch<FlatKernel<SgdCpu, SgdArgs>, SgdArgs>("sgd", dtype, ref args, accesses);
    }
}

/// <summary>U is the velocity, 0 without momentum.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct SgdArgs
{
    public ulong W, G, U, State;
    public long N;
    public double Momentum, L2;
    public int Nesterov, Aligned;
}
