using GenEngine.Numerics;

namespace GenEngine.Checks;

/// <summary>How the values of an input are drawn.</summary>
public enum InputKind
{
    /// <summary>Uniform in [-2, 2], at least 0.05 away from the kinks at -1, 0 and 1.</summary>
    Real,

    /// <summary>Uniform in [0.5, 2.5].</summary>
    Positive,

    /// <summary>Uniform in [0.05, 0.95].</summary>
    Probability,

    /// <summary>int32 in [0, classes).</summary>
    Label,

    /// <summary>2 level / 255 - 1 for a level of 0 to 255; one in five is the darkest or the brightest.</summary>
    Level,
}

/// <summary>One input of an op case.</summary>
/// <param name="Shape">Its extents.</param>
/// <param name="Kind">How to draw it.</param>
/// <param name="Varies">Whether a gradient flows to it (labels and targets: no).</param>
/// <param name="Classes">Upper bound of labels.</param>
public sealed record CaseInput(Shape Shape, InputKind Kind = InputKind.Real, bool Varies = true, int Classes = 0);

/// <summary>
/// One operation at one shape: the table of these feeds value checks against a naive float64 reference, gradient checks,
/// determinism, all devices, and the benchmarks.
/// </summary>
public sealed class OpCase
{
    /// <summary>Method of <see cref="Ops"/> that the case exercises.</summary>
    public required string Op { get; init; }

    /// <summary>What sets this case apart: shape, option.</summary>
    public required string Variant { get; init; }

    /// <summary>In the order in which <see cref="Build"/> and <see cref="Reference"/> take them.</summary>
    public required CaseInput[] Inputs { get; init; }

    /// <summary>Runs the operation.</summary>
    public required Func<Tensor[], Tensor> Build { get; init; }

    /// <summary>The same in float64, as plainly as it can be written; inputs and output flattened.</summary>
    public required Func<double[][], double[]> Reference { get; init; }

    /// <summary>Largest float32 error, in units of 2^-24 of max(|reference|, scale of the result).</summary>
    public double Ulps { get; init; } = 4;

    /// <summary>False for operations that have no gradient and say so.</summary>
    public bool Differentiable { get; init; } = true;

    /// <summary>Op and variant; the inputs' values are drawn from its hash, so a case under another name sees other numbers.</summary>
    public string Name => $"{Op} {Variant}";

    public override string ToString() => Name;

    /// <summary>The inputs' values; the same on every machine.</summary>
    public double[][] DrawInputs()
    {
        var random = new SplitMix64(StableHash(Name));
        var values = new double[Inputs.Length][];
        for (int i = 0; i < values.Length; i++) values[i] = Draw(Inputs[i], ref random);
        return values;
    }

    private static double[] Draw(CaseInput input, ref SplitMix64 random)
    {
        var values = new double[input.Shape.Count];
        for (int i = 0; i < values.Length; i++)
        {
            double u = random.NextDouble();
            values[i] = input.Kind switch
            {
                InputKind.Positive => 0.5 + (2 * u),
                InputKind.Probability => 0.05 + (0.9 * u),
                InputKind.Label => Math.Floor(u * input.Classes),
                InputKind.Level => (2 * Math.Clamp(Math.Floor((u * 320) - 32), 0, 255) / 255) - 1,
                _ => AwayFromKinks((4 * u) - 2),
            };
            if (input.Kind != InputKind.Label) values[i] = (float)values[i]; // so that both precisions see the same numbers
        }

        return values;
    }

    private static double AwayFromKinks(double x)
    {
        double nearest = Math.Clamp(Math.Round(x), -1, 1);
        double distance = x - nearest;
        // moved, not clamped: equal values would be a kink of the maximum
        return Math.Abs(distance) >= 0.05 ? x : x + (distance < 0 ? -0.05 : 0.05);
    }

    private static ulong StableHash(string text)
    {
        ulong hash = 14695981039346656037;
        foreach (char c in text) hash = (hash ^ c) * 1099511628211;
        return hash;
    }
}
