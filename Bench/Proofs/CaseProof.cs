using GenEngine.Checks;
using GenEngine.Kernels;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;
using static System.FormattableString;

namespace GenEngine.Bench.Proofs;

/// <summary>One op case or proof on a device that runs the CUDA sources, held against the float64 reference and, by the summation law, against the CPU's bits.</summary>
internal static class CaseProof
{
    // A reference of unrounded operands: each product is off by up to two roundings of its operands (2^-11 for TF32, 2^-8 for BF16), or by what
    // splitting them leaves out (2^-21 for 3xTF32), a sum of K by some sqrt(K) of them, as its scale grows. Families' own tests round the operands of the reference and are far stricter; this finds what is wrong on one machine only.
    public const double BFloat16Ulps = 1 << 20, Tf32x3Ulps = 1 << 6;

    /// <summary>What a rung or a product in TF32 may be off by, in units of 2^-24 of the result's scale.</summary>
    public const double Tf32Ulps = 1 << 17;

    /// <summary>Forward against the reference; forward and, where there is a gradient, backward in float32 and float64 against the CPU's bits.</summary>
    /// <param name="error">What is wrong; null when nothing is.</param>
    /// <returns>Error of the forward result in units of 2^-24 of its scale.</returns>
    public static double Run(OpCase test, GpuDevice device, Device cpu, out string? error)
    {
        var report = OpCaseRunner.CheckValue(test, device);
        error = report.Passed ? null : Invariant($"{report.WorstUlps:F1} of {report.AllowedUlps} ulps {report.Where}");
        foreach (var real in (DType[])[DType.Float32, DType.Float64])
        {
            List<double[]> expected = Results(test, cpu, real), actual = Results(test, device, real);
            int differ = Enumerable.Range(0, expected.Count).FirstOrDefault(i => !actual[i].AsSpan().SequenceEqual(expected[i]), -1);
            if (differ >= 0) error ??= $"{real}: {(differ == 0 ? "the result has" : $"the gradient of input {differ - 1} has")} other bits than the CPU's";
        }

        return report.WorstUlps;
    }

    /// <summary>The same case by the tensor cores: forward against the reference, backward against the CPU's gradients, both as far as the precision goes.</summary>
    /// <returns>Error of the forward result in units of 2^-24 of its scale.</returns>
    public static double InReducedPrecision(OpCase test, GpuDevice device, Device cpu, Precision precision, out string? error)
    {
        device.Precision = precision;
        try
        {
            var report = OpCaseRunner.CheckValue(test, device);
            double allowed = precision switch { Precision.Tf32 => Tf32Ulps, Precision.BFloat16 => BFloat16Ulps, _ => report.AllowedUlps + Tf32x3Ulps };
            error = report.WorstUlps <= allowed ? null : Invariant($"{precision.Name()}: {report.WorstUlps:F0} of {allowed} ulps {report.Where}");
            if (!test.Differentiable) return report.WorstUlps;
            var expected = OpCaseRunner.ForwardAndBackward(test, cpu, DType.Float32);
            var actual = OpCaseRunner.ForwardAndBackward(test, device, DType.Float32);
            for (int i = 1; i < expected.Count; i++)
            {
                double ulps = Ulps(actual[i], expected[i]);
                if (!(ulps <= allowed)) error ??= Invariant($"{precision.Name()}: {ulps:F0} of {allowed} ulps in the gradient of input {i - 1}");
            }

            return report.WorstUlps;
        }
        finally
        {
            device.Precision = Precision.Float32;
        }
    }

    /// <summary>A proof against the CPU: its bits, or as far as the proof allows.</summary>
    /// <returns>The worst error of an array in units of 2^-24 of its scale.</returns>
    public static double Run(KernelProof proof, Device device, Device cpu, out string? error)
    {
        error = null;
        double worst = 0;
        IReadOnlyList<double[]> expected = proof.Run(cpu), actual = proof.Run(device);
        if (actual.Count != expected.Count) error = Invariant($"{actual.Count} results, not {expected.Count}");
        for (int i = 0; i < expected.Count && error is null; i++)
        {
            if (actual[i].AsSpan().SequenceEqual(expected[i])) continue;
            double ulps = actual[i].Length == expected[i].Length ? Ulps(actual[i], expected[i]) : double.NaN;
            worst = Math.Max(worst, ulps);
            if (proof.Ulps == 0) error = Invariant($"result {i} has other bits than the CPU's, {ulps:G3} ulps apart");
            else if (!(ulps <= proof.Ulps)) error = Invariant($"{ulps:F0} of {proof.Ulps} ulps in result {i}");
        }

        return worst;
    }

    private static List<double[]> Results(OpCase test, Device device, DType real) =>
        test.Differentiable ? OpCaseRunner.ForwardAndBackward(test, device, real) : [OpCaseRunner.Forward(test, device, real)];

    /// <summary>The largest difference in units of 2^-24 of the largest magnitude of what was expected; NaN where something is not finite.</summary>
    public static double Ulps(IReadOnlyList<double> actual, IReadOnlyList<double> expected)
    {
        double scale = 0, worst = 0;
        for (int i = 0; i < expected.Count; i++) scale = Math.Max(scale, Math.Abs(expected[i]));
        for (int i = 0; i < expected.Count; i++) worst = Math.Max(worst, Math.Abs(actual[i] - expected[i])); // NaN stays
        return worst == 0 ? 0 : Math.ScaleB(worst / scale, 24);
    }
}
