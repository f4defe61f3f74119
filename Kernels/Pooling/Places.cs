using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using GenEngine.Kernels.Common;
using static System.Runtime.CompilerServices.MethodImplOptions;

namespace GenEngine.Kernels.Pooling;

/// <summary>Numbers of elements in their windows, as lanes of T here and as bytes or ints in memory.</summary>
internal unsafe interface IPlaces
{
    /// <summary>Stores lanes 0 .. n - 1 as elements first .. first + n - 1.</summary>
    static abstract void Store<V, T>(V places, ulong address, nint first, nint n)
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>;

    /// <summary>Elements first .. first + n - 1 in lanes 0 .. n - 1.</summary>
    static abstract V Load<V, T>(ulong address, nint first, nint n)
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>;
}

internal readonly unsafe struct BytePlaces : IPlaces
{
    [MethodImpl(AggressiveInlining)]
    public static void Store<V, T>(V places, ulong address, nint first, nint n)
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        byte* p = (byte*)address + first;
        if (n == V.Count && sizeof(V) == 64 && sizeof(T) == 4)
        {
            Avx512F.ConvertToVector128Byte(Avx512F.ConvertToVector512Int32(Unsafe.BitCast<V, Vector512<float>>(places))).Store(p);
        }
        else if (n == V.Count && sizeof(V) == 32 && sizeof(T) == 4)
        {
            var ints = Avx.ConvertToVector256Int32(Unsafe.BitCast<V, Vector256<float>>(places));
            var shorts = Vector128.Narrow(ints.GetLower(), ints.GetUpper());
            *(long*)p = Vector128.Narrow(shorts.AsUInt16(), shorts.AsUInt16()).AsInt64().ToScalar();
        }
        else if (sizeof(V) == 64 && sizeof(T) == 4)
        {
            Avx512BW.VL.MaskStore(p, First(n), Avx512F.ConvertToVector128Byte(Avx512F.ConvertToVector512Int32(Unsafe.BitCast<V, Vector512<float>>(places))));
        }
        else
        {
            StoreLanes<V, T>(places, p, n);
        }
    }

    [MethodImpl(AggressiveInlining)]
    public static V Load<V, T>(ulong address, nint first, nint n)
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        byte* p = (byte*)address + first;
        if (n == V.Count) return V.LoadBytes(p);
        if (sizeof(V) != 64 || sizeof(T) != 4) return LoadLanes<V, T>(p, n);
        var bytes = Avx512BW.VL.MaskLoad(p, First(n), Vector128<byte>.Zero);
        return Unsafe.BitCast<Vector512<float>, V>(Avx512F.ConvertToVector512Single(Avx512F.ConvertToVector512Int32(bytes)));
    }

    // these are apart: memory of the stack keeps a method from being inlined into a loop
    private static void StoreLanes<V, T>(V places, byte* p, nint n)
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        T* lanes = stackalloc T[V.Count];
        V.Store(places, lanes);
        for (nint i = 0; i < n; i++) p[i] = byte.CreateTruncating(lanes[i]);
    }

    private static V LoadLanes<V, T>(byte* p, nint n)
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        byte* padded = stackalloc byte[16];
        for (nint i = 0; i < n; i++) padded[i] = p[i];
        return V.LoadBytes(padded);
    }

    [MethodImpl(AggressiveInlining)]
    private static Vector128<byte> First(nint n) => Vector128.LessThan(Vector128<byte>.Indices, Vector128.Create((byte)n));
}

internal readonly unsafe struct IntPlaces : IPlaces
{
    public static void Store<V, T>(V places, ulong address, nint first, nint n)
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        T* lanes = stackalloc T[V.Count];
        V.Store(places, lanes);
        for (nint i = 0; i < n; i++) ((int*)address)[first + i] = int.CreateTruncating(lanes[i]);
    }

    public static V Load<V, T>(ulong address, nint first, nint n)
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        T* lanes = stackalloc T[V.Count];
        for (nint i = 0; i < n; i++) lanes[i] = T.CreateTruncating(((int*)address)[first + i]);
        return V.Load(lanes);
    }
}
