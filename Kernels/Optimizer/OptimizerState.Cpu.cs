using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;

namespace GenEngine.Kernels.Optimizer;

internal static unsafe class OptimizerStateCpu
{
    public static void Launch(CpuDevice device, ref AdvanceOptimizerArgs args, ReadOnlySpan<Access> accesses) =>
        device.Launch("advance_optimizer", &Run, ref args, accesses);

    private static void Run(WorkerPool pool, AdvanceOptimizerArgs* args)
    {
        var state = (OptimizerState*)args->State;
        long t = (long)state->Step - args->Warmup;
        state->Beta1Power *= args->Beta1;
        state->Beta2Power *= args->Beta2;
        if ((ScheduleKind)args->Kind == ScheduleKind.Exponential && t > 0) state->Decay *= args->Gamma;
        state->Step++;
        state->LearningRate = t < 0 ? args->Rate * (state->Step / (double)args->Warmup) : RateAt(t, state->Decay, args);
        state->StepSize = state->LearningRate / (1.0 - state->Beta1Power);
        state->RootCorrection = 1.0 / Math.Sqrt(1.0 - state->Beta2Power);
    }

    // The rate at step t of the schedule proper, which begins after the warm-up.
    private static double RateAt(long t, double decay, AdvanceOptimizerArgs* args)
    {
        double rate = args->Rate;
        switch ((ScheduleKind)args->Kind)
        {
            case ScheduleKind.Exponential:
                return rate * decay;
            case ScheduleKind.Cosine:
                double cosine = -1.0;
                if (t < args->Steps)
                {
                    VecMath.SinCosTurns<V1D, double>(V1D.Create(t / (double)args->Steps * 0.5), out _, out var cos);
                    V1D.Store(cos, &cosine);
                }

                return args->Floor + ((rate - args->Floor) * (1.0 + cosine) * 0.5);
            case ScheduleKind.Milestones:
                for (int i = 0; i < args->MilestoneCount; i++)
                {
                    if (t >= args->At[i]) rate *= args->Gamma;
                }

                return rate;
            default:
                return rate;
        }
    }
}
