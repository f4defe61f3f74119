using System.Runtime.CompilerServices;

namespace GenEngine.Kernels.Optimizer;

/// <summary>Formula of a <see cref="LearningRateSchedule"/>; t counts steps from the end of the warm-up. The numbers of optimizer_state.cu.</summary>
public enum ScheduleKind : byte
{
    /// <summary>rate.</summary>
    Constant,

    /// <summary>rate * gamma^t.</summary>
    Exponential,

    /// <summary>floor + (rate - floor) * (1 + cos(pi * t / steps)) / 2, then floor.</summary>
    Cosine,

    /// <summary>rate * gamma^k, k the milestones that t has reached.</summary>
    Milestones,
}

/// <summary>
/// The learning rate as a function of the step, evaluated on the device. During the first WarmupSteps steps it rises linearly:
/// step t (from 0) has Rate * (t + 1) / WarmupSteps. Then the schedule begins, at its own step 0.
/// </summary>
public readonly struct LearningRateSchedule
{
    /// <summary>Milestones at most: they travel in the argument block.</summary>
    public const int MaxMilestones = 8;

    /// <summary>Constant unless made by one of the other methods.</summary>
    public ScheduleKind Kind { get; private init; }

    /// <summary>The rate before any decay.</summary>
    public double Rate { get; private init; }

    /// <summary>Steps of the linear rise; 0 for none.</summary>
    public long WarmupSteps { get; init; }

    internal double Gamma { get; private init; }

    internal double Floor { get; private init; }

    internal long Steps { get; private init; }

    internal int MilestoneCount { get; private init; }

    internal MilestoneTable At { get; private init; }

    /// <summary>The same rate at every step behind the warm-up.</summary>
    public static LearningRateSchedule Constant(double rate) => new() { Kind = ScheduleKind.Constant, Rate = rate };

    /// <summary>rate * gamma^t; the power is a running product in the state.</summary>
    public static LearningRateSchedule Exponential(double rate, double gamma) => new() { Kind = ScheduleKind.Exponential, Rate = rate, Gamma = gamma };

    /// <summary>floor + (rate - floor) * (1 + cos(pi * t / steps)) / 2, and floor from t = steps on.</summary>
    public static LearningRateSchedule Cosine(double rate, long steps, double floor = 0) =>
        new() { Kind = ScheduleKind.Cosine, Rate = rate, Steps = steps, Floor = floor };

    /// <summary>rate * gamma^k after k of the milestones; a milestone counts from the step of its number on.</summary>
    /// <param name="milestones">Steps, ascending; at most 8.</param>
    /// <exception cref="EngineException">More than 8 milestones, or not ascending.</exception>
    public static LearningRateSchedule Milestones(double rate, double gamma, params ReadOnlySpan<long> milestones)
    {
        if (milestones.Length > MaxMilestones) throw new EngineException($"A schedule has {MaxMilestones} milestones at most, not {milestones.Length}.");
        var table = default(MilestoneTable);
        for (int i = 0; i < milestones.Length; i++)
        {
            if (milestones[i] < (i == 0 ? 0 : milestones[i - 1])) throw new EngineException("The milestones of a schedule ascend from 0.");
            table[i] = milestones[i];
        }

        return new() { Kind = ScheduleKind.Milestones, Rate = rate, Gamma = gamma, MilestoneCount = milestones.Length, At = table };
    }

    /// <summary>The rate of the update after <paramref name="done"/> others, on the host: to show, not to train by. It is the device's to within a rounding.</summary>
    public double RateAfter(long done)
    {
        long t = done - WarmupSteps;
        if (t < 0) return Rate * (done + 1) / WarmupSteps;
        double rate = Rate;
        switch (Kind)
        {
            case ScheduleKind.Exponential:
                return rate * Math.Pow(Gamma, t);
            case ScheduleKind.Cosine:
                return Floor + ((rate - Floor) * (1 + (t < Steps ? Math.Cos(Math.PI * t / Steps) : -1)) * 0.5);
            case ScheduleKind.Milestones:
                for (int i = 0; i < MilestoneCount; i++)
                    if (t >= At[i]) rate *= Gamma;
                return rate;
            default:
                return rate;
        }
    }

    internal void Check()
    {
        if (!double.IsFinite(Rate) || Rate < 0 || !double.IsFinite(Gamma) || Gamma < 0 || !double.IsFinite(Floor) || WarmupSteps < 0)
            throw new EngineException($"A learning rate schedule needs finite, non-negative numbers: rate {Rate}, gamma {Gamma}, floor {Floor}, warm-up {WarmupSteps}.");
        if (Kind == ScheduleKind.Cosine && Steps < 1) throw new EngineException($"A cosine schedule needs its length in steps, not {Steps}.");
    }
}

/// <summary>Steps in an argument block.</summary>
[InlineArray(LearningRateSchedule.MaxMilestones)]
internal struct MilestoneTable
{
    private long _first;
}
