using System.Numerics;

namespace GenEngine.Tests.Kernels.Common;

/// <summary>
/// Elementary functions in fixed point with 1280 bits after the point: exact enough that a double's last place is a rounding
/// grain. The reference for VecMath's double versions.
/// </summary>
internal static class BigMath
{
    private const int Bits = 1280;
    private static readonly BigInteger One = BigInteger.One << Bits;
    private static readonly BigInteger TwoPi = 8 * (4 * ArcTanOfInverse(5) - ArcTanOfInverse(239)); // Machin

    public static BigInteger From(double value)
    {
        long bits = BitConverter.DoubleToInt64Bits(value);
        int exponent = (int)(bits >>> 52) & 0x7FF;
        long mantissa = bits & 0xFFFFFFFFFFFFFL;
        if (exponent > 0) mantissa |= 1L << 52;
        var fixedPoint = new BigInteger(mantissa) << (Bits - 1074 + Math.Max(exponent, 1) - 1);
        return bits < 0 ? -fixedPoint : fixedPoint;
    }

    /// <summary>|value - exact| in units in the last place of exact as a double.</summary>
    public static double Ulps(double value, BigInteger exact)
    {
        var magnitude = BigInteger.Abs(exact);
        int exponent = Math.Max((int)magnitude.GetBitLength() - 1 - Bits, -1022);
        if (exponent > 1023) return double.IsInfinity(value) ? 0 : double.PositiveInfinity;
        if (!double.IsFinite(value)) return double.PositiveInfinity;
        var error = BigInteger.Abs(From(value) - exact) >> (exponent - 52 + Bits - 20);
        return (double)error / (1 << 20);
    }

    public static BigInteger Exp(BigInteger x)
    {
        const int halvings = 20;
        var r = x >> (halvings + 10);
        BigInteger term = One, sum = One;
        for (int k = 1; !term.IsZero; k++)
        {
            term = Mul(term, r) / k;
            sum += term;
        }

        for (int i = 0; i < halvings + 10; i++) sum = Mul(sum, sum);
        return sum;
    }

    /// <summary>y with e^y = x, two steps of Halley's method from a guess.</summary>
    public static BigInteger Log(BigInteger x, double guess)
    {
        var y = From(guess);
        for (int i = 0; i < 2; i++)
        {
            var e = Exp(y);
            y += Div(2 * (x - e), x + e);
        }

        return y;
    }

    public static BigInteger Log(double x) => Log(From(x), Math.Log(x));

    public static BigInteger Log1p(double x) => Log(One + From(x), Math.Abs(x) < 1e-5 ? x - (x * x / 2) : Math.Log(1 + x));

    public static BigInteger Expm1(double x) => Exp(From(x)) - One;

    public static BigInteger Tanh(double x)
    {
        var e = Exp(2 * From(x));
        return Div(e - One, e + One);
    }

    public static BigInteger Sigmoid(double x) => Div(One, One + Exp(-From(x)));

    public static BigInteger Softplus(double x)
    {
        var e = Exp(From(x));
        double small = Math.Exp(-Math.Abs(x));
        return Log(One + e, Math.Max(x, 0) + (small < 1e-5 ? small : Math.Log(1 + small)));
    }

    public static BigInteger SinTurns(double u) => Series(Mul(TwoPi, From(u)), 1);

    public static BigInteger CosTurns(double u) => Series(Mul(TwoPi, From(u)), 0);

    /// <summary>Sum of (-1)^k x^n / n! over n = first, first + 2, ...</summary>
    private static BigInteger Series(BigInteger x, int first)
    {
        var square = Mul(x, x);
        BigInteger term = first == 0 ? One : x, sum = term;
        for (int n = first + 2; !term.IsZero; n += 2)
        {
            term = -Mul(term, square) / (n * (n - 1));
            sum += term;
        }

        return sum;
    }

    private static BigInteger ArcTanOfInverse(int n)
    {
        BigInteger power = One / n, sum = power;
        for (int k = 3; !power.IsZero; k += 2)
        {
            power = -power / (n * n);
            sum += power / k;
        }

        return sum;
    }

    private static BigInteger Mul(BigInteger a, BigInteger b) => (a * b) >> Bits;

    private static BigInteger Div(BigInteger a, BigInteger b) => (a << Bits) / b;
}
