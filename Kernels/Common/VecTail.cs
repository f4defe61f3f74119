using System.Numerics;
using System.Runtime.CompilerServices;

namespace GenEngine.Kernels.Common;

/// <summary>The last few elements of a row as a vector, so that a tail runs the very code of the whole vectors.</summary>
internal static unsafe class VecTail<V, T>
    where V : unmanaged, IVec<V, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Loads p[0 .. count - 1]; the other lanes are +0.</summary>
    public static V Load(T* p, nint count)
    {
        V v = V.Zero;
        for (nint i = 0; i < count; i++) Unsafe.Add(ref Unsafe.As<V, T>(ref v), i) = p[i];
        return v;
    }

    /// <summary>Stores lanes 0 .. count - 1.</summary>
    public static void Store(V v, T* p, nint count)
    {
        for (nint i = 0; i < count; i++) p[i] = Unsafe.Add(ref Unsafe.As<V, T>(ref v), i);
    }

    /// <summary>The first count lanes of a, the others of b.</summary>
    public static V Merge(V a, V b, nint count)
    {
        for (nint i = 0; i < count; i++) Unsafe.Add(ref Unsafe.As<V, T>(ref b), i) = Unsafe.Add(ref Unsafe.As<V, T>(ref a), i);
        return b;
    }
}
