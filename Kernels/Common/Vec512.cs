using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using static System.Runtime.CompilerServices.MethodImplOptions;

namespace GenEngine.Kernels.Common;

/// <summary>16 floats in an AVX-512 register.</summary>
public readonly unsafe struct V512F(Vector512<float> value) : IVec<V512F, float>
{
    private readonly Vector512<float> _v = value;

    public static int Count => 16;

    public static V512F Zero => default;

    [MethodImpl(AggressiveInlining)]
    public static V512F Create(float value) => new(Vector512.Create(value));

    [MethodImpl(AggressiveInlining)]
    public static V512F Load(float* p) => new(Vector512.Load(p));

    [MethodImpl(AggressiveInlining)]
    public static void Store(V512F v, float* p) => v._v.Store(p);

    [MethodImpl(AggressiveInlining)]
    public static void StoreNonTemporal(V512F v, float* p) => v._v.StoreAlignedNonTemporal(p);

    [MethodImpl(AggressiveInlining)]
    public static void StoreFence() => Sse.StoreFence();

    [MethodImpl(AggressiveInlining)]
    public static V512F LoadBytes(byte* p) => new(Avx512F.ConvertToVector512Single(Avx512F.ConvertToVector512Int32(Vector128.Load(p))));

    [MethodImpl(AggressiveInlining)]
    public static V512F Add(V512F a, V512F b) => new(a._v + b._v);

    [MethodImpl(AggressiveInlining)]
    public static V512F Sub(V512F a, V512F b) => new(a._v - b._v);

    [MethodImpl(AggressiveInlining)]
    public static V512F Mul(V512F a, V512F b) => new(a._v * b._v);

    [MethodImpl(AggressiveInlining)]
    public static V512F Div(V512F a, V512F b) => new(a._v / b._v);

    [MethodImpl(AggressiveInlining)]
    public static V512F Fma(V512F a, V512F b, V512F c) => new(Avx512F.FusedMultiplyAdd(a._v, b._v, c._v));

    [MethodImpl(AggressiveInlining)]
    public static V512F Sqrt(V512F a) => new(Vector512.Sqrt(a._v));

    [MethodImpl(AggressiveInlining)]
    public static V512F Abs(V512F a) => new(Vector512.Abs(a._v));

    [MethodImpl(AggressiveInlining)]
    public static V512F Neg(V512F a) => new(-a._v);

    [MethodImpl(AggressiveInlining)]
    public static V512F Max(V512F a, V512F b) => new(Avx512F.Max(a._v, b._v));

    [MethodImpl(AggressiveInlining)]
    public static V512F Min(V512F a, V512F b) => new(Avx512F.Min(a._v, b._v));

    [MethodImpl(AggressiveInlining)]
    public static V512F SelectGreater(V512F a, V512F b, V512F yes, V512F no) =>
        new(Vector512.ConditionalSelect(Vector512.GreaterThan(a._v, b._v), yes._v, no._v));

    [MethodImpl(AggressiveInlining)]
    public static V512F SelectEqual(V512F a, V512F b, V512F yes, V512F no) =>
        new(Vector512.ConditionalSelect(Vector512.Equals(a._v, b._v), yes._v, no._v));

    [MethodImpl(AggressiveInlining)]
    public static V512F Round(V512F a) => new(Vector512.Round(a._v));

    [MethodImpl(AggressiveInlining)]
    public static V512F Floor(V512F a) => new(Vector512.Floor(a._v));

    [MethodImpl(AggressiveInlining)]
    public static V512F Pow2(V512F n) =>
        new(((n._v + Vector512.Create(FloatBits.Bias)).AsInt32() << FloatBits.MantissaBits).AsSingle());

    [MethodImpl(AggressiveInlining)]
    public static V512F Scale(V512F a, V512F n) => new(Avx512F.Scale(a._v, n._v));

    [MethodImpl(AggressiveInlining)]
    public static V512F CopySign(V512F a, V512F sign) => new(Vector512.CopySign(a._v, sign._v));

    [MethodImpl(AggressiveInlining)]
    public static void Split(V512F a, out V512F mantissa, out V512F exponent)
    {
        var bits = a._v.AsInt32();
        mantissa = new(((bits & Vector512.Create(FloatBits.MantissaMask)) | Vector512.Create(FloatBits.One)).AsSingle());
        exponent = new(((bits >>> FloatBits.MantissaBits) | Vector512.Create(FloatBits.Integer)).AsSingle() - Vector512.Create(FloatBits.Bias));
    }
}

/// <summary>8 doubles in an AVX-512 register.</summary>
public readonly unsafe struct V512D(Vector512<double> value) : IVec<V512D, double>
{
    private readonly Vector512<double> _v = value;

    public static int Count => 8;

    public static V512D Zero => default;

    [MethodImpl(AggressiveInlining)]
    public static V512D Create(double value) => new(Vector512.Create(value));

    [MethodImpl(AggressiveInlining)]
    public static V512D Load(double* p) => new(Vector512.Load(p));

    [MethodImpl(AggressiveInlining)]
    public static void Store(V512D v, double* p) => v._v.Store(p);

    [MethodImpl(AggressiveInlining)]
    public static void StoreNonTemporal(V512D v, double* p) => v._v.StoreAlignedNonTemporal(p);

    [MethodImpl(AggressiveInlining)]
    public static void StoreFence() => Sse.StoreFence();

    [MethodImpl(AggressiveInlining)]
    public static V512D LoadBytes(byte* p) => new(Avx512F.ConvertToVector512Double(Avx2.ConvertToVector256Int32(p)));

    [MethodImpl(AggressiveInlining)]
    public static V512D Add(V512D a, V512D b) => new(a._v + b._v);

    [MethodImpl(AggressiveInlining)]
    public static V512D Sub(V512D a, V512D b) => new(a._v - b._v);

    [MethodImpl(AggressiveInlining)]
    public static V512D Mul(V512D a, V512D b) => new(a._v * b._v);

    [MethodImpl(AggressiveInlining)]
    public static V512D Div(V512D a, V512D b) => new(a._v / b._v);

    [MethodImpl(AggressiveInlining)]
    public static V512D Fma(V512D a, V512D b, V512D c) => new(Avx512F.FusedMultiplyAdd(a._v, b._v, c._v));

    [MethodImpl(AggressiveInlining)]
    public static V512D Sqrt(V512D a) => new(Vector512.Sqrt(a._v));

    [MethodImpl(AggressiveInlining)]
    public static V512D Abs(V512D a) => new(Vector512.Abs(a._v));

    [MethodImpl(AggressiveInlining)]
    public static V512D Neg(V512D a) => new(-a._v);

    [MethodImpl(AggressiveInlining)]
    public static V512D Max(V512D a, V512D b) => new(Avx512F.Max(a._v, b._v));

    [MethodImpl(AggressiveInlining)]
    public static V512D Min(V512D a, V512D b) => new(Avx512F.Min(a._v, b._v));

    [MethodImpl(AggressiveInlining)]
    public static V512D SelectGreater(V512D a, V512D b, V512D yes, V512D no) =>
        new(Vector512.ConditionalSelect(Vector512.GreaterThan(a._v, b._v), yes._v, no._v));

    [MethodImpl(AggressiveInlining)]
    public static V512D SelectEqual(V512D a, V512D b, V512D yes, V512D no) =>
        new(Vector512.ConditionalSelect(Vector512.Equals(a._v, b._v), yes._v, no._v));

    [MethodImpl(AggressiveInlining)]
    public static V512D Round(V512D a) => new(Vector512.Round(a._v));

    [MethodImpl(AggressiveInlining)]
    public static V512D Floor(V512D a) => new(Vector512.Floor(a._v));

    [MethodImpl(AggressiveInlining)]
    public static V512D Pow2(V512D n) =>
        new(((n._v + Vector512.Create(DoubleBits.Bias)).AsInt64() << DoubleBits.MantissaBits).AsDouble());

    [MethodImpl(AggressiveInlining)]
    public static V512D Scale(V512D a, V512D n) => new(Avx512F.Scale(a._v, n._v));

    [MethodImpl(AggressiveInlining)]
    public static V512D CopySign(V512D a, V512D sign) => new(Vector512.CopySign(a._v, sign._v));

    [MethodImpl(AggressiveInlining)]
    public static void Split(V512D a, out V512D mantissa, out V512D exponent)
    {
        var bits = a._v.AsInt64();
        mantissa = new(((bits & Vector512.Create(DoubleBits.MantissaMask)) | Vector512.Create(DoubleBits.One)).AsDouble());
        exponent = new(((bits >>> DoubleBits.MantissaBits) | Vector512.Create(DoubleBits.Integer)).AsDouble() - Vector512.Create(DoubleBits.Bias));
    }
}
