using System.Runtime.InteropServices;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Optimizer;

/// <summary>
/// What an optimiser's kernels read and what changes from step to step. It lives in device memory, one a parameter group, so that a
/// captured step goes on counting. Order within a step: <see cref="Advance(Device, BufferRange, in LearningRateSchedule, double, double)"/>,
/// then <see cref="GradientClip"/> if any, then the update.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
public struct OptimizerState
{
    /// <summary>Bytes of a state in device memory.</summary>
    public const int Bytes = 72;

    /// <summary>Steps begun; the update in progress is number Step, counted from 1.</summary>
    public ulong Step;

    /// <summary>Of the update in progress.</summary>
    public double LearningRate;

    /// <summary>beta1^Step and beta2^Step, as running products.</summary>
    public double Beta1Power, Beta2Power;

    /// <summary>LearningRate / (1 - beta1^Step).</summary>
    public double StepSize;

    /// <summary>1 / sqrt(1 - beta2^Step).</summary>
    public double RootCorrection;

    /// <summary>The running product of an exponential schedule.</summary>
    public double Decay;

    /// <summary>Every update multiplies gradients by it; 1 unless <see cref="GradientClip.ByGlobalNorm"/> or the user sets it.</summary>
    public double GradScale;

    /// <summary>The last norm that <see cref="GradientClip.ByGlobalNorm"/> saw.</summary>
    public double GradNorm;

    /// <summary>The state before the first step; upload it once.</summary>
    public static OptimizerState Initial => new() { Beta1Power = 1, Beta2Power = 1, RootCorrection = 1, Decay = 1, GradScale = 1 };

    /// <summary>Begins the next step on the device: the count, the powers, the learning rate and what follows from them.</summary>
    /// <param name="state">One <see cref="OptimizerState"/>, updated.</param>
    /// <param name="beta1">Of Adam; 0 (no correction) for the others.</param>
    /// <param name="beta2">Of Adam; 0 for the others.</param>
    /// <exception cref="EngineException">The range is too short, or an option is out of range.</exception>
    public static void Advance(Device device, BufferRange state, in LearningRateSchedule schedule, double beta1 = 0, double beta2 = 0)
    {
        schedule.Check();
        if (beta1 is not (>= 0 and < 1) || beta2 is not (>= 0 and < 1))
            throw new EngineException($"The betas of an optimiser lie in [0, 1), not {beta1} and {beta2}.");
        state = state.State("advance_optimizer");
        var args = new AdvanceOptimizerArgs
        {
            State = state.Address,
            Beta1 = beta1,
            Beta2 = beta2,
            Rate = schedule.Rate,
            Gamma = schedule.Gamma,
            Floor = schedule.Floor,
            Warmup = schedule.WarmupSteps,
            Steps = schedule.Steps,
            Kind = (int)schedule.Kind,
            MilestoneCount = schedule.MilestoneCount,
            At = schedule.At,
        };
        ReadOnlySpan<Access> accesses = [Access.Update(state)];
        if (device is GpuDevice gpu) OptimizerStateGpu.Launch(gpu, ref args, accesses);
        else OptimizerStateCpu.Launch((CpuDevice)device, ref args, accesses);
    }

    /// <summary>As the other overload, with the betas of Adam's options.</summary>
    public static void Advance(Device device, BufferRange state, in LearningRateSchedule schedule, in AdamOptions options) =>
        Advance(device, state, schedule, options.Beta1, options.Beta2);
}

internal static class OptimizerRanges
{
    /// <summary>The words of an <see cref="OptimizerState"/>.</summary>
    public static BufferRange State(this BufferRange range, string kernel) =>
        range.First(kernel, "state", DType.Int64, OptimizerState.Bytes / sizeof(ulong));
}

[StructLayout(LayoutKind.Sequential)]
internal struct AdvanceOptimizerArgs
{
    public ulong State;
    public double Beta1, Beta2, Rate, Gamma, Floor;
    public long Warmup, Steps;
    public int Kind, MilestoneCount;
    public MilestoneTable At;
}
