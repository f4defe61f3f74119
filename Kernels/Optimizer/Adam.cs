using System.Runtime.InteropServices;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Optimizer;

/// <summary>Constants of Adam, with PyTorch's defaults.</summary>
public readonly record struct AdamOptions()
{
    /// <summary>How much of the first moment stays from step to step, in [0, 1); 0.9 unless set.</summary>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>How much of the second moment stays, in [0, 1); 0.999 unless set.</summary>
    public double Beta2 { get; init; } = 0.999;

    /// <summary>Added to the root of the corrected second moment, above 0; 1e-8 unless set.</summary>
    public double Epsilon { get; init; } = 1e-8;

    /// <summary>0 for none, never negative; <see cref="Decoupled"/> says how it acts.</summary>
    public double WeightDecay { get; init; }

    /// <summary>True decays the weights themselves (AdamW); false adds the decay to the gradient (L2).</summary>
    public bool Decoupled { get; init; }

    internal void Check()
    {
        if (Beta1 is not (>= 0 and < 1) || Beta2 is not (>= 0 and < 1) || !(Epsilon > 0) || !(WeightDecay >= 0))
            throw new EngineException($"adam: betas lie in [0, 1), epsilon is positive, weight decay not negative; given {this}.");
    }
}

/// <summary>
/// Adam (Kingma and Ba, arXiv 1412.6980, algorithm 1) and AdamW (Loshchilov and Hutter, arXiv 1711.05101) over flat arenas, in
/// PyTorch's form. With g = GradScale * gradient (+ WeightDecay * w unless decoupled):
/// w *= 1 - LearningRate * WeightDecay (decoupled); m = beta1 * m + (1 - beta1) * g; v = beta2 * v + (1 - beta2) * g^2;
/// w -= StepSize * m / (sqrt(v) * RootCorrection + epsilon).
/// </summary>
public static unsafe class Adam
{
    /// <param name="dtype">float or double.</param>
    /// <param name="weights">[count], updated.</param>
    /// <param name="gradients">[count], read.</param>
    /// <param name="m">[count], updated: the first moments, zeros before the first step. Denormals are flushed to 0.</param>
    /// <param name="v">[count], updated: the second moments, likewise.</param>
    /// <param name="state">One <see cref="OptimizerState"/>, read; advance it first, with the same betas.</param>
    /// <exception cref="EngineException">A range is too short, or an option is out of range.</exception>
    public static void Run(
        Device device, DType dtype, BufferRange weights, BufferRange gradients, BufferRange m, BufferRange v,
        long count, BufferRange state, in AdamOptions options)
    {
        options.Check();
        weights = weights.First("adam", "weights", dtype, count);
        gradients = gradients.First("adam", "gradients", dtype, count);
        m = m.First("adam", "m", dtype, count);
        v = v.First("adam", "v", dtype, count);
        state = state.State("adam");
        if (count == 0) return;
        var args = new AdamArgs
        {
            W = weights.Address,
            G = gradients.Address,
            M = m.Address,
            V = v.Address,
            State = state.Address,
            N = count,
            Beta1 = options.Beta1,
            Beta2 = options.Beta2,
            Epsilon = options.Epsilon,
            L2 = options.Decoupled ? 0 : options.WeightDecay,
            Decay = options.Decoupled ? options.WeightDecay : 0,
        };
        ReadOnlySpan<Access> accesses = [Access.Update(weights), Access.Read(gradients), Access.Update(m), Access.Update(v), Access.Read(state)];
        if (device is GpuDevice gpu) AdamGpu.Launch(gpu, dtype, ref args, accesses);
        else ((CpuDevice)device).Launch<FlatKernel<AdamCpu, AdamArgs>, AdamArgs>("adam", dtype, ref args, accesses);
    }
}

[StructLayout(LayoutKind.Sequential)]
internal struct AdamArgs
{
    public ulong W, G, M, V, State;
    public long N;
    public double Beta1, Beta2, Epsilon, L2, Decay;
    public int Aligned;
}
