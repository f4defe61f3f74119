// optimizer_state.cu: begins an optimiser's next step: counts it, multiplies the powers of the betas (so no lane of the update ever
// calls a power function), evaluates the learning-rate schedule, and derives what every lane of the update needs. One lane works.
#include "Common/prelude.cuh"
#include "Common/math.cuh"
#include "Optimizer/optimizer.cuh"

#define MAX_MILESTONES 8
struct MilestoneTable { i64 at[MAX_MILESTONES]; };

#define ADVANCE_OPTIMIZER_ARGS(F) \
    F(garg<u64>, State) F(f64, Beta1) F(f64, Beta2) F(f64, Rate) F(f64, Gamma) F(f64, Floor) \
    F(i64, Warmup) F(i64, Steps) F(i32, Kind) F(i32, MilestoneCount) F(MilestoneTable, At)
ARGS(AdvanceOptimizerArgs, ADVANCE_OPTIMIZER_ARGS)

// ScheduleKind of LearningRateSchedule.cs
#define EXPONENTIAL 1
#define COSINE 2
#define MILESTONES 3

// The rate at step t of the schedule proper, which begins after the warm-up.
DEV f64 rate_at(i64 t, f64 decay, const AdvanceOptimizerArgs& a)
{
    if (a.Kind == EXPONENTIAL) return a.Rate * decay;
    if (a.Kind == COSINE) {
        f64 sine, cosine = -1.0;
        if (t < a.Steps) gen_sincos_turns((f64)t / (f64)a.Steps * 0.5, sine, cosine);
        return a.Floor + (a.Rate - a.Floor) * (1.0 + cosine) * 0.5;
    }
    f64 rate = a.Rate;
    if (a.Kind == MILESTONES) {
        for (i32 i = 0; i < a.MilestoneCount; i++) {
            if (t >= a.At.at[i]) rate = rate * a.Gamma;
        }
    }
    return rate;
}

KERNEL(advance_optimizer, AdvanceOptimizerArgs, 32, 1)
{
    UPD(u64, State);
    if (global_index() == 0) {
        u64 step = State[STATE_STEP];
        i64 t = (i64)step - a.Warmup;
        f64 power1 = bits_f64(State[STATE_BETA1_POWER]) * a.Beta1;
        f64 power2 = bits_f64(State[STATE_BETA2_POWER]) * a.Beta2;
        f64 decay = bits_f64(State[STATE_DECAY]);
        if (a.Kind == EXPONENTIAL && t > 0) decay = decay * a.Gamma;
        f64 rate = t < 0 ? a.Rate * ((f64)(i64)(step + 1) / (f64)a.Warmup) : rate_at(t, decay, a);
        State[STATE_STEP] = step + 1;
        State[STATE_LEARNING_RATE] = f64_bits(rate);
        State[STATE_BETA1_POWER] = f64_bits(power1);
        State[STATE_BETA2_POWER] = f64_bits(power2);
        State[STATE_STEP_SIZE] = f64_bits(rate / (1.0 - power1));
        State[STATE_ROOT_CORRECTION] = f64_bits(1.0 / real_sqrt(1.0 - power2));
        State[STATE_DECAY] = f64_bits(decay);
    }
}
