using System.Runtime.InteropServices;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Optimizer;

/// <summary>Constants of RMSProp, with PyTorch's defaults.</summary>
public readonly record struct RmsPropOptions()
{
    /// <summary>How much of the mean square stays (PyTorch's alpha).</summary>
    public double Smoothing { get; init; } = 0.99;

    /// <summary>Added to the root of the mean square, above 0; 1e-8 unless set.</summary>
    public double Epsilon { get; init; } = 1e-8;

    /// <summary>0 for none: then no velocity is kept.</summary>
    public double Momentum { get; init; }

    /// <summary>Added to the gradient as WeightDecay * w (L2).</summary>
    public double WeightDecay { get; init; }

    internal void Check()
    {
        if (Smoothing is not (>= 0 and < 1) || !(Epsilon > 0) || Momentum is not (>= 0 and < 1) || !(WeightDecay >= 0))
            throw new EngineException($"rmsprop: smoothing and momentum lie in [0, 1), epsilon is positive, weight decay not negative; given {this}.");
    }
}

/// <summary>
/// RMSProp (Tieleman and Hinton, lecture 6.5, 2012) over flat arenas, in PyTorch's uncentred form. With g = GradScale * gradient +
/// WeightDecay * w: s = Smoothing * s + (1 - Smoothing) * g^2; d = g / (sqrt(s) + epsilon); with momentum
/// velocity = Momentum * velocity + d takes d's place; w -= LearningRate * d.
/// </summary>
public static unsafe class RmsProp
{
    /// <param name="dtype">float or double.</param>
    /// <param name="weights">[count], updated.</param>
    /// <param name="gradients">[count], read.</param>
    /// <param name="squares">[count], updated: the mean squares, zeros before the first step.</param>
    /// <param name="velocity">[count], updated, zeros before the first step; given exactly when there is momentum.</param>
    /// <param name="state">One <see cref="OptimizerState"/>, read; advance it first.</param>
    /// <exception cref="EngineException">A range is too short, or an option is out of range.</exception>
    public static void Run(
        Device device, DType dtype, BufferRange weights, BufferRange gradients, BufferRange squares, BufferRange? velocity,
        long count, BufferRange state, in RmsPropOptions options)
    {
        options.Check();
        if (velocity.HasValue != options.Momentum > 0) throw new EngineException("rmsprop: give a velocity with momentum, and none without.");
        weights = weights.First("rmsprop", "weights", dtype, count);
        gradients = gradients.First("rmsprop", "gradients", dtype, count);
        squares = squares.First("rmsprop", "squares", dtype, count);
        velocity = velocity?.First("rmsprop", "velocity", dtype, count);
        state = state.State("rmsprop");
        if (count == 0) return;
        var args = new RmsPropArgs
        {
            W = weights.Address,
            G = gradients.Address,
            S = squares.Address,
            U = velocity?.Address ?? 0,
            State = state.Address,
            N = count,
            Smoothing = options.Smoothing,
            Epsilon = options.Epsilon,
            Momentum = options.Momentum,
            L2 = options.WeightDecay,
        };
        Span<Access> accesses = [Access.Update(weights), Access.Read(gradients), Access.Update(squares), Access.Read(state), default];
        if (velocity is { } kept) accesses[4] = Access.Update(kept);
        else accesses = accesses[..4];
        if (device is GpuDevice gpu) RmsPropGpu.Launch(gpu, dtype, ref args, accesses);
        else ((CpuDevice)device).Launch<FlatKernel<RmsPropCpu, RmsPropArgs>, RmsPropArgs>("rmsprop", dtype, ref args, accesses);
    }
}

/// <summary>S are the mean squares, U is the velocity (0 without momentum).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct RmsPropArgs
{
    public ulong W, G, S, U, State;
    public long N;
    public double Smoothing, Epsilon, Momentum, L2;
    public int Aligned;
}
