using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using GenEngine.Kernels.Common;
using static System.Runtime.CompilerServices.MethodImplOptions;

namespace GenEngine.Kernels.Recurrent;

/// <summary>Forward: lanes are channels of the state, and a cell's four chains are its gates, so that the cell is finished where its sums are.</summary>
internal readonly unsafe struct ScanForward : IScanPass
{
    public static bool Backward => false;

    public static int SlotGates => 1;

    public static int Chains => ScanShape.Gates;

    // 24 sums, 4 weights and a value are what 32 registers hold; 16 registers hold 8 sums
    public static int Together<V, T>() where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T> => sizeof(V) == 64 ? 6 : 2;

    public static void Pack<V, T>(ScanArgs* args, T* packed) where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T>
    {
        nint channels = args->Channels, columns = args->Taps * channels;
        for (nint c = 0; c < channels; c += V.Count)
        {
            for (nint gate = 0; gate < ScanShape.Gates; gate++)
            {
                for (nint lane = 0; lane < V.Count; lane++)
                {
                    T* source = (T*)args->W + (((gate * channels) + c + lane) * columns), target = packed + (gate * V.Count) + lane;
                    bool there = c + lane < channels;
                    for (nint k = 0; k < columns; k++, target += ScanShape.Gates * V.Count) *target = there ? source[k] : T.Zero;
                }
            }

            packed += columns * ScanShape.Gates * V.Count;
        }
    }

    public static void Chain<V, T>(T** slots, T* packed, nint k, T* sums) where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (sizeof(V) == 64) Six<V, T>(slots, packed, k, sums);
        else Two<V, T>(slots, packed, k, sums);
    }

    [MethodImpl(AggressiveInlining)]
    public static void Prefetch<T>(ScanArgs* args, in ScanCell<T> cell, nint c) where T : unmanaged
    {
        T* x = (T*)args->X + (cell.Pixel * ScanShape.Gates * args->Channels) + c;
        for (nint gate = 0; gate < ScanShape.Gates; gate++) Sse.Prefetch0(x + (gate * args->Channels));
    }

    // function by function: the constants of one stay in registers, and the cells' waits overlap
    [MethodImpl(AggressiveOptimization)]
    public static void Finish<V, T>(ScanArgs* args, ScanCell<T>* cells, nint count, T* sums, nint c, nint n) where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T>
    {
        nint channels = args->Channels, cell = ScanShape.Gates * V.Count;
        T* s = sums;
        for (nint at = 0; at < count; at++, s += cell)
        {
            T* x = (T*)args->X + (cells[at].Pixel * ScanShape.Gates * channels) + c;
            V.Store(VecMath.Sigmoid<V, T>(V.Add(V.Load(s), ScanLanes<V, T>.Load(x, n))), s);
            V.Store(VecMath.Sigmoid<V, T>(V.Add(V.Load(s + V.Count), ScanLanes<V, T>.Load(x + channels, n))), s + V.Count);
            V.Store(VecMath.Sigmoid<V, T>(V.Add(V.Load(s + (2 * V.Count)), ScanLanes<V, T>.Load(x + (2 * channels), n))), s + (2 * V.Count));
            V.Store(V.Add(V.Load(s + (3 * V.Count)), ScanLanes<V, T>.Load(x + (3 * channels), n)), s + (3 * V.Count));
        }

        s = sums + (3 * V.Count);
        for (nint at = 0; at < count; at++, s += cell) V.Store(VecMath.Tanh<V, T>(V.Load(s)), s);
        s = sums;
        for (nint at = 0; at < count; at++, s += cell)
        {
            nint state = (cells[at].Pixel * channels) + c;
            T* carry = (T*)cells[at].Carry + c, acts = (T*)args->Acts + (cells[at].Pixel * ScanShape.Gates * channels) + c;
            V o = V.Load(s), f = V.Load(s + V.Count), i = V.Load(s + (2 * V.Count)), g = V.Load(s + (3 * V.Count));
            V value = V.Fma(f, ScanLanes<V, T>.Load(carry, n), V.Mul(i, g));
            V h = V.Mul(o, VecMath.Tanh<V, T>(value));
            ScanLanes<V, T>.Store(value, carry, n);
            ScanLanes<V, T>.Store(value, (T*)args->Cell + state, n);
            ScanLanes<V, T>.Store(h, (T*)args->Y + state, n);
            ScanLanes<V, T>.Store(h, (T*)cells[at].Slot + c, n);
            if (args->Save == 0) continue;
            ScanLanes<V, T>.Store(o, acts, n);
            ScanLanes<V, T>.Store(f, acts + channels, n);
            ScanLanes<V, T>.Store(i, acts + (2 * channels), n);
            ScanLanes<V, T>.Store(g, acts + (3 * channels), n);
        }
    }

    [MethodImpl(AggressiveOptimization)]
    private static void Two<V, T>(T** slots, T* w, nint k, T* sums) where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T>
    {
        T* h0 = slots[0], h1 = slots[1];
        V a0 = V.Zero, a1 = V.Zero, a2 = V.Zero, a3 = V.Zero, b0 = V.Zero, b1 = V.Zero, b2 = V.Zero, b3 = V.Zero;
        for (nint i = 0; i < k; i++, w += 4 * V.Count)
        {
            V w0 = V.Load(w), w1 = V.Load(w + V.Count), w2 = V.Load(w + (2 * V.Count)), w3 = V.Load(w + (3 * V.Count)), h = V.Create(h0[i]);
            a0 = V.Fma(h, w0, a0);
            a1 = V.Fma(h, w1, a1);
            a2 = V.Fma(h, w2, a2);
            a3 = V.Fma(h, w3, a3);
            h = V.Create(h1[i]);
            b0 = V.Fma(h, w0, b0);
            b1 = V.Fma(h, w1, b1);
            b2 = V.Fma(h, w2, b2);
            b3 = V.Fma(h, w3, b3);
        }

        Put<V, T>(a0, a1, a2, a3, sums);
        Put<V, T>(b0, b1, b2, b3, sums + (4 * V.Count));
    }

    [MethodImpl(AggressiveOptimization)]
    private static void Six<V, T>(T** slots, T* w, nint k, T* sums) where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T>
    {
        T* h0 = slots[0], h1 = slots[1], h2 = slots[2], h3 = slots[3], h4 = slots[4], h5 = slots[5];
        V a0 = V.Zero, a1 = V.Zero, a2 = V.Zero, a3 = V.Zero, b0 = V.Zero, b1 = V.Zero, b2 = V.Zero, b3 = V.Zero;
        V c0 = V.Zero, c1 = V.Zero, c2 = V.Zero, c3 = V.Zero, d0 = V.Zero, d1 = V.Zero, d2 = V.Zero, d3 = V.Zero;
        V e0 = V.Zero, e1 = V.Zero, e2 = V.Zero, e3 = V.Zero, f0 = V.Zero, f1 = V.Zero, f2 = V.Zero, f3 = V.Zero;
        for (nint i = 0; i < k; i++, w += 4 * V.Count)
        {
            V w0 = V.Load(w), w1 = V.Load(w + V.Count), w2 = V.Load(w + (2 * V.Count)), w3 = V.Load(w + (3 * V.Count)), h = V.Create(h0[i]);
            a0 = V.Fma(h, w0, a0);
            a1 = V.Fma(h, w1, a1);
            a2 = V.Fma(h, w2, a2);
            a3 = V.Fma(h, w3, a3);
            h = V.Create(h1[i]);
            b0 = V.Fma(h, w0, b0);
            b1 = V.Fma(h, w1, b1);
            b2 = V.Fma(h, w2, b2);
            b3 = V.Fma(h, w3, b3);
            h = V.Create(h2[i]);
            c0 = V.Fma(h, w0, c0);
            c1 = V.Fma(h, w1, c1);
            c2 = V.Fma(h, w2, c2);
            c3 = V.Fma(h, w3, c3);
            h = V.Create(h3[i]);
            d0 = V.Fma(h, w0, d0);
            d1 = V.Fma(h, w1, d1);
            d2 = V.Fma(h, w2, d2);
            d3 = V.Fma(h, w3, d3);
            h = V.Create(h4[i]);
            e0 = V.Fma(h, w0, e0);
            e1 = V.Fma(h, w1, e1);
            e2 = V.Fma(h, w2, e2);
            e3 = V.Fma(h, w3, e3);
            h = V.Create(h5[i]);
            f0 = V.Fma(h, w0, f0);
            f1 = V.Fma(h, w1, f1);
            f2 = V.Fma(h, w2, f2);
            f3 = V.Fma(h, w3, f3);
        }

        Put<V, T>(a0, a1, a2, a3, sums);
        Put<V, T>(b0, b1, b2, b3, sums + (4 * V.Count));
        Put<V, T>(c0, c1, c2, c3, sums + (8 * V.Count));
        Put<V, T>(d0, d1, d2, d3, sums + (12 * V.Count));
        Put<V, T>(e0, e1, e2, e3, sums + (16 * V.Count));
        Put<V, T>(f0, f1, f2, f3, sums + (20 * V.Count));
    }

    [MethodImpl(AggressiveInlining)]
    private static void Put<V, T>(V s0, V s1, V s2, V s3, T* sums) where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T>
    {
        V.Store(s0, sums);
        V.Store(s1, sums + V.Count);
        V.Store(s2, sums + (2 * V.Count));
        V.Store(s3, sums + (3 * V.Count));
    }
}
