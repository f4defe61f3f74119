using GenEngine.Checks;
using GenEngine.Kernels;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Bench.UserKernels;

/// <summary>How a user's kernel did in one op case.</summary>
/// <param name="Value">The result against the float64 reference; null in float64, which is that reference's own accuracy.</param>
/// <param name="Values">Compared with the engine's kernel: results and gradients.</param>
/// <param name="Different">Of these, not the same bits.</param>
/// <param name="WorstUlps">Largest difference from the engine's, in units of the precision's last place of the larger of value and scale.</param>
internal sealed record CaseOutcome(OpCase Test, ValueReport? Value, int Values, int Different, double WorstUlps)
{
    /// <summary>Gradients have sums of their own, longer or shorter than the result's, which the case's allowance knows nothing of.</summary>
    private const double LeastAllowed = 64;

    /// <param name="allowed">In the same units; null takes the op case's.</param>
    public bool Passes(double? allowed) =>
        (Value is null || Value.WorstUlps <= (allowed ?? Value.AllowedUlps)) && WorstUlps <= (allowed ?? Math.Max(LeastAllowed, Test.Ulps));
}

/// <summary>A user's kernel and the engine's side by side on one device each.</summary>
internal sealed class UserTrial(UserKernel kernel, DType real)
{
    private const int TimedRuns = 7;

    /// <summary>The op cases that launch the engine's kernel.</summary>
    public OpCase[] Launching(IEnumerable<OpCase> cases)
    {
        return [.. cases.Where(test => LaunchScan.Of(test, real).Any(launch => Replaced(launch.Kernel) is not null))];
    }

    /// <summary>Runs a case with the user's kernel and with the engine's and compares.</summary>
    /// <param name="mine">A device with the user's kernel in place.</param>
    /// <param name="engine">A device of the same kind without.</param>
    /// <exception cref="EngineException">The user's kernel does not compile, or did something wrong.</exception>
    public CaseOutcome Check(OpCase test, Device mine, Device engine)
    {
        var value = real == DType.Float32 ? OpCaseRunner.CheckValue(test, mine) : null;
        List<double[]> actual = Results(test, mine), expected = Results(test, engine);
        int values = 0, different = 0;
        double worst = 0, place = real == DType.Float64 ? Math.ScaleB(1, -53) : Math.ScaleB(1, -24);
        foreach (var (left, right) in actual.Zip(expected))
        {
            double scale = Math.Max(1e-30, Math.Sqrt(right.Sum(value => value * value) / Math.Max(1, right.Length)));
            for (int i = 0; i < right.Length; i++)
            {
                values++;
                if (BitConverter.DoubleToInt64Bits(left[i]) == BitConverter.DoubleToInt64Bits(right[i])) continue;
                different++;
                double difference = Math.Abs(left[i] - right[i]) / (place * Math.Max(scale, Math.Abs(right[i])));
                worst = double.IsNaN(difference) ? double.PositiveInfinity : Math.Max(worst, difference);
            }
        }

        return new CaseOutcome(test, value, values, different, worst);
    }

    /// <summary>Microseconds of the kernel's launches in these cases together: the least of some runs.</summary>
    public double Time(IReadOnlyCollection<OpCase> cases, Device device)
    {
        double best = double.PositiveInfinity;
        for (int run = 0; run <= TimedRuns; run++)
        {
            using var profile = new LaunchProfile(device);
            profile.Run(run, () =>
            {
                foreach (var test in cases) Results(test, device);
            });
            double total = profile.Launches.Where(launch => Replaced(launch.Kernel) is not null).Sum(launch => launch.End - launch.Start);
            if (run > 0) best = Math.Min(best, total); // the first run loads what the others find
        }

        return best;
    }

    /// <summary>A variant of the engine's that a case launches and the user's kernel replaces.</summary>
    public GpuKernel VariantOf(OpCase test) => LaunchScan.Of(test, real).Select(launch => Replaced(launch.Kernel)).First(variant => variant is not null)!;

    private GpuKernel? Replaced(string name) => kernel.Variants.Keys.FirstOrDefault(variant => variant.Name == name);

    private List<double[]> Results(OpCase test, Device device) =>
        test.Differentiable ? OpCaseRunner.ForwardAndBackward(test, device, real) : [OpCaseRunner.Forward(test, device, real)];
}
