using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using static System.Runtime.CompilerServices.MethodImplOptions;

namespace GenEngine.Kernels.Common;

/// <summary>
/// The last few elements of a row as a vector, so that a tail runs the very code of the whole vectors. Masks where the processor has
/// them: rows of ten classes are all tail.
/// </summary>
internal static unsafe class VecTail<V, T>
    where V : unmanaged, IVec<V, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Loads p[0 .. n - 1]; the other lanes are +0.</summary>
    [MethodImpl(AggressiveInlining)]
    public static V Load(T* p, nint n)
    {
        if (sizeof(V) == 64 && sizeof(T) == 4) return Cast(Avx512F.MaskLoad((float*)p, Mask16(n), Vector512<float>.Zero));
        if (sizeof(V) == 64 && sizeof(T) == 8) return Cast(Avx512F.MaskLoad((double*)p, Mask8D(n), Vector512<double>.Zero));
        if (sizeof(V) == 32 && sizeof(T) == 4) return Cast(Avx.MaskLoad((float*)p, Mask8(n)));
        if (sizeof(V) == 32 && sizeof(T) == 8) return Cast(Avx.MaskLoad((double*)p, Mask4D(n)));
        V v = V.Zero;
        for (nint i = 0; i < n; i++) Lane(ref v, i) = p[i];
        return v;
    }

    /// <summary>Stores lanes 0 .. n - 1.</summary>
    [MethodImpl(AggressiveInlining)]
    public static void Store(V v, T* p, nint n)
    {
        if (sizeof(V) == 64 && sizeof(T) == 4) Avx512F.MaskStore((float*)p, Mask16(n), Cast<Vector512<float>>(v));
        else if (sizeof(V) == 64 && sizeof(T) == 8) Avx512F.MaskStore((double*)p, Mask8D(n), Cast<Vector512<double>>(v));
        else if (sizeof(V) == 32 && sizeof(T) == 4) Avx.MaskStore((float*)p, Mask8(n), Cast<Vector256<float>>(v));
        else if (sizeof(V) == 32 && sizeof(T) == 8) Avx.MaskStore((double*)p, Mask4D(n), Cast<Vector256<double>>(v));
        else for (nint i = 0; i < n; i++) p[i] = Lane(ref v, i);
    }

    /// <summary>Lanes 0 .. n - 1 of a, the others of b.</summary>
    [MethodImpl(AggressiveInlining)]
    public static V Merge(V a, V b, nint n)
    {
        if (sizeof(V) == 64 && sizeof(T) == 4) return Cast(Vector512.ConditionalSelect(Mask16(n), Cast<Vector512<float>>(a), Cast<Vector512<float>>(b)));
        if (sizeof(V) == 64 && sizeof(T) == 8) return Cast(Vector512.ConditionalSelect(Mask8D(n), Cast<Vector512<double>>(a), Cast<Vector512<double>>(b)));
        if (sizeof(V) == 32 && sizeof(T) == 4) return Cast(Vector256.ConditionalSelect(Mask8(n), Cast<Vector256<float>>(a), Cast<Vector256<float>>(b)));
        if (sizeof(V) == 32 && sizeof(T) == 8) return Cast(Vector256.ConditionalSelect(Mask4D(n), Cast<Vector256<double>>(a), Cast<Vector256<double>>(b)));
        for (nint i = 0; i < n; i++) Lane(ref b, i) = Lane(ref a, i);
        return b;
    }

    private static Vector512<float> Mask16(nint n) => Vector512.LessThan(Vector512<int>.Indices, Vector512.Create((int)n)).AsSingle();

    private static Vector512<double> Mask8D(nint n) => Vector512.LessThan(Vector512<long>.Indices, Vector512.Create((long)n)).AsDouble();

    private static Vector256<float> Mask8(nint n) => Vector256.LessThan(Vector256<int>.Indices, Vector256.Create((int)n)).AsSingle();

    private static Vector256<double> Mask4D(nint n) => Vector256.LessThan(Vector256<long>.Indices, Vector256.Create((long)n)).AsDouble();

    private static ref T Lane(ref V v, nint i) => ref Unsafe.Add(ref Unsafe.As<V, T>(ref v), i);

    private static V Cast<TVector>(TVector v) where TVector : struct => Unsafe.BitCast<TVector, V>(v);

    private static TVector Cast<TVector>(V v) where TVector : struct => Unsafe.BitCast<V, TVector>(v);
}
