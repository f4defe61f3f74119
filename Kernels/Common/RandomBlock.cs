using System.Numerics;
using System.Runtime.CompilerServices;
using static System.Runtime.CompilerServices.MethodImplOptions;

namespace GenEngine.Kernels.Common;

/// <summary>
/// Consecutive draws of a <see cref="PhiloxStream"/> on SIMD lanes: the same bits on every instruction set and in
/// <c>Common/philox.cuh</c>. Even and odd elements are drawn apart, since such a pair is what Box-Muller turns into two normal
/// numbers, and interleaved at the end.
/// </summary>
internal static unsafe class RandomBlock<V, T>
    where V : unmanaged, IVec<V, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The most elements of one call.</summary>
    public const int Elements = 256;

    /// <summary>Elements of the buffer that a call writes: whole counters and whole vectors around those asked for.</summary>
    public const int Room = Elements + 32;

    private const int Uniform = 0, Normal = 1;

    /// <summary>Draws elements first .. first + count - 1 as uniform numbers in [0, 1).</summary>
    /// <param name="buffer">Room for <see cref="Room"/> elements.</param>
    /// <returns>Where in the buffer element first stands.</returns>
    public static T* Uniforms(in PhiloxStream stream, long first, int count, T* buffer) => Draw(Uniform, stream, first, count, buffer);

    /// <summary>Draws elements as standard normal numbers; see <see cref="Uniforms"/>.</summary>
    public static T* Normals(in PhiloxStream stream, long first, int count, T* buffer) => Draw(Normal, stream, first, count, buffer);

    private static T* Draw(int kind, in PhiloxStream stream, long first, int count, T* buffer)
    {
        int ahead = (int)(first & 3), counters = (ahead + count + 3) >> 2;
        ulong counter = (ulong)first >> 2;
        if (sizeof(V) == 64) Fill<PhiloxLanes8>(kind, stream, counter, counters, buffer);
        else if (sizeof(V) == 32) Fill<PhiloxLanes4>(kind, stream, counter, counters, buffer);
        else Fill<PhiloxLanes1>(kind, stream, counter, counters, buffer);
        return buffer + ahead;
    }

    [SkipLocalsInit]
    [MethodImpl(AggressiveOptimization)]
    private static void Fill<L>(int kind, in PhiloxStream stream, ulong counter, int counters, T* y)
        where L : unmanaged, IPhiloxLanes<L>
    {
        T* even = stackalloc T[Room];
        T* odd = even + (Room / 2);
        int step = Math.Max(L.Count, V.Count / 2); // two pairs a counter
        counters = (counters + step - 1) / step * step;
        for (int c = 0; c < counters; c += L.Count) Words<L>(stream, counter + (ulong)c, even + (2 * c), odd + (2 * c));
        if (kind == Normal)
        {
            for (int pair = 0; pair < 2 * counters; pair += V.Count) BoxMuller(even + pair, odd + pair);
        }

        for (int c = 0; c < counters; c += L.Count)
        {
            if (typeof(T) == typeof(float)) L.Interleave((float*)(even + (2 * c)), (float*)(odd + (2 * c)), (float*)(y + (4 * c)));
            else L.Interleave((double*)(even + (2 * c)), (double*)(odd + (2 * c)), (double*)(y + (4 * c)));
        }
    }

    /// <summary><see cref="Philox.Words"/> of L.Count counters, as uniform numbers.</summary>
    [MethodImpl(AggressiveInlining)]
    private static void Words<L>(in PhiloxStream stream, ulong counter, T* even, T* odd)
        where L : unmanaged, IPhiloxLanes<L>
    {
        L c0 = L.Ascending(counter), c1 = L.Create(stream.Offset), c2 = L.Create(stream.Offset >> 32), c3 = L.Create(stream.Stream);
        L k0 = L.Create(stream.Seed), k1 = L.Create(stream.Seed >> 32);
        L m0 = L.Create(Philox.Multiplier0), m1 = L.Create(Philox.Multiplier1);
        for (int round = 0; round < Philox.Rounds; round++)
        {
            L p0 = L.Multiply(m0, c0), p1 = L.Multiply(m1, c2);
            c0 = L.HighXor(p1, c1, k0);
            c1 = p1;
            c2 = L.HighXor(p0, c3, k1);
            c3 = p0;
            k0 = L.Add(k0, L.Create(Philox.Weyl0));
            k1 = L.Add(k1, L.Create(Philox.Weyl1));
        }

        if (typeof(T) == typeof(float))
        {
            L.StoreUniforms(c0, c2, (float*)even);
            L.StoreUniforms(c1, c3, (float*)odd);
        }
        else
        {
            L.StoreUniforms(c0, c2, (double*)even);
            L.StoreUniforms(c1, c3, (double*)odd);
        }
    }

    /// <summary>Box and Muller 1958, in place: (u, v) becomes sqrt(-2 ln(u + 2^-24)) (cos 2 pi v, sin 2 pi v).</summary>
    [MethodImpl(AggressiveInlining)]
    private static void BoxMuller(T* even, T* odd)
    {
        V u = V.Add(V.Load(even), VecMath.Constant<V, T>(1.0 / (1 << 24))); // in (0, 1], exact
        V v = V.Load(odd);
        V radius = V.Sqrt(V.Mul(VecMath.Constant<V, T>(-2), VecMath.Log<V, T>(u)));
        VecMath.SinCosTurns<V, T>(v, out V sin, out V cos);
        V.Store(V.Mul(radius, cos), even);
        V.Store(V.Mul(radius, sin), odd);
    }
}
