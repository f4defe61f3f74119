using GenEngine.Kernels;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Reduction;
using GenEngine.Numerics;

namespace GenEngine.Checks;

/// <summary>A float32 value check: the worst error in units of 2^-24 of the result's scale.</summary>
public sealed record ValueReport(string Name, double WorstUlps, double AllowedUlps, string Where)
{
    /// <summary>Whether the worst error is within <see cref="OpCase.Ulps"/>.</summary>
    public bool Passed => WorstUlps <= AllowedUlps;
}

/// <summary>Runs op cases on a device.</summary>
public static class OpCaseRunner
{
    /// <summary>Seed of the random operations in op cases; their references draw with the same.</summary>
    public const ulong Seed = 2026;

    /// <summary>Runs a case forward and gives its result.</summary>
    public static double[] Forward(OpCase test, Device device, DType real)
    {
        using var context = new Context(device, real, Seed);
        var inputs = Upload(test, context);
        using var step = context.BeginStep();
        return test.Build(inputs).ToDoubles();
    }

    /// <summary>Result and all input gradients of the weighted sum of the result, for bitwise comparisons.</summary>
    public static List<double[]> ForwardAndBackward(OpCase test, Device device, DType real)
    {
        using var context = new Context(device, real, Seed);
        var inputs = Upload(test, context);
        Tensor? weights = null;
        var varying = Varying(test, inputs);
        foreach (var input in varying) context.Tape.RequireGradient(input);
        double[] first;
        using (context.BeginStep())
        {
            var y = test.Build(inputs);
            first = y.ToDoubles();
            weights = Weights(context, y.Shape);
        }

        using var step = context.BeginStep();
        context.Tape.Backward(WeightedSum(test.Build(inputs), weights), []);
        return [first, .. varying.Select(input => context.Tape.GradientOf(input).ToDoubles())];
    }

    /// <summary>Compares the float32 result with the float64 reference.</summary>
    public static ValueReport CheckValue(OpCase test, Device device)
    {
        double[] actual = Forward(test, device, DType.Float32), expected = test.Reference(test.DrawInputs());
        if (actual.Length != expected.Length) return new ValueReport(test.Name, double.PositiveInfinity, test.Ulps, $"{actual.Length} values instead of {expected.Length}");
        double scale = Math.Sqrt(expected.Sum(value => value * value) / expected.Length);
        double worst = 0;
        string where = "nowhere";
        for (int i = 0; i < actual.Length; i++)
        {
            double unit = Math.Max(Math.Max(Math.Abs(expected[i]), scale), 1e-30) * Math.Pow(2, -24);
            double error = actual[i].Equals(expected[i]) ? 0 : Math.Abs(actual[i] - expected[i]) / unit;
            if (error <= worst) continue;
            worst = double.IsNaN(error) ? double.PositiveInfinity : error;
            where = $"[{i}]: {actual[i]} instead of {expected[i]}";
        }

        return new ValueReport(test.Name, worst, test.Ulps, where);
    }

    /// <summary>Checks the gradients of a random weighted sum of the result, in float64.</summary>
    public static GradientReport CheckGradient(OpCase test, Device device)
    {
        using var context = new Context(device, DType.Float64, Seed);
        var inputs = Upload(test, context);
        Tensor weights;
        using (context.BeginStep())
        using (context.NoGradient())
            weights = Weights(context, test.Build(inputs).Shape);
        context.RestoreRandom(new Kernels.Sampling.RandomState(Seed, 0));
        return GradientCheck.Run(test.Name, context, Varying(test, inputs), [], () => WeightedSum(test.Build(inputs), weights));
    }

    private static Tensor[] Upload(OpCase test, Context context)
    {
        var values = test.DrawInputs();
        var tensors = new Tensor[values.Length];
        for (int i = 0; i < values.Length; i++)
        {
            var input = test.Inputs[i];
            tensors[i] = input.Kind == InputKind.Label
                ? context.FromLabels(Array.ConvertAll(values[i], value => (int)value), input.Shape, $"input {i}")
                : context.FromHost(values[i], input.Shape, $"input {i}");
        }

        return tensors;
    }

    private static List<Tensor> Varying(OpCase test, Tensor[] inputs) => [.. inputs.Where((_, i) => test.Inputs[i].Varies && test.Inputs[i].Kind != InputKind.Label)];

    private static Tensor Weights(Context context, Shape shape)
    {
        var random = new SplitMix64(7);
        var values = new double[shape.Count];
        for (int i = 0; i < values.Length; i++) values[i] = (float)((2 * random.NextDouble()) - 1);
        return context.FromHost(values, shape, "weights");
    }

    private static Tensor WeightedSum(Tensor y, Tensor weights) => y.Mul(weights).Sum(ReduceAxis.All);
}
