using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using static System.Runtime.CompilerServices.MethodImplOptions;

namespace GenEngine.Kernels.Common;

/// <summary>
/// The tree of the row-sum law over its 32 lanes, lane l joined with lane l + 16, then l + 8, ..., l + 1, by whole vectors: what the
/// scalar loop of the law says, without its 31 steps that wait for each other's stores. Short rows need it once for a few elements.
/// </summary>
internal static unsafe class VecLanes<V, T>
    where V : unmanaged, IVec<V, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public const int Lanes = 32;

    /// <summary>The sum of 32 lanes, which are overwritten.</summary>
    [MethodImpl(AggressiveInlining)]
    public static T Sum(T* lanes)
    {
        for (nint width = Lanes / 2; width >= V.Count; width /= 2)
        {
            for (nint lane = 0; lane < width; lane += V.Count) V.Store(V.Add(V.Load(lanes + lane), V.Load(lanes + lane + width)), lanes + lane);
        }

        V v = V.Load(lanes);
        if (V.Count > 8) v = V.Add(v, Down8(v));
        if (V.Count > 4) v = V.Add(v, Down4(v));
        if (V.Count > 2) v = V.Add(v, Down2(v));
        return First(V.Add(v, Down1(v)));
    }

    /// <summary>The maximum of 32 lanes, a &gt; b ? a : b at each step; the lanes are overwritten.</summary>
    [MethodImpl(AggressiveInlining)]
    public static T Max(T* lanes)
    {
        for (nint width = Lanes / 2; width >= V.Count; width /= 2)
        {
            for (nint lane = 0; lane < width; lane += V.Count) V.Store(V.Max(V.Load(lanes + lane), V.Load(lanes + lane + width)), lanes + lane);
        }

        V v = V.Load(lanes);
        if (V.Count > 8) v = V.Max(v, Down8(v));
        if (V.Count > 4) v = V.Max(v, Down4(v));
        if (V.Count > 2) v = V.Max(v, Down2(v));
        return First(V.Max(v, Down1(v)));
    }

    /// <summary>Lane 0.</summary>
    [MethodImpl(AggressiveInlining)]
    public static T First(V v) => sizeof(V) switch
    {
        64 => Cast<Vector512<T>>(v).ToScalar(),
        32 => Cast<Vector256<T>>(v).ToScalar(),
        _ => Cast<Vector128<T>>(v).ToScalar(),
    };

    // lane l + 8 (4, 2, 1) in lane l, for the lanes that the tree still needs; any value in the others

    private static V Down8(V v) => From(Avx512F.Shuffle4x128(Cast<Vector512<float>>(v), Cast<Vector512<float>>(v), 0x0E));

    [MethodImpl(AggressiveInlining)]
    private static V Down4(V v)
    {
        if (sizeof(V) == 32) return From(Avx.Permute2x128(Cast<Vector256<float>>(v), Cast<Vector256<float>>(v), 0x01));
        return sizeof(T) == 4
            ? From(Avx512F.Shuffle4x128(Cast<Vector512<float>>(v), Cast<Vector512<float>>(v), 0x01))
            : From(Avx512F.Shuffle4x128(Cast<Vector512<double>>(v), Cast<Vector512<double>>(v), 0x0E));
    }

    [MethodImpl(AggressiveInlining)]
    private static V Down2(V v) => (sizeof(V), sizeof(T)) switch
    {
        (64, 4) => From(Avx512F.Permute4x32(Cast<Vector512<float>>(v), 0x0E)),
        (64, 8) => From(Avx512F.Shuffle4x128(Cast<Vector512<double>>(v), Cast<Vector512<double>>(v), 0x01)),
        (32, 4) => From(Avx.Permute(Cast<Vector256<float>>(v), 0x0E)),
        (32, 8) => From(Avx.Permute2x128(Cast<Vector256<double>>(v), Cast<Vector256<double>>(v), 0x01)),
        _ => From(Vector128.Shuffle(Cast<Vector128<float>>(v), Vector128.Create(2, 3, 2, 3))),
    };

    [MethodImpl(AggressiveInlining)]
    private static V Down1(V v) => (sizeof(V), sizeof(T)) switch
    {
        (64, 4) => From(Avx512F.Permute4x32(Cast<Vector512<float>>(v), 0x01)),
        (64, 8) => From(Avx512F.Permute2x64(Cast<Vector512<double>>(v), 0xFF)),
        (32, 4) => From(Avx.Permute(Cast<Vector256<float>>(v), 0x01)),
        (32, 8) => From(Avx.Permute(Cast<Vector256<double>>(v), 0x05)),
        (_, 4) => From(Vector128.Shuffle(Cast<Vector128<float>>(v), Vector128.Create(1, 1, 1, 1))),
        _ => From(Vector128.Shuffle(Cast<Vector128<double>>(v), Vector128.Create(1L, 1L))),
    };

    private static V From<TVector>(TVector v) where TVector : struct => Unsafe.BitCast<TVector, V>(v);

    private static TVector Cast<TVector>(V v) where TVector : struct => Unsafe.BitCast<V, TVector>(v);
}
