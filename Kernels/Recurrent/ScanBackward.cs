using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using GenEngine.Kernels.Common;
using static System.Runtime.CompilerServices.MethodImplOptions;

namespace GenEngine.Kernels.Recurrent;

/// <summary>Backward: lanes are channels of the state again, a cell has one chain, over the gates' gradients that later cells have left in the slots.</summary>
internal readonly unsafe struct ScanBackward : IScanPass
{
    public static bool Backward => true;

    public static int SlotGates => ScanShape.Gates;

    public static int Chains => 1;

    public static int Together<V, T>() where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T> => 12;

    public static void Pack<V, T>(ScanArgs* args, T* packed) where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T>
    {
        nint channels = args->Channels, rows = ScanShape.Gates * channels;
        for (nint c = 0; c < channels; c += V.Count)
        {
            nint n = Math.Min(V.Count, channels - c);
            for (nint tap = 0; tap < args->Taps; tap++)
            {
                T* source = (T*)args->W + (tap * channels) + c;
                for (nint r = 0; r < rows; r++, source += args->Taps * channels, packed += V.Count) V.Store(VecTail<V, T>.Load(source, n), packed);
            }
        }
    }

    [MethodImpl(AggressiveOptimization)]
    public static void Chain<V, T>(T** slots, T* packed, nint k, T* sums) where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T>
    {
        T* d0 = slots[0], d1 = slots[1], d2 = slots[2], d3 = slots[3], d4 = slots[4], d5 = slots[5];
        T* d6 = slots[6], d7 = slots[7], d8 = slots[8], d9 = slots[9], d10 = slots[10], d11 = slots[11];
        V s0 = V.Zero, s1 = V.Zero, s2 = V.Zero, s3 = V.Zero, s4 = V.Zero, s5 = V.Zero, s6 = V.Zero, s7 = V.Zero, s8 = V.Zero, s9 = V.Zero, s10 = V.Zero, s11 = V.Zero;
        for (nint i = 0; i < k; i++, packed += V.Count)
        {
            V w = V.Load(packed);
            s0 = V.Fma(V.Create(d0[i]), w, s0);
            s1 = V.Fma(V.Create(d1[i]), w, s1);
            s2 = V.Fma(V.Create(d2[i]), w, s2);
            s3 = V.Fma(V.Create(d3[i]), w, s3);
            s4 = V.Fma(V.Create(d4[i]), w, s4);
            s5 = V.Fma(V.Create(d5[i]), w, s5);
            s6 = V.Fma(V.Create(d6[i]), w, s6);
            s7 = V.Fma(V.Create(d7[i]), w, s7);
            s8 = V.Fma(V.Create(d8[i]), w, s8);
            s9 = V.Fma(V.Create(d9[i]), w, s9);
            s10 = V.Fma(V.Create(d10[i]), w, s10);
            s11 = V.Fma(V.Create(d11[i]), w, s11);
        }

        V.Store(s0, sums);
        V.Store(s1, sums + V.Count);
        V.Store(s2, sums + (2 * V.Count));
        V.Store(s3, sums + (3 * V.Count));
        V.Store(s4, sums + (4 * V.Count));
        V.Store(s5, sums + (5 * V.Count));
        V.Store(s6, sums + (6 * V.Count));
        V.Store(s7, sums + (7 * V.Count));
        V.Store(s8, sums + (8 * V.Count));
        V.Store(s9, sums + (9 * V.Count));
        V.Store(s10, sums + (10 * V.Count));
        V.Store(s11, sums + (11 * V.Count));
    }

    [MethodImpl(AggressiveInlining)]
    public static void Prefetch<T>(ScanArgs* args, in ScanCell<T> cell, nint c) where T : unmanaged
    {
        nint channels = args->Channels, state = (cell.Pixel * channels) + c;
        T* acts = (T*)args->Acts + (cell.Pixel * ScanShape.Gates * channels) + c;
        for (nint gate = 0; gate < ScanShape.Gates; gate++) Sse.Prefetch0(acts + (gate * channels));
        Sse.Prefetch0((T*)args->Cell + state);
        Sse.Prefetch0((T*)args->X + state);
        if (cell.Before >= 0) Sse.Prefetch0((T*)args->Cell + (cell.Before * channels) + c);
    }

    [MethodImpl(AggressiveOptimization)]
    public static void Finish<V, T>(ScanArgs* args, ScanCell<T>* cells, nint count, T* sums, nint c, nint n) where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (nint at = 0; at < count; at++) Finish<V, T>(args, cells[at], sums + (at * V.Count), c, n);
    }

    [MethodImpl(AggressiveInlining)]
    private static void Finish<V, T>(ScanArgs* args, in ScanCell<T> cell, T* sums, nint c, nint n) where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T>
    {
        nint channels = args->Channels, state = (cell.Pixel * channels) + c, gate = (cell.Pixel * ScanShape.Gates * channels) + c;
        T* acts = (T*)args->Acts + gate, carry = (T*)cell.Carry + c, cells = (T*)args->Cell, gates = (T*)args->Y + gate, slot = (T*)cell.Slot + c;
        V one = VecMath.Constant<V, T>(1);
        V o = ScanLanes<V, T>.Load(acts, n), f = ScanLanes<V, T>.Load(acts + channels, n), i = ScanLanes<V, T>.Load(acts + (2 * channels), n), g = ScanLanes<V, T>.Load(acts + (3 * channels), n);
        V squashed = VecMath.Tanh<V, T>(ScanLanes<V, T>.Load(cells + state, n)), old = cell.Before < 0 ? V.Zero : ScanLanes<V, T>.Load(cells + (cell.Before * channels) + c, n);
        V dh = V.Add(V.Load(sums), ScanLanes<V, T>.Load((T*)args->X + state, n));
        V dc = V.Fma(V.Mul(dh, o), V.Fma(V.Neg(squashed), squashed, one), ScanLanes<V, T>.Load(carry, n));
        Both<V, T>(V.Mul(V.Mul(dh, squashed), V.Fma(V.Neg(o), o, o)), gates, slot, n);
        Both<V, T>(V.Mul(V.Mul(dc, old), V.Fma(V.Neg(f), f, f)), gates + channels, slot + channels, n);
        Both<V, T>(V.Mul(V.Mul(dc, g), V.Fma(V.Neg(i), i, i)), gates + (2 * channels), slot + (2 * channels), n);
        Both<V, T>(V.Mul(V.Mul(dc, i), V.Fma(V.Neg(g), g, one)), gates + (3 * channels), slot + (3 * channels), n);
        ScanLanes<V, T>.Store(V.Mul(dc, f), carry, n);
    }

    [MethodImpl(AggressiveInlining)]
    private static void Both<V, T>(V v, T* gates, T* slot, nint n) where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T>
    {
        ScanLanes<V, T>.Store(v, gates, n);
        ScanLanes<V, T>.Store(v, slot, n);
    }
}
