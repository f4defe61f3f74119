using System.Runtime.CompilerServices;
using static System.Runtime.CompilerServices.MethodImplOptions;

namespace GenEngine.Kernels.Common;

/// <summary>One float: the tail of a vector loop, and the definition that the vectors are tested against.</summary>
public readonly unsafe struct V1F(float value) : IVec<V1F, float>
{
    private readonly float _v = value;

    public static int Count => 1;

    public static V1F Zero => default;

    [MethodImpl(AggressiveInlining)]
    public static V1F Create(float value) => new(value);

    [MethodImpl(AggressiveInlining)]
    public static V1F Load(float* p) => new(*p);

    [MethodImpl(AggressiveInlining)]
    public static void Store(V1F v, float* p) => *p = v._v;

    [MethodImpl(AggressiveInlining)]
    public static void StoreNonTemporal(V1F v, float* p) => *p = v._v;

    [MethodImpl(AggressiveInlining)]
    public static void StoreFence() { }

    [MethodImpl(AggressiveInlining)]
    public static V1F LoadBytes(byte* p) => new(*p);

    [MethodImpl(AggressiveInlining)]
    public static V1F Add(V1F a, V1F b) => new(a._v + b._v);

    [MethodImpl(AggressiveInlining)]
    public static V1F Sub(V1F a, V1F b) => new(a._v - b._v);

    [MethodImpl(AggressiveInlining)]
    public static V1F Mul(V1F a, V1F b) => new(a._v * b._v);

    [MethodImpl(AggressiveInlining)]
    public static V1F Div(V1F a, V1F b) => new(a._v / b._v);

    [MethodImpl(AggressiveInlining)]
    public static V1F Fma(V1F a, V1F b, V1F c) => new(float.FusedMultiplyAdd(a._v, b._v, c._v));

    [MethodImpl(AggressiveInlining)]
    public static V1F Sqrt(V1F a) => new(float.Sqrt(a._v));

    [MethodImpl(AggressiveInlining)]
    public static V1F Abs(V1F a) => new(float.Abs(a._v));

    [MethodImpl(AggressiveInlining)]
    public static V1F Neg(V1F a) => new(-a._v);

    [MethodImpl(AggressiveInlining)]
    public static V1F Max(V1F a, V1F b) => new(a._v > b._v ? a._v : b._v);

    [MethodImpl(AggressiveInlining)]
    public static V1F Min(V1F a, V1F b) => new(a._v < b._v ? a._v : b._v);

    [MethodImpl(AggressiveInlining)]
    public static V1F SelectGreater(V1F a, V1F b, V1F yes, V1F no) => a._v > b._v ? yes : no;

    [MethodImpl(AggressiveInlining)]
    public static V1F SelectEqual(V1F a, V1F b, V1F yes, V1F no) => a._v == b._v ? yes : no;

    [MethodImpl(AggressiveInlining)]
    public static V1F Round(V1F a) => new(float.Round(a._v));

    [MethodImpl(AggressiveInlining)]
    public static V1F Floor(V1F a) => new(float.Floor(a._v));

    [MethodImpl(AggressiveInlining)]
    public static V1F Pow2(V1F n) => new(BitConverter.Int32BitsToSingle(BitConverter.SingleToInt32Bits(n._v + FloatBits.Bias) << FloatBits.MantissaBits));

    [MethodImpl(AggressiveInlining)]
    public static V1F Scale(V1F a, V1F n)
    {
        var half = Floor(Mul(n, Create(0.5f)));
        return Mul(Mul(a, Pow2(half)), Pow2(Sub(n, half)));
    }

    [MethodImpl(AggressiveInlining)]
    public static V1F CopySign(V1F a, V1F sign) => new(MathF.CopySign(a._v, sign._v));

    [MethodImpl(AggressiveInlining)]
    public static void Split(V1F a, out V1F mantissa, out V1F exponent)
    {
        int bits = BitConverter.SingleToInt32Bits(a._v);
        mantissa = new(BitConverter.Int32BitsToSingle((bits & FloatBits.MantissaMask) | FloatBits.One));
        exponent = new(BitConverter.Int32BitsToSingle((bits >>> FloatBits.MantissaBits) | FloatBits.Integer) - FloatBits.Bias);
    }
}

/// <summary>One double: the tail of a vector loop, and the definition that the vectors are tested against.</summary>
public readonly unsafe struct V1D(double value) : IVec<V1D, double>
{
    private readonly double _v = value;

    public static int Count => 1;

    public static V1D Zero => default;

    [MethodImpl(AggressiveInlining)]
    public static V1D Create(double value) => new(value);

    [MethodImpl(AggressiveInlining)]
    public static V1D Load(double* p) => new(*p);

    [MethodImpl(AggressiveInlining)]
    public static void Store(V1D v, double* p) => *p = v._v;

    [MethodImpl(AggressiveInlining)]
    public static void StoreNonTemporal(V1D v, double* p) => *p = v._v;

    [MethodImpl(AggressiveInlining)]
    public static void StoreFence() { }

    [MethodImpl(AggressiveInlining)]
    public static V1D LoadBytes(byte* p) => new(*p);

    [MethodImpl(AggressiveInlining)]
    public static V1D Add(V1D a, V1D b) => new(a._v + b._v);

    [MethodImpl(AggressiveInlining)]
    public static V1D Sub(V1D a, V1D b) => new(a._v - b._v);

    [MethodImpl(AggressiveInlining)]
    public static V1D Mul(V1D a, V1D b) => new(a._v * b._v);

    [MethodImpl(AggressiveInlining)]
    public static V1D Div(V1D a, V1D b) => new(a._v / b._v);

    [MethodImpl(AggressiveInlining)]
    public static V1D Fma(V1D a, V1D b, V1D c) => new(double.FusedMultiplyAdd(a._v, b._v, c._v));

    [MethodImpl(AggressiveInlining)]
    public static V1D Sqrt(V1D a) => new(double.Sqrt(a._v));

    [MethodImpl(AggressiveInlining)]
    public static V1D Abs(V1D a) => new(double.Abs(a._v));

    [MethodImpl(AggressiveInlining)]
    public static V1D Neg(V1D a) => new(-a._v);

    [MethodImpl(AggressiveInlining)]
    public static V1D Max(V1D a, V1D b) => new(a._v > b._v ? a._v : b._v);

    [MethodImpl(AggressiveInlining)]
    public static V1D Min(V1D a, V1D b) => new(a._v < b._v ? a._v : b._v);

    [MethodImpl(AggressiveInlining)]
    public static V1D SelectGreater(V1D a, V1D b, V1D yes, V1D no) => a._v > b._v ? yes : no;

    [MethodImpl(AggressiveInlining)]
    public static V1D SelectEqual(V1D a, V1D b, V1D yes, V1D no) => a._v == b._v ? yes : no;

    [MethodImpl(AggressiveInlining)]
    public static V1D Round(V1D a) => new(double.Round(a._v));

    [MethodImpl(AggressiveInlining)]
    public static V1D Floor(V1D a) => new(double.Floor(a._v));

    [MethodImpl(AggressiveInlining)]
    public static V1D Pow2(V1D n) => new(BitConverter.Int64BitsToDouble(BitConverter.DoubleToInt64Bits(n._v + DoubleBits.Bias) << DoubleBits.MantissaBits));

    [MethodImpl(AggressiveInlining)]
    public static V1D Scale(V1D a, V1D n)
    {
        var half = Floor(Mul(n, Create(0.5)));
        return Mul(Mul(a, Pow2(half)), Pow2(Sub(n, half)));
    }

    [MethodImpl(AggressiveInlining)]
    public static V1D CopySign(V1D a, V1D sign) => new(Math.CopySign(a._v, sign._v));

    [MethodImpl(AggressiveInlining)]
    public static void Split(V1D a, out V1D mantissa, out V1D exponent)
    {
        long bits = BitConverter.DoubleToInt64Bits(a._v);
        mantissa = new(BitConverter.Int64BitsToDouble((bits & DoubleBits.MantissaMask) | DoubleBits.One));
        exponent = new(BitConverter.Int64BitsToDouble((bits >>> DoubleBits.MantissaBits) | DoubleBits.Integer) - DoubleBits.Bias);
    }
}
