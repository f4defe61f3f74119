using System.Numerics;
using System.Runtime.CompilerServices;
using static System.Runtime.CompilerServices.MethodImplOptions;

namespace GenEngine.Kernels.Common;

// The polynomials behind VecMath, each for an argument already reduced; coefficients as in Common/math.cuh.
public static partial class VecMath
{
    /// <summary>x = n ln 2 + r with |r| &lt;= ln(2)/2 (n rounded by adding 1.5 * 2^23 or 2^52); returns e^r - 1.</summary>
    [MethodImpl(AggressiveInlining)]
    private static V ExpReduced<V, T>(V x, out V n) where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T>
    {
        V r, q;
        if (typeof(T) == typeof(float))
        {
            var shift = Constant<V, T>(12582912);
            n = V.Sub(V.Fma(x, Constant<V, T>(1.44269502), shift), shift);
            r = V.Fma(n, Constant<V, T>(-0.693147182), x);
            r = V.Fma(n, Constant<V, T>(1.90465421e-09), r);
            q = Constant<V, T>(0.00136950461);
            q = V.Fma(q, r, Constant<V, T>(0.00836928654));
            q = V.Fma(q, r, Constant<V, T>(0.0416702405));
            q = V.Fma(q, r, Constant<V, T>(0.166665152));
            q = V.Fma(q, r, Constant<V, T>(0.499999881));
        }
        else
        {
            var shift = Constant<V, T>(6755399441055744);
            n = V.Sub(V.Fma(x, Constant<V, T>(1.4426950408889634), shift), shift);
            r = V.Fma(n, Constant<V, T>(-0.6931471805599453), x);
            r = V.Fma(n, Constant<V, T>(-2.3190468138462996e-17), r);
            q = Constant<V, T>(2.5000025639306948e-08);
            q = V.Fma(q, r, Constant<V, T>(2.7630286721497826e-07));
            q = V.Fma(q, r, Constant<V, T>(2.7557586681090842e-06));
            q = V.Fma(q, r, Constant<V, T>(2.480149299995795e-05));
            q = V.Fma(q, r, Constant<V, T>(0.00019841269506023075));
            q = V.Fma(q, r, Constant<V, T>(0.0013888888943716273));
            q = V.Fma(q, r, Constant<V, T>(0.008333333333494812));
            q = V.Fma(q, r, Constant<V, T>(0.04166666666652987));
            q = V.Fma(q, r, Constant<V, T>(0.16666666666666413));
            q = V.Fma(q, r, Constant<V, T>(0.5000000000000011));
        }

        return V.Fma(V.Mul(r, r), q, r);
    }

    /// <summary>e^x - 1 where 2^n is a normal number.</summary>
    [MethodImpl(AggressiveInlining)]
    private static V Expm1Core<V, T>(V x) where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T>
    {
        var p = ExpReduced<V, T>(x, out var n);
        var scale = V.Pow2(n);
        return V.Fma(scale, p, V.Sub(scale, Constant<V, T>(1)));
    }

    /// <summary>Moves m from [1, 2) to where LogCore is centred, leaving m * 2^e as it is.</summary>
    [MethodImpl(AggressiveInlining)]
    private static void Center<V, T>(ref V m, ref V e) where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T>
    {
        var limit = Constant<V, T>(typeof(T) == typeof(float) ? 1.33333337 : 1.4142135623730951);
        e = V.SelectGreater(m, limit, V.Add(e, Constant<V, T>(1)), e);
        m = V.SelectGreater(m, limit, V.Mul(m, Constant<V, T>(0.5)), m);
    }

    /// <summary>
    /// log(1 + f) + e ln 2. float: f + f^2 q(f) for |f| &lt;= 1/3. double: 2 atanh(s) with s = f / (2 + f), for
    /// 1 + f in [sqrt(1/2), sqrt(2)], written as f - (f^2/2 - s (f^2/2 + s^2 q(s^2))) so that s's rounding hardly matters.
    /// </summary>
    [MethodImpl(AggressiveInlining)]
    private static V LogCore<V, T>(V f, V e) where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T>
    {
        V q;
        var square = V.Mul(f, f);
        if (typeof(T) == typeof(float))
        {
            q = Constant<V, T>(-0.129491165);
            q = V.Fma(q, f, Constant<V, T>(0.140047655));
            q = V.Fma(q, f, Constant<V, T>(-0.121671177));
            q = V.Fma(q, f, Constant<V, T>(0.140011594));
            q = V.Fma(q, f, Constant<V, T>(-0.166823089));
            q = V.Fma(q, f, Constant<V, T>(0.20010747));
            q = V.Fma(q, f, Constant<V, T>(-0.249997169));
            q = V.Fma(q, f, Constant<V, T>(0.333332092));
            q = V.Fma(q, f, Constant<V, T>(-0.5));
            return V.Fma(e, Constant<V, T>(0.693147182), V.Fma(square, q, f));
        }

        var s = V.Div(f, V.Add(f, Constant<V, T>(2)));
        var z = V.Mul(s, s);
        q = Constant<V, T>(0.14796444171509285);
        q = V.Fma(q, z, Constant<V, T>(0.1531400381080975));
        q = V.Fma(q, z, Constant<V, T>(0.18183566043572685));
        q = V.Fma(q, z, Constant<V, T>(0.2222219854236124));
        q = V.Fma(q, z, Constant<V, T>(0.28571428742664773));
        q = V.Fma(q, z, Constant<V, T>(0.3999999999941355));
        q = V.Fma(q, z, Constant<V, T>(0.6666666666666734));
        var half = V.Mul(square, Constant<V, T>(0.5));
        var rest = V.Mul(s, V.Fma(z, q, half));
        rest = V.Fma(e, Constant<V, T>(2.3190468138462996e-17), rest);
        return V.Fma(e, Constant<V, T>(0.6931471805599453), V.Sub(f, V.Sub(half, rest)));
    }

    /// <summary>sin and cos of r quarter turns, |r| &lt;= 1/2: c0 r + r (q(z)) and 1 + z q(z) with z = r^2.</summary>
    [MethodImpl(AggressiveInlining)]
    private static void SinCosCore<V, T>(V r, out V sin, out V cos) where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T>
    {
        V s, c, z = V.Mul(r, r), one = Constant<V, T>(1);
        if (typeof(T) == typeof(float))
        {
            s = Constant<V, T>(0.000158195078);
            s = V.Fma(s, z, Constant<V, T>(-0.00468126079));
            s = V.Fma(s, z, Constant<V, T>(0.0796925798));
            s = V.Fma(s, z, Constant<V, T>(-0.645964086));
            s = V.Fma(s, z, Constant<V, T>(-4.37113883e-08)); // pi/2 less its rounding below
            c = Constant<V, T>(0.000904021668);
            c = V.Fma(c, z, Constant<V, T>(-0.0208602883));
            c = V.Fma(c, z, Constant<V, T>(0.253669232));
            c = V.Fma(c, z, Constant<V, T>(-1.23370051));
            sin = V.Fma(Constant<V, T>(1.57079637), r, V.Mul(s, r));
        }
        else
        {
            s = Constant<V, T>(5.633721100202825e-08);
            s = V.Fma(s, z, Constant<V, T>(-3.598641755244711e-06));
            s = V.Fma(s, z, Constant<V, T>(0.00016044115029191622));
            s = V.Fma(s, z, Constant<V, T>(-0.004681754132282457));
            s = V.Fma(s, z, Constant<V, T>(0.07969262624603957));
            s = V.Fma(s, z, Constant<V, T>(-0.6459640975062443));
            s = V.Fma(s, z, Constant<V, T>(6.123233995736766e-17)); // pi/2 less its rounding below
            c = Constant<V, T>(-6.321892493969778e-09);
            c = V.Fma(c, z, Constant<V, T>(4.7106156582210805e-07));
            c = V.Fma(c, z, Constant<V, T>(-2.5202036991559027e-05));
            c = V.Fma(c, z, Constant<V, T>(0.0009192602742250383));
            c = V.Fma(c, z, Constant<V, T>(-0.020863480763315442));
            c = V.Fma(c, z, Constant<V, T>(0.2536695079010469));
            c = V.Fma(c, z, Constant<V, T>(-1.2337005501361697));
            sin = V.Fma(Constant<V, T>(1.5707963267948966), r, V.Mul(s, r));
        }

        cos = V.Fma(c, z, one);
    }
}
