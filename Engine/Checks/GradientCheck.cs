using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace GenEngine.Checks;

/// <summary>The outcome of a gradient check.</summary>
/// <param name="Name">Op or model.</param>
/// <param name="WorstError">Largest |analytic - numeric| / max(|gradient|_inf of that tensor, 1e-3).</param>
/// <param name="Where">Tensor and element of the worst error.</param>
/// <param name="Entries">Entries and directions compared.</param>
public sealed record GradientReport(string Name, double WorstError, string Where, int Entries)
{
    /// <summary>Whether the worst error is within <see cref="GradientCheck.Tolerance"/>; a gradient that is NaN has an infinite error.</summary>
    public bool Passed => WorstError <= GradientCheck.Tolerance;

    /// <summary>SHA-256 (lower-case hex) of the gradient's bits, subject after subject: devices that agree bit for bit have the same.</summary>
    public required string GradientHash { get; init; }

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Name}: worst error {WorstError:E2} at {Where} ({Entries} entries, tolerance {GradientCheck.Tolerance:E0})");
}

/// <summary>
/// Compares gradients with central differences in float64, through the code that trains. Random numbers are frozen: every evaluation
/// draws at the same offset.
/// </summary>
public static class GradientCheck
{
    /// <summary>|analytic - numeric| must not exceed this times max(|gradient|_inf, 1e-3).</summary>
    public const double Tolerance = 1e-6;

    private const double StepSize = 1e-4;

    /// <summary>Entries of a large tensor that are varied one by one.</summary>
    public const int MaxEntries = 64;

    /// <summary>Random directions that a large tensor is varied along.</summary>
    public const int StandardDirections = 8;

    /// <summary>Checks d loss / d input for each input and each parameter of the groups.</summary>
    /// <param name="name">For the report.</param>
    /// <param name="context">A Float64 context.</param>
    /// <param name="inputs">Persistent tensors to vary.</param>
    /// <param name="groups">Parameter groups to vary.</param>
    /// <param name="loss">Builds the scalar loss; called many times, each in a step of its own.</param>
    /// <param name="maxEntries">Of a tensor, varied one by one: all of them when it has no more, else so many at random.</param>
    /// <param name="directions">Random directions of all entries at once, of a tensor that has more than that.</param>
    public static GradientReport Run(
        string name, Context context, IReadOnlyList<Tensor> inputs, IReadOnlyList<ParameterGroup> groups, Func<Tensor> loss, int maxEntries = MaxEntries, int directions = StandardDirections)
    {
        if (context.Real != Kernels.DType.Float64) throw new ArgumentException("Gradient checks run in a Float64 context.", nameof(context));
        var frozen = context.SaveRandom();
        var subjects = inputs.Concat(groups.SelectMany(group => group.Parameters)).ToList();
        var analytic = Analytic(context, inputs, groups, loss, subjects);
        var worst = (Error: 0.0, Where: "nowhere");
        int entries = 0;
        var random = new Random(12345);
        for (int s = 0; s < subjects.Count; s++)
        {
            var (subject, gradient) = (subjects[s], analytic[s]);
            double scale = Math.Max(gradient.Max(Math.Abs), 1e-3);
            double[] values = subject.ToDoubles();
            foreach (var (label, direction) in Probes(values.Length, maxEntries, directions, random))
            {
                double numeric = Numeric(context, frozen, subject, values, direction, loss);
                double expected = 0, norm = 0;
                foreach (var (index, weight) in direction)
                {
                    expected += gradient[index] * weight;
                    norm += weight * weight;
                }

                double error = Math.Abs(expected - numeric) / (scale * Math.Max(1, Math.Sqrt(norm)));
                entries++;
                if (error > worst.Error || double.IsNaN(error)) worst = (double.IsNaN(error) ? double.PositiveInfinity : error, $"{subject.Op}{label}");
            }

            context.UploadReal(values, subject.Range);
        }

        context.RestoreRandom(frozen);
        return new GradientReport(name, worst.Error, worst.Where, entries) { GradientHash = Hash(analytic) };
    }

    private static List<double[]> Analytic(
        Context context, IReadOnlyList<Tensor> inputs, IReadOnlyList<ParameterGroup> groups, Func<Tensor> loss, List<Tensor> subjects)
    {
        foreach (var input in inputs) context.Tape.RequireGradient(input);
        using var step = context.BeginStep();
        context.Tape.Backward(loss(), groups);
        return [.. subjects.Select(subject => (subject.Group?.Gradient(subject) ?? context.Tape.GradientOf(subject)).ToDoubles())];
    }

    private static string Hash(List<double[]> gradients)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (double[] gradient in gradients) hash.AppendData(MemoryMarshal.AsBytes(gradient.AsSpan()));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>All entries of a small tensor; some random entries and random directions of a large one.</summary>
    private static IEnumerable<(string Label, (int Index, double Weight)[] Direction)> Probes(int count, int maxEntries, int directions, Random random)
    {
        if (count <= maxEntries)
        {
            for (int i = 0; i < count; i++) yield return ($"[{i}]", [(i, 1.0)]);
            yield break;
        }

        for (int n = 0; n < maxEntries; n++)
        {
            int i = random.Next(count);
            yield return ($"[{i}]", [(i, 1.0)]);
        }

        for (int n = 0; n < directions; n++)
        {
            var direction = new (int, double)[count];
            for (int i = 0; i < count; i++) direction[i] = (i, random.Next(2) * 2 - 1);
            yield return ($" along direction {n}", direction);
        }
    }

    private static double Numeric(
        Context context, Kernels.Sampling.RandomState frozen, Tensor subject, double[] values, (int Index, double Weight)[] direction, Func<Tensor> loss)
    {
        double norm = Math.Sqrt(direction.Sum(entry => entry.Weight * entry.Weight));
        double h = StepSize / norm;
        double At(double offset)
        {
            var moved = (double[])values.Clone();
            foreach (var (index, weight) in direction) moved[index] += offset * weight;
            context.UploadReal(moved, subject.Range);
            context.RestoreRandom(frozen);
            using var step = context.BeginStep();
            using var nothing = context.NoGradient();
            return loss().Item();
        }

        // fourth order: the truncation error falls below rounding at this step size
        return (8 * (At(h) - At(-h)) - (At(2 * h) - At(-2 * h))) / (12 * h);
    }
}
