using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using static System.Runtime.CompilerServices.MethodImplOptions;

namespace GenEngine.Kernels.Common;

/// <summary>8 floats in an AVX2 register.</summary>
public readonly unsafe struct V256F(Vector256<float> value) : IVec<V256F, float>
{
    private readonly Vector256<float> _v = value;

    public static int Count => 8;

    public static V256F Zero => default;

    [MethodImpl(AggressiveInlining)]
    public static V256F Create(float value) => new(Vector256.Create(value));

    [MethodImpl(AggressiveInlining)]
    public static V256F Load(float* p) => new(Vector256.Load(p));

    [MethodImpl(AggressiveInlining)]
    public static void Store(V256F v, float* p) => v._v.Store(p);

    [MethodImpl(AggressiveInlining)]
    public static void StoreNonTemporal(V256F v, float* p) => v._v.StoreAlignedNonTemporal(p);

    [MethodImpl(AggressiveInlining)]
    public static void StoreFence() => Sse.StoreFence();

    [MethodImpl(AggressiveInlining)]
    public static V256F LoadBytes(byte* p) => new(Avx.ConvertToVector256Single(Avx2.ConvertToVector256Int32(p)));

    [MethodImpl(AggressiveInlining)]
    public static V256F Add(V256F a, V256F b) => new(a._v + b._v);

    [MethodImpl(AggressiveInlining)]
    public static V256F Sub(V256F a, V256F b) => new(a._v - b._v);

    [MethodImpl(AggressiveInlining)]
    public static V256F Mul(V256F a, V256F b) => new(a._v * b._v);

    [MethodImpl(AggressiveInlining)]
    public static V256F Div(V256F a, V256F b) => new(a._v / b._v);

    [MethodImpl(AggressiveInlining)]
    public static V256F Fma(V256F a, V256F b, V256F c) => new(System.Runtime.Intrinsics.X86.Fma.MultiplyAdd(a._v, b._v, c._v));

    [MethodImpl(AggressiveInlining)]
    public static V256F Sqrt(V256F a) => new(Vector256.Sqrt(a._v));

    [MethodImpl(AggressiveInlining)]
    public static V256F Abs(V256F a) => new(Vector256.Abs(a._v));

    [MethodImpl(AggressiveInlining)]
    public static V256F Neg(V256F a) => new(-a._v);

    [MethodImpl(AggressiveInlining)]
    public static V256F Max(V256F a, V256F b) => new(Avx.Max(a._v, b._v));

    [MethodImpl(AggressiveInlining)]
    public static V256F Min(V256F a, V256F b) => new(Avx.Min(a._v, b._v));

    [MethodImpl(AggressiveInlining)]
    public static V256F SelectGreater(V256F a, V256F b, V256F yes, V256F no) =>
        new(Vector256.ConditionalSelect(Vector256.GreaterThan(a._v, b._v), yes._v, no._v));

    [MethodImpl(AggressiveInlining)]
    public static V256F SelectEqual(V256F a, V256F b, V256F yes, V256F no) =>
        new(Vector256.ConditionalSelect(Vector256.Equals(a._v, b._v), yes._v, no._v));

    [MethodImpl(AggressiveInlining)]
    public static V256F Round(V256F a) => new(Vector256.Round(a._v));

    [MethodImpl(AggressiveInlining)]
    public static V256F Floor(V256F a) => new(Vector256.Floor(a._v));

    [MethodImpl(AggressiveInlining)]
    public static V256F Pow2(V256F n) =>
        new(((n._v + Vector256.Create(FloatBits.Bias)).AsInt32() << FloatBits.MantissaBits).AsSingle());

    [MethodImpl(AggressiveInlining)]
    public static V256F Scale(V256F a, V256F n)
    {
        var half = Floor(Mul(n, Create(0.5f)));
        return Mul(Mul(a, Pow2(half)), Pow2(Sub(n, half)));
    }

    [MethodImpl(AggressiveInlining)]
    public static V256F CopySign(V256F a, V256F sign) => new(Vector256.CopySign(a._v, sign._v));

    [MethodImpl(AggressiveInlining)]
    public static void Split(V256F a, out V256F mantissa, out V256F exponent)
    {
        var bits = a._v.AsInt32();
        mantissa = new(((bits & Vector256.Create(FloatBits.MantissaMask)) | Vector256.Create(FloatBits.One)).AsSingle());
        exponent = new(((bits >>> FloatBits.MantissaBits) | Vector256.Create(FloatBits.Integer)).AsSingle() - Vector256.Create(FloatBits.Bias));
    }
}

/// <summary>4 doubles in an AVX2 register.</summary>
public readonly unsafe struct V256D(Vector256<double> value) : IVec<V256D, double>
{
    private readonly Vector256<double> _v = value;

    public static int Count => 4;

    public static V256D Zero => default;

    [MethodImpl(AggressiveInlining)]
    public static V256D Create(double value) => new(Vector256.Create(value));

    [MethodImpl(AggressiveInlining)]
    public static V256D Load(double* p) => new(Vector256.Load(p));

    [MethodImpl(AggressiveInlining)]
    public static void Store(V256D v, double* p) => v._v.Store(p);

    [MethodImpl(AggressiveInlining)]
    public static void StoreNonTemporal(V256D v, double* p) => v._v.StoreAlignedNonTemporal(p);

    [MethodImpl(AggressiveInlining)]
    public static void StoreFence() => Sse.StoreFence();

    [MethodImpl(AggressiveInlining)]
    public static V256D LoadBytes(byte* p) => new(Avx.ConvertToVector256Double(Sse41.ConvertToVector128Int32(p)));

    [MethodImpl(AggressiveInlining)]
    public static V256D Add(V256D a, V256D b) => new(a._v + b._v);

    [MethodImpl(AggressiveInlining)]
    public static V256D Sub(V256D a, V256D b) => new(a._v - b._v);

    [MethodImpl(AggressiveInlining)]
    public static V256D Mul(V256D a, V256D b) => new(a._v * b._v);

    [MethodImpl(AggressiveInlining)]
    public static V256D Div(V256D a, V256D b) => new(a._v / b._v);

    [MethodImpl(AggressiveInlining)]
    public static V256D Fma(V256D a, V256D b, V256D c) => new(System.Runtime.Intrinsics.X86.Fma.MultiplyAdd(a._v, b._v, c._v));

    [MethodImpl(AggressiveInlining)]
    public static V256D Sqrt(V256D a) => new(Vector256.Sqrt(a._v));

    [MethodImpl(AggressiveInlining)]
    public static V256D Abs(V256D a) => new(Vector256.Abs(a._v));

    [MethodImpl(AggressiveInlining)]
    public static V256D Neg(V256D a) => new(-a._v);

    [MethodImpl(AggressiveInlining)]
    public static V256D Max(V256D a, V256D b) => new(Avx.Max(a._v, b._v));

    [MethodImpl(AggressiveInlining)]
    public static V256D Min(V256D a, V256D b) => new(Avx.Min(a._v, b._v));

    [MethodImpl(AggressiveInlining)]
    public static V256D SelectGreater(V256D a, V256D b, V256D yes, V256D no) =>
        new(Vector256.ConditionalSelect(Vector256.GreaterThan(a._v, b._v), yes._v, no._v));

    [MethodImpl(AggressiveInlining)]
    public static V256D SelectEqual(V256D a, V256D b, V256D yes, V256D no) =>
        new(Vector256.ConditionalSelect(Vector256.Equals(a._v, b._v), yes._v, no._v));

    [MethodImpl(AggressiveInlining)]
    public static V256D Round(V256D a) => new(Vector256.Round(a._v));

    [MethodImpl(AggressiveInlining)]
    public static V256D Floor(V256D a) => new(Vector256.Floor(a._v));

    [MethodImpl(AggressiveInlining)]
    public static V256D Pow2(V256D n) =>
        new(((n._v + Vector256.Create(DoubleBits.Bias)).AsInt64() << DoubleBits.MantissaBits).AsDouble());

    [MethodImpl(AggressiveInlining)]
    public static V256D Scale(V256D a, V256D n)
    {
        var half = Floor(Mul(n, Create(0.5)));
        return Mul(Mul(a, Pow2(half)), Pow2(Sub(n, half)));
    }

    [MethodImpl(AggressiveInlining)]
    public static V256D CopySign(V256D a, V256D sign) => new(Vector256.CopySign(a._v, sign._v));

    [MethodImpl(AggressiveInlining)]
    public static void Split(V256D a, out V256D mantissa, out V256D exponent)
    {
        var bits = a._v.AsInt64();
        mantissa = new(((bits & Vector256.Create(DoubleBits.MantissaMask)) | Vector256.Create(DoubleBits.One)).AsDouble());
        exponent = new(((bits >>> DoubleBits.MantissaBits) | Vector256.Create(DoubleBits.Integer)).AsDouble() - Vector256.Create(DoubleBits.Bias));
    }
}
