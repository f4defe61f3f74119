using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using static System.Runtime.CompilerServices.MethodImplOptions;

namespace GenEngine.Kernels.Common;

/// <summary>
/// 64-bit lanes for Philox, one counter a lane. A word lives in a lane's low half and what stands in the high half never matters:
/// the multiplication reads low halves only, so no product is ever masked or shuffled.
/// </summary>
internal unsafe interface IPhiloxLanes<TSelf>
    where TSelf : unmanaged
{
    /// <summary>Lanes: counters at once.</summary>
    static abstract int Count { get; }

    static abstract TSelf Create(ulong value);

    /// <summary>first, first + 1, first + 2, ...</summary>
    static abstract TSelf Ascending(ulong first);

    static abstract TSelf Add(TSelf a, TSelf b);

    /// <summary>The 64-bit product of the low halves.</summary>
    static abstract TSelf Multiply(TSelf a, TSelf b);

    /// <summary>(a &gt;&gt; 32) ^ b ^ c.</summary>
    static abstract TSelf HighXor(TSelf a, TSelf b, TSelf c);

    /// <summary>Stores the uniforms of words a0, b0, a1, b1, ...: 2 * Count of them.</summary>
    static abstract void StoreUniforms(TSelf a, TSelf b, float* p);

    static abstract void StoreUniforms(TSelf a, TSelf b, double* p);

    /// <summary>y = even[0], odd[0], even[1], odd[1], ... for 4 * Count elements of y.</summary>
    static abstract void Interleave(float* even, float* odd, float* y);

    static abstract void Interleave(double* even, double* odd, double* y);
}

/// <summary>One counter at a time, for processors without AVX2.</summary>
internal readonly unsafe struct PhiloxLanes1(ulong value) : IPhiloxLanes<PhiloxLanes1>
{
    private readonly ulong _v = value;

    public static int Count => 1;

    [MethodImpl(AggressiveInlining)]
    public static PhiloxLanes1 Create(ulong value) => new(value);

    [MethodImpl(AggressiveInlining)]
    public static PhiloxLanes1 Ascending(ulong first) => new(first);

    [MethodImpl(AggressiveInlining)]
    public static PhiloxLanes1 Add(PhiloxLanes1 a, PhiloxLanes1 b) => new(a._v + b._v);

    [MethodImpl(AggressiveInlining)]
    public static PhiloxLanes1 Multiply(PhiloxLanes1 a, PhiloxLanes1 b) => new((ulong)(uint)a._v * (uint)b._v);

    [MethodImpl(AggressiveInlining)]
    public static PhiloxLanes1 HighXor(PhiloxLanes1 a, PhiloxLanes1 b, PhiloxLanes1 c) => new((a._v >> 32) ^ b._v ^ c._v);

    [MethodImpl(AggressiveInlining)]
    public static void StoreUniforms(PhiloxLanes1 a, PhiloxLanes1 b, float* p)
    {
        p[0] = (float)PhiloxStream.Uniform((uint)a._v);
        p[1] = (float)PhiloxStream.Uniform((uint)b._v);
    }

    [MethodImpl(AggressiveInlining)]
    public static void StoreUniforms(PhiloxLanes1 a, PhiloxLanes1 b, double* p)
    {
        p[0] = PhiloxStream.Uniform((uint)a._v);
        p[1] = PhiloxStream.Uniform((uint)b._v);
    }

    [MethodImpl(AggressiveInlining)]
    public static void Interleave(float* even, float* odd, float* y) => (y[0], y[1], y[2], y[3]) = (even[0], odd[0], even[1], odd[1]);

    [MethodImpl(AggressiveInlining)]
    public static void Interleave(double* even, double* odd, double* y) => (y[0], y[1], y[2], y[3]) = (even[0], odd[0], even[1], odd[1]);
}

/// <summary>Four counters at a time (AVX2).</summary>
internal readonly unsafe struct PhiloxLanes4(Vector256<ulong> value) : IPhiloxLanes<PhiloxLanes4>
{
    private readonly Vector256<ulong> _v = value;

    public static int Count => 4;

    [MethodImpl(AggressiveInlining)]
    public static PhiloxLanes4 Create(ulong value) => new(Vector256.Create(value));

    [MethodImpl(AggressiveInlining)]
    public static PhiloxLanes4 Ascending(ulong first) => new(Vector256.CreateSequence(first, 1UL));

    [MethodImpl(AggressiveInlining)]
    public static PhiloxLanes4 Add(PhiloxLanes4 a, PhiloxLanes4 b) => new(a._v + b._v);

    [MethodImpl(AggressiveInlining)]
    public static PhiloxLanes4 Multiply(PhiloxLanes4 a, PhiloxLanes4 b) => new(Avx2.Multiply(a._v.AsUInt32(), b._v.AsUInt32()));

    [MethodImpl(AggressiveInlining)]
    public static PhiloxLanes4 HighXor(PhiloxLanes4 a, PhiloxLanes4 b, PhiloxLanes4 c) => new((a._v >>> 32) ^ b._v ^ c._v);

    [MethodImpl(AggressiveInlining)]
    public static void StoreUniforms(PhiloxLanes4 a, PhiloxLanes4 b, float* p) =>
        (Avx.ConvertToVector256Single(Upper24(a, b)) * (1f / (1 << 24))).Store(p);

    [MethodImpl(AggressiveInlining)]
    public static void StoreUniforms(PhiloxLanes4 a, PhiloxLanes4 b, double* p)
    {
        var k = Upper24(a, b);
        (Avx.ConvertToVector256Double(k.GetLower()) * (1.0 / (1 << 24))).Store(p);
        (Avx.ConvertToVector256Double(k.GetUpper()) * (1.0 / (1 << 24))).Store(p + 4);
    }

    [MethodImpl(AggressiveInlining)]
    public static void Interleave(float* even, float* odd, float* y)
    {
        Vector256<float> e = Vector256.Load(even), o = Vector256.Load(odd), low = Avx.UnpackLow(e, o), high = Avx.UnpackHigh(e, o);
        Avx.Permute2x128(low, high, 0x20).Store(y);
        Avx.Permute2x128(low, high, 0x31).Store(y + 8);
    }

    [MethodImpl(AggressiveInlining)]
    public static void Interleave(double* even, double* odd, double* y)
    {
        for (int i = 0; i < 8; i += 4)
        {
            Vector256<double> e = Vector256.Load(even + i), o = Vector256.Load(odd + i), low = Avx.UnpackLow(e, o), high = Avx.UnpackHigh(e, o);
            Avx.Permute2x128(low, high, 0x20).Store(y + (2 * i));
            Avx.Permute2x128(low, high, 0x31).Store(y + (2 * i) + 4);
        }
    }

    [MethodImpl(AggressiveInlining)]
    private static Vector256<int> Upper24(PhiloxLanes4 a, PhiloxLanes4 b) =>
        (((a._v & Vector256.Create((ulong)uint.MaxValue)) | (b._v << 32)).AsUInt32() >>> 8).AsInt32();
}

/// <summary>Eight counters at a time (AVX-512).</summary>
internal readonly unsafe struct PhiloxLanes8(Vector512<ulong> value) : IPhiloxLanes<PhiloxLanes8>
{
    private readonly Vector512<ulong> _v = value;

    public static int Count => 8;

    [MethodImpl(AggressiveInlining)]
    public static PhiloxLanes8 Create(ulong value) => new(Vector512.Create(value));

    [MethodImpl(AggressiveInlining)]
    public static PhiloxLanes8 Ascending(ulong first) => new(Vector512.CreateSequence(first, 1UL));

    [MethodImpl(AggressiveInlining)]
    public static PhiloxLanes8 Add(PhiloxLanes8 a, PhiloxLanes8 b) => new(a._v + b._v);

    [MethodImpl(AggressiveInlining)]
    public static PhiloxLanes8 Multiply(PhiloxLanes8 a, PhiloxLanes8 b) => new(Avx512F.Multiply(a._v.AsUInt32(), b._v.AsUInt32()));

    [MethodImpl(AggressiveInlining)]
    public static PhiloxLanes8 HighXor(PhiloxLanes8 a, PhiloxLanes8 b, PhiloxLanes8 c) => new((a._v >>> 32) ^ b._v ^ c._v);

    [MethodImpl(AggressiveInlining)]
    public static void StoreUniforms(PhiloxLanes8 a, PhiloxLanes8 b, float* p) =>
        (Avx512F.ConvertToVector512Single(Upper24(a, b)) * (1f / (1 << 24))).Store(p);

    [MethodImpl(AggressiveInlining)]
    public static void StoreUniforms(PhiloxLanes8 a, PhiloxLanes8 b, double* p)
    {
        var k = Upper24(a, b);
        (Avx512F.ConvertToVector512Double(k.GetLower()) * (1.0 / (1 << 24))).Store(p);
        (Avx512F.ConvertToVector512Double(k.GetUpper()) * (1.0 / (1 << 24))).Store(p + 8);
    }

    [MethodImpl(AggressiveInlining)]
    public static void Interleave(float* even, float* odd, float* y)
    {
        Vector512<float> e = Vector512.Load(even), o = Vector512.Load(odd);
        Avx512F.PermuteVar16x32x2(e, Vector512.Create(0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23), o).Store(y);
        Avx512F.PermuteVar16x32x2(e, Vector512.Create(8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31), o).Store(y + 16);
    }

    [MethodImpl(AggressiveInlining)]
    public static void Interleave(double* even, double* odd, double* y)
    {
        for (int i = 0; i < 16; i += 8)
        {
            Vector512<double> e = Vector512.Load(even + i), o = Vector512.Load(odd + i);
            Avx512F.PermuteVar8x64x2(e, Vector512.Create(0L, 8, 1, 9, 2, 10, 3, 11), o).Store(y + (2 * i));
            Avx512F.PermuteVar8x64x2(e, Vector512.Create(4L, 12, 5, 13, 6, 14, 7, 15), o).Store(y + (2 * i) + 8);
        }
    }

    [MethodImpl(AggressiveInlining)]
    private static Vector512<int> Upper24(PhiloxLanes8 a, PhiloxLanes8 b) =>
        (((a._v & Vector512.Create((ulong)uint.MaxValue)) | (b._v << 32)).AsUInt32() >>> 8).AsInt32();
}
