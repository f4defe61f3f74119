using System.Numerics;
using System.Runtime.CompilerServices;
using static System.Runtime.CompilerServices.MethodImplOptions;

namespace GenEngine.Kernels.Common;

/// <summary>
/// exp, log, tanh and the like over vectors: the twin of Common/math.cuh, the same IEEE operations in the same order, so that
/// every width and the CUDA sources give the same bits (NaNs aside: any NaN equals any other). Domains are whole: infinities,
/// NaN, overflow and denormals come out as IEEE 754 asks, except that log1p(-0) is +0. Largest errors found in units in
/// the last place, float (over tens of millions of arguments, exp over all) and in brackets double (over thousands, in fixed point): exp 0.99 (0.90),
/// expm1 0.96 (0.93), log 0.94 (0.64), log1p 1.56 (0.68), tanh 2.63 (1.91), sigmoid 2.34 (1.95), softplus 1.84 (1.25), sin and cos 0.92 (0.84).
/// </summary>
/// <remarks>
/// Arguments are reduced as in Cody and Waite (1980); polynomials are minimax fits (Remez exchange) of the form that each
/// function names. Only fused multiply-adds, so nothing is left for a compiler to contract.
/// </remarks>
public static partial class VecMath
{
    /// <summary>e^x; +inf past the largest number, denormals and then 0 below.</summary>
    [MethodImpl(AggressiveInlining)]
    public static V Exp<V, T>(V x) where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T>
    {
        bool single = typeof(T) == typeof(float);
        // beyond these e^x is 0 or infinite, and 2^n stays in reach of Scale; written so that a NaN passes
        x = V.Max(Constant<V, T>(single ? -104 : -746), x);
        x = V.Min(Constant<V, T>(single ? 89 : 710), x);
        var p = ExpReduced<V, T>(x, out var n);
        return V.Scale(V.Add(p, Constant<V, T>(1)), n);
    }

    /// <summary>e^x - 1 for x &lt;= 0, with full relative accuracy near 0.</summary>
    [MethodImpl(AggressiveInlining)]
    public static V Expm1OfNegative<V, T>(V x) where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T> =>
        Expm1Core<V, T>(V.Max(Constant<V, T>(typeof(T) == typeof(float) ? -32 : -64), x)); // beyond, e^x no longer changes the -1

    /// <summary>Natural logarithm; -inf at zero, NaN below.</summary>
    [MethodImpl(AggressiveInlining)]
    public static V Log<V, T>(V x) where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T>
    {
        bool single = typeof(T) == typeof(float);
        V zero = V.Zero, one = Constant<V, T>(1), infinity = Constant<V, T>(double.PositiveInfinity);
        var smallest = Constant<V, T>(single ? 1.17549435e-38 : 2.2250738585072014e-308);
        var normal = V.SelectGreater(smallest, x, V.Mul(x, Constant<V, T>(single ? 16777216 : 18014398509481984)), x);
        V.Split(normal, out var m, out var e);
        e = V.SelectGreater(smallest, x, V.Sub(e, Constant<V, T>(single ? 24 : 54)), e);
        Center<V, T>(ref m, ref e);
        var y = LogCore<V, T>(V.Sub(m, one), e);
        y = V.SelectGreater(x, zero, y, V.SelectEqual(x, zero, V.Neg(infinity), Constant<V, T>(double.NaN)));
        return V.SelectEqual(x, infinity, infinity, y);
    }

    /// <summary>log(1 + x) with full relative accuracy near 0; -inf at -1, NaN below.</summary>
    [MethodImpl(AggressiveInlining)]
    public static V Log1p<V, T>(V x) where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T>
    {
        V one = Constant<V, T>(1), infinity = Constant<V, T>(double.PositiveInfinity), far = Constant<V, T>(60);
        var w = V.Add(x, one);
        V.Split(w, out var m, out var e);
        Center<V, T>(ref m, ref e);
        // (1 + x) / 2^e - 1, rounded once, instead of what is left of x in the rounded 1 + x
        var scale = V.Pow2(V.Neg(V.Min(e, far)));
        var f = V.SelectGreater(e, far, V.Sub(m, one), V.Fma(x, scale, V.Sub(scale, one)));
        var y = LogCore<V, T>(f, e);
        y = V.SelectGreater(w, V.Zero, y, V.SelectEqual(w, V.Zero, V.Neg(infinity), Constant<V, T>(double.NaN)));
        return V.SelectEqual(x, infinity, infinity, y);
    }

    /// <summary>
    /// Hyperbolic tangent, with g = e^2|x| - 1: g / (g + 2) near 0, which keeps the relative accuracy, and 1 - 2 / (g + 2) where that is above 1/2.
    /// </summary>
    [MethodImpl(AggressiveInlining)]
    public static V Tanh<V, T>(V x) where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T>
    {
        V one = Constant<V, T>(1), two = Constant<V, T>(2);
        var g = Expm1Core<V, T>(V.Min(Constant<V, T>(typeof(T) == typeof(float) ? 32 : 64), V.Mul(V.Abs(x), two))); // beyond, tanh is 1
        var t = V.Div(V.SelectGreater(g, two, two, g), V.Add(g, two));
        t = V.SelectGreater(g, two, V.Sub(one, t), t);
        return V.CopySign(t, x);
    }

    /// <summary>1 / (1 + e^-x), without overflow on either side.</summary>
    [MethodImpl(AggressiveInlining)]
    public static V Sigmoid<V, T>(V x) where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T>
    {
        var one = Constant<V, T>(1);
        var e = Exp<V, T>(V.Neg(V.Abs(x)));
        return V.Div(V.SelectGreater(x, V.Zero, one, e), V.Add(e, one));
    }

    /// <summary>log(1 + e^x) = max(x, 0) + log1p(e^-|x|).</summary>
    [MethodImpl(AggressiveInlining)]
    public static V Softplus<V, T>(V x) where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T> =>
        V.Add(Log1pOfUnit<V, T>(Exp<V, T>(V.Neg(V.Abs(x)))), V.Max(x, V.Zero));

    /// <summary>log(1 + u) for u in [0, 1]: the exponent of 1 + u is 0 or 1, and there is nothing to split.</summary>
    [MethodImpl(AggressiveInlining)]
    public static V Log1pOfUnit<V, T>(V u) where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T>
    {
        var limit = Constant<V, T>(typeof(T) == typeof(float) ? 0.333333343 : 0.41421356237309503);
        var f = V.SelectGreater(u, limit, V.Fma(u, Constant<V, T>(0.5), Constant<V, T>(-0.5)), u);
        return LogCore<V, T>(f, V.SelectGreater(u, limit, Constant<V, T>(1), V.Zero));
    }

    /// <summary>sin(2 pi u) and cos(2 pi u) for u in [0, 1], u in turns: exact reduction to an eighth of a turn.</summary>
    [MethodImpl(AggressiveInlining)]
    public static void SinCosTurns<V, T>(V u, out V sin, out V cos) where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T>
    {
        var one = Constant<V, T>(1);
        var quarters = V.Mul(u, Constant<V, T>(4));
        var n = V.Round(quarters);
        var r = V.Sub(quarters, n);
        SinCosCore<V, T>(r, out var s, out var c);
        var half = V.Mul(n, Constant<V, T>(0.5));
        var odd = V.Sub(half, V.Round(half));
        sin = V.SelectEqual(odd, V.Zero, s, c);
        cos = V.SelectEqual(odd, V.Zero, c, s);
        sin = V.SelectGreater(one, V.Abs(V.Sub(n, Constant<V, T>(2.5))), V.Neg(sin), sin); // n = 2, 3
        cos = V.SelectGreater(one, V.Abs(V.Sub(n, Constant<V, T>(1.5))), V.Neg(cos), cos); // n = 1, 2
    }

    /// <summary>1 / sqrt(x), two roundings.</summary>
    [MethodImpl(AggressiveInlining)]
    public static V Rsqrt<V, T>(V x) where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T> =>
        V.Div(Constant<V, T>(1), V.Sqrt(x));

    /// <summary>A constant in every lane, rounded to T at compile time.</summary>
    [MethodImpl(AggressiveInlining)]
    public static V Constant<V, T>(double value) where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T> =>
        V.Create(typeof(T) == typeof(float) ? Unsafe.BitCast<float, T>((float)value) : Unsafe.BitCast<double, T>(value));
}
