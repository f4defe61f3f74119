using System.Numerics;

namespace GenEngine.Kernels.Common;

/// <summary>
/// A SIMD vector of T as a type argument: kernels are written once over it and the JIT makes AVX-512, AVX2 and portable
/// code of them. Every operation is IEEE and lane-wise, so that all widths give the same bits; there is no multiply-add that is not fused.
/// The one-lane <see cref="V1F"/> and <see cref="V1D"/> are for tails: the same generic code gives the same bits as a vector's lanes.
/// </summary>
public unsafe interface IVec<TSelf, T>
    where TSelf : unmanaged, IVec<TSelf, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Lanes.</summary>
    static abstract int Count { get; }

    /// <summary>+0 in every lane.</summary>
    static abstract TSelf Zero { get; }

    /// <summary>The value in every lane.</summary>
    static abstract TSelf Create(T value);

    /// <summary><see cref="Count"/> elements from p on, which need not be aligned.</summary>
    static abstract TSelf Load(T* p);

    /// <summary>All lanes to p and after, which need not be aligned.</summary>
    static abstract void Store(TSelf v, T* p);

    /// <summary>Store past the caches; p is aligned to the vector. A run of them ends with <see cref="StoreFence"/>.</summary>
    static abstract void StoreNonTemporal(TSelf v, T* p);

    /// <summary>Makes non-temporal stores visible to other threads before what follows.</summary>
    static abstract void StoreFence();

    /// <summary>Loads <see cref="Count"/> bytes and converts them: T = (T)p[i].</summary>
    static abstract TSelf LoadBytes(byte* p);

    /// <summary>a + b.</summary>
    static abstract TSelf Add(TSelf a, TSelf b);

    /// <summary>a - b.</summary>
    static abstract TSelf Sub(TSelf a, TSelf b);

    /// <summary>a b, rounded by itself: no sum that follows is fused to it.</summary>
    static abstract TSelf Mul(TSelf a, TSelf b);

    /// <summary>a / b, correctly rounded; no approximate reciprocal.</summary>
    static abstract TSelf Div(TSelf a, TSelf b);

    /// <summary>a*b+c, rounded once.</summary>
    static abstract TSelf Fma(TSelf a, TSelf b, TSelf c);

    /// <summary>The square root, correctly rounded; NaN below 0, and -0 of -0.</summary>
    static abstract TSelf Sqrt(TSelf a);

    /// <summary>Clears the sign bit, of NaNs too.</summary>
    static abstract TSelf Abs(TSelf a);

    /// <summary>Flips the sign bit, of zeros and NaNs too.</summary>
    static abstract TSelf Neg(TSelf a);

    /// <summary>a &gt; b ? a : b, lane by lane; b where either is NaN and where both are zeros (as the ternary says).</summary>
    static abstract TSelf Max(TSelf a, TSelf b);

    /// <summary>a &lt; b ? a : b, lane by lane; b where either is NaN and where both are zeros.</summary>
    static abstract TSelf Min(TSelf a, TSelf b);

    /// <summary>a &gt; b ? yes : no, lane by lane.</summary>
    static abstract TSelf SelectGreater(TSelf a, TSelf b, TSelf yes, TSelf no);

    /// <summary>a == b ? yes : no, lane by lane.</summary>
    static abstract TSelf SelectEqual(TSelf a, TSelf b, TSelf yes, TSelf no);

    /// <summary>Nearest integer, ties to even.</summary>
    static abstract TSelf Round(TSelf a);

    /// <summary>The greatest integer not above a.</summary>
    static abstract TSelf Floor(TSelf a);

    /// <summary>2^n for an integral n inside the range of normal exponents.</summary>
    static abstract TSelf Pow2(TSelf n);

    /// <summary>a * 2^n, rounded once, for an integral n between the sums of two normal exponents and a near 1.</summary>
    static abstract TSelf Scale(TSelf a, TSelf n);

    /// <summary>|a| with the sign bit of sign.</summary>
    static abstract TSelf CopySign(TSelf a, TSelf sign);

    /// <summary>Splits positive normal a = m * 2^e with m in [1, 2).</summary>
    static abstract void Split(TSelf a, out TSelf mantissa, out TSelf exponent);
}

/// <summary>
/// Numbers whose bit patterns turn between exponents and integers by one addition: added to 2^23 (2^52), an integer stands
/// in the low mantissa bits.
/// </summary>
internal static class FloatBits
{
    public const int MantissaBits = 23;
    public const int MantissaMask = (1 << MantissaBits) - 1;
    public const int One = 127 << MantissaBits;
    public const int Integer = (127 + MantissaBits) << MantissaBits; // bits of 2^23
    public const float Bias = (1 << MantissaBits) + 127;
}

/// <summary>As <see cref="FloatBits"/>, for double.</summary>
internal static class DoubleBits
{
    public const int MantissaBits = 52;
    public const long MantissaMask = (1L << MantissaBits) - 1;
    public const long One = 1023L << MantissaBits;
    public const long Integer = (1023L + MantissaBits) << MantissaBits;
    public const double Bias = (1L << MantissaBits) + 1023;
}
