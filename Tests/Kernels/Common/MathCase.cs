using System.Numerics;
using GenEngine.Kernels.Common;

namespace GenEngine.Tests.Kernels.Common;

/// <summary>A function of VecMath with its reference, its domain and the error it may have.</summary>
/// <param name="Reference">In double, good to float's last place and far beyond.</param>
/// <param name="Exact">In fixed point.</param>
/// <param name="From">Least argument of the domain that is measured; outside, specials are tested.</param>
internal sealed record MathCase(
    MathFunction Function, Func<double, double> Reference, Func<double, BigInteger> Exact, double From, double To, double FloatUlps, double DoubleUlps)
{
    public static IReadOnlyList<MathCase> All { get; } =
    [
        new(MathFunction.Exp, Math.Exp, x => BigMath.Exp(BigMath.From(x)), -800, 709.7, 1, 1),
        new(MathFunction.Expm1OfNegative, Expm1, BigMath.Expm1, -800, 0, 1, 1),
        new(MathFunction.Log, Math.Log, BigMath.Log, 0, double.MaxValue, 1, 1),
        new(MathFunction.Log1p, Log1p, BigMath.Log1p, -1, double.MaxValue, 1.75, 1.5),
        new(MathFunction.Tanh, Math.Tanh, BigMath.Tanh, -100, 100, 2.75, 2),
        new(MathFunction.Sigmoid, x => 1 / (1 + Math.Exp(-x)), BigMath.Sigmoid, -745, 800, 2.5, 2),
        new(MathFunction.Softplus, x => Math.Max(x, 0) + Log1p(Math.Exp(-Math.Abs(x))), BigMath.Softplus, -745, 800, 2, 2),
        new(MathFunction.SinTurns, u => SinQuarter(u, 0), BigMath.SinTurns, 0, 1, 1, 1),
        new(MathFunction.CosTurns, u => SinQuarter(u, 1), BigMath.CosTurns, 0, 1, 1, 1),
        new(MathFunction.Rsqrt, x => 1 / Math.Sqrt(x), x => throw new NotSupportedException(), 0, double.MaxValue, 1.5, 1.5),
    ];

    public override string ToString() => Function.ToString();

    /// <summary>The function by name, over any vector.</summary>
    public static V Apply<V, T>(MathFunction function, V x)
        where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T>
    {
        VecMath.SinCosTurns<V, T>(x, out var sin, out var cos);
        return function switch
        {
            MathFunction.Exp => VecMath.Exp<V, T>(x),
            MathFunction.Expm1OfNegative => VecMath.Expm1OfNegative<V, T>(x),
            MathFunction.Log => VecMath.Log<V, T>(x),
            MathFunction.Log1p => VecMath.Log1p<V, T>(x),
            MathFunction.Tanh => VecMath.Tanh<V, T>(x),
            MathFunction.Sigmoid => VecMath.Sigmoid<V, T>(x),
            MathFunction.Softplus => VecMath.Softplus<V, T>(x),
            MathFunction.SinTurns => sin,
            MathFunction.CosTurns => cos,
            _ => VecMath.Rsqrt<V, T>(x),
        };
    }

    /// <summary>y = f(x) over count elements, a multiple of every vector's lanes.</summary>
    public static unsafe void Map<V, T>(MathFunction function, T* x, T* y, int count)
        where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (int i = 0; i < count; i += V.Count) V.Store(Apply<V, T>(function, V.Load(x + i)), y + i);
    }

    private static double Log1p(double x) => Math.Abs(x) < 1e-4 ? x - (x * x / 2) + (x * x * x / 3) - (x * x * x * x / 4) : Math.Log(1 + x);

    private static double Expm1(double x) => Math.Abs(x) < 1e-4 ? x + (x * x / 2) + (x * x * x / 6) + (x * x * x * x / 24) : Math.Exp(x) - 1;

    /// <summary>sin of u turns plus some quarters, reduced before the multiplication by pi.</summary>
    private static double SinQuarter(double u, int quarters)
    {
        double q = 4 * u, n = Math.Round(q), r = (q - n) * (Math.PI / 2);
        return (((int)n + quarters) & 3) switch
        {
            0 => Math.Sin(r),
            1 => Math.Cos(r),
            2 => -Math.Sin(r),
            _ => -Math.Cos(r),
        };
    }
}

internal enum MathFunction
{
    Exp,
    Expm1OfNegative,
    Log,
    Log1p,
    Tanh,
    Sigmoid,
    Softplus,
    SinTurns,
    CosTurns,
    Rsqrt,
}
