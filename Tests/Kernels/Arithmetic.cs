using GenEngine.Kernels;
using GenEngine.Numerics;

namespace GenEngine.Tests.Kernels;

/// <summary>
/// IEEE sums and quotients of one type, held in doubles: a double's result of two floats, rounded to float, is the float's own.
/// </summary>
internal static class Arithmetic
{
    public static double Round(DType dtype, double value) => dtype == DType.Float32 ? (float)value : value;

    public static double Add(DType dtype, double a, double b) => Round(dtype, a + b);

    /// <summary>a + b where accumulating, else b.</summary>
    public static double[] Onto(DType dtype, double[] a, double[] b, bool accumulate) => accumulate ? [.. a.Zip(b, (x, y) => Add(dtype, x, y))] : b;

    /// <summary>Uniform in [-2, 2), numbers of the type; the same for the same seed.</summary>
    public static double[] Draw(DType dtype, int count, ulong seed)
    {
        var random = new SplitMix64(seed);
        var values = new double[count];
        for (int i = 0; i < count; i++) values[i] = Round(dtype, (4 * random.NextDouble()) - 2);
        return values;
    }
}
