using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static System.Runtime.CompilerServices.MethodImplOptions;

namespace GenEngine.Kernels.Common;

/// <summary>4 floats in a 128-bit register of any processor.</summary>
public readonly unsafe struct V128F(Vector128<float> value) : IVec<V128F, float>
{
    private readonly Vector128<float> _v = value;

    public static int Count => 4;

    public static V128F Zero => default;

    [MethodImpl(AggressiveInlining)]
    public static V128F Create(float value) => new(Vector128.Create(value));

    [MethodImpl(AggressiveInlining)]
    public static V128F Load(float* p) => new(Vector128.Load(p));

    [MethodImpl(AggressiveInlining)]
    public static void Store(V128F v, float* p) => v._v.Store(p);

    [MethodImpl(AggressiveInlining)]
    public static void StoreNonTemporal(V128F v, float* p) => v._v.StoreAlignedNonTemporal(p);

    [MethodImpl(AggressiveInlining)]
    public static void StoreFence() => Thread.MemoryBarrier();

    [MethodImpl(AggressiveInlining)]
    public static V128F LoadBytes(byte* p) => new(Vector128.Create((float)p[0], p[1], p[2], p[3]));

    [MethodImpl(AggressiveInlining)]
    public static V128F Add(V128F a, V128F b) => new(a._v + b._v);

    [MethodImpl(AggressiveInlining)]
    public static V128F Sub(V128F a, V128F b) => new(a._v - b._v);

    [MethodImpl(AggressiveInlining)]
    public static V128F Mul(V128F a, V128F b) => new(a._v * b._v);

    [MethodImpl(AggressiveInlining)]
    public static V128F Div(V128F a, V128F b) => new(a._v / b._v);

    [MethodImpl(AggressiveInlining)]
    public static V128F Fma(V128F a, V128F b, V128F c) => new(Vector128.FusedMultiplyAdd(a._v, b._v, c._v));

    [MethodImpl(AggressiveInlining)]
    public static V128F Sqrt(V128F a) => new(Vector128.Sqrt(a._v));

    [MethodImpl(AggressiveInlining)]
    public static V128F Abs(V128F a) => new(Vector128.Abs(a._v));

    [MethodImpl(AggressiveInlining)]
    public static V128F Neg(V128F a) => new(-a._v);

    [MethodImpl(AggressiveInlining)]
    public static V128F Max(V128F a, V128F b) => new(Vector128.ConditionalSelect(Vector128.GreaterThan(a._v, b._v), a._v, b._v));

    [MethodImpl(AggressiveInlining)]
    public static V128F Min(V128F a, V128F b) => new(Vector128.ConditionalSelect(Vector128.LessThan(a._v, b._v), a._v, b._v));

    [MethodImpl(AggressiveInlining)]
    public static V128F SelectGreater(V128F a, V128F b, V128F yes, V128F no) =>
        new(Vector128.ConditionalSelect(Vector128.GreaterThan(a._v, b._v), yes._v, no._v));

    [MethodImpl(AggressiveInlining)]
    public static V128F SelectEqual(V128F a, V128F b, V128F yes, V128F no) =>
        new(Vector128.ConditionalSelect(Vector128.Equals(a._v, b._v), yes._v, no._v));

    [MethodImpl(AggressiveInlining)]
    public static V128F Round(V128F a) => new(Vector128.Round(a._v));

    [MethodImpl(AggressiveInlining)]
    public static V128F Floor(V128F a) => new(Vector128.Floor(a._v));

    [MethodImpl(AggressiveInlining)]
    public static V128F Pow2(V128F n) =>
        new(((n._v + Vector128.Create(FloatBits.Bias)).AsInt32() << FloatBits.MantissaBits).AsSingle());

    [MethodImpl(AggressiveInlining)]
    public static V128F Scale(V128F a, V128F n)
    {
        var half = Floor(Mul(n, Create(0.5f)));
        return Mul(Mul(a, Pow2(half)), Pow2(Sub(n, half)));
    }

    [MethodImpl(AggressiveInlining)]
    public static V128F CopySign(V128F a, V128F sign) => new(Vector128.CopySign(a._v, sign._v));

    [MethodImpl(AggressiveInlining)]
    public static void Split(V128F a, out V128F mantissa, out V128F exponent)
    {
        var bits = a._v.AsInt32();
        mantissa = new(((bits & Vector128.Create(FloatBits.MantissaMask)) | Vector128.Create(FloatBits.One)).AsSingle());
        exponent = new(((bits >>> FloatBits.MantissaBits) | Vector128.Create(FloatBits.Integer)).AsSingle() - Vector128.Create(FloatBits.Bias));
    }
}

/// <summary>2 doubles in a 128-bit register of any processor.</summary>
public readonly unsafe struct V128D(Vector128<double> value) : IVec<V128D, double>
{
    private readonly Vector128<double> _v = value;

    public static int Count => 2;

    public static V128D Zero => default;

    [MethodImpl(AggressiveInlining)]
    public static V128D Create(double value) => new(Vector128.Create(value));

    [MethodImpl(AggressiveInlining)]
    public static V128D Load(double* p) => new(Vector128.Load(p));

    [MethodImpl(AggressiveInlining)]
    public static void Store(V128D v, double* p) => v._v.Store(p);

    [MethodImpl(AggressiveInlining)]
    public static void StoreNonTemporal(V128D v, double* p) => v._v.StoreAlignedNonTemporal(p);

    [MethodImpl(AggressiveInlining)]
    public static void StoreFence() => Thread.MemoryBarrier();

    [MethodImpl(AggressiveInlining)]
    public static V128D LoadBytes(byte* p) => new(Vector128.Create((double)p[0], p[1]));

    [MethodImpl(AggressiveInlining)]
    public static V128D Add(V128D a, V128D b) => new(a._v + b._v);

    [MethodImpl(AggressiveInlining)]
    public static V128D Sub(V128D a, V128D b) => new(a._v - b._v);

    [MethodImpl(AggressiveInlining)]
    public static V128D Mul(V128D a, V128D b) => new(a._v * b._v);

    [MethodImpl(AggressiveInlining)]
    public static V128D Div(V128D a, V128D b) => new(a._v / b._v);

    [MethodImpl(AggressiveInlining)]
    public static V128D Fma(V128D a, V128D b, V128D c) => new(Vector128.FusedMultiplyAdd(a._v, b._v, c._v));

    [MethodImpl(AggressiveInlining)]
    public static V128D Sqrt(V128D a) => new(Vector128.Sqrt(a._v));

    [MethodImpl(AggressiveInlining)]
    public static V128D Abs(V128D a) => new(Vector128.Abs(a._v));

    [MethodImpl(AggressiveInlining)]
    public static V128D Neg(V128D a) => new(-a._v);

    [MethodImpl(AggressiveInlining)]
    public static V128D Max(V128D a, V128D b) => new(Vector128.ConditionalSelect(Vector128.GreaterThan(a._v, b._v), a._v, b._v));

    [MethodImpl(AggressiveInlining)]
    public static V128D Min(V128D a, V128D b) => new(Vector128.ConditionalSelect(Vector128.LessThan(a._v, b._v), a._v, b._v));

    [MethodImpl(AggressiveInlining)]
    public static V128D SelectGreater(V128D a, V128D b, V128D yes, V128D no) =>
        new(Vector128.ConditionalSelect(Vector128.GreaterThan(a._v, b._v), yes._v, no._v));

    [MethodImpl(AggressiveInlining)]
    public static V128D SelectEqual(V128D a, V128D b, V128D yes, V128D no) =>
        new(Vector128.ConditionalSelect(Vector128.Equals(a._v, b._v), yes._v, no._v));

    [MethodImpl(AggressiveInlining)]
    public static V128D Round(V128D a) => new(Vector128.Round(a._v));

    [MethodImpl(AggressiveInlining)]
    public static V128D Floor(V128D a) => new(Vector128.Floor(a._v));

    [MethodImpl(AggressiveInlining)]
    public static V128D Pow2(V128D n) =>
        new(((n._v + Vector128.Create(DoubleBits.Bias)).AsInt64() << DoubleBits.MantissaBits).AsDouble());

    [MethodImpl(AggressiveInlining)]
    public static V128D Scale(V128D a, V128D n)
    {
        var half = Floor(Mul(n, Create(0.5)));
        return Mul(Mul(a, Pow2(half)), Pow2(Sub(n, half)));
    }

    [MethodImpl(AggressiveInlining)]
    public static V128D CopySign(V128D a, V128D sign) => new(Vector128.CopySign(a._v, sign._v));

    [MethodImpl(AggressiveInlining)]
    public static void Split(V128D a, out V128D mantissa, out V128D exponent)
    {
        var bits = a._v.AsInt64();
        mantissa = new(((bits & Vector128.Create(DoubleBits.MantissaMask)) | Vector128.Create(DoubleBits.One)).AsDouble());
        exponent = new(((bits >>> DoubleBits.MantissaBits) | Vector128.Create(DoubleBits.Integer)).AsDouble() - Vector128.Create(DoubleBits.Bias));
    }
}
