using System.Numerics;
using System.Runtime.CompilerServices;
using static System.Runtime.CompilerServices.MethodImplOptions;

namespace GenEngine.Kernels.Common;

/// <summary>The sum over a window, row-major from +0, divided by Divisor; added to the output where Accumulate.</summary>
internal readonly unsafe struct WindowSum : IWindowFold
{
    [MethodImpl(AggressiveOptimization)]
    public static void Run<V, T>(WindowArgs* args, in WindowTaps taps, T* x, nint output, nint length)
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        T* y = (T*)args->Y + output;
        nint i = 0;
        for (; i <= length - (2 * V.Count); i += 2 * V.Count) Two<V, T>(args, in taps, x + i, y + i);
        for (; i <= length - V.Count; i += V.Count) Chunk<V, T>(args, in taps, x + i, y + i, V.Count);
        if (i == length) return;
        nint first = args->Accumulate != 0 ? i : Math.Max(0, length - V.Count); // a whole vector that overlaps the one before beats a part of one
        Chunk<V, T>(args, in taps, x + first, y + first, length - first);
    }

    // two vectors a walk over the window: half the steps
    [MethodImpl(AggressiveInlining)]
    private static void Two<V, T>(WindowArgs* args, in WindowTaps taps, T* x, T* y)
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        V a = V.Zero, b = a;
        T* row = x + (taps.FirstRow * taps.Row) + (taps.FirstColumn * taps.Step);
        for (int ky = taps.FirstRow; ky < taps.EndRow; ky++, row += taps.Row)
        {
            T* p = row;
            int phase = 0;
            for (int kx = taps.FirstColumn; kx < taps.EndColumn; kx++)
            {
                a = V.Add(a, V.Load(p));
                b = V.Add(b, V.Load(p + V.Count));
                p += taps.Step;
                if (++phase != taps.Phases) continue;
                phase = 0;
                p += taps.Wrap;
            }
        }

        var divisor = V.Create(T.CreateTruncating(args->Divisor));
        (a, b) = (V.Div(a, divisor), V.Div(b, divisor));
        if (args->Accumulate != 0) (a, b) = (V.Add(V.Load(y), a), V.Add(V.Load(y + V.Count), b));
        V.Store(a, y);
        V.Store(b, y + V.Count);
    }

    [MethodImpl(AggressiveInlining)]
    private static void Chunk<V, T>(WindowArgs* args, in WindowTaps taps, T* x, T* y, nint n)
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        bool whole = n == V.Count;
        V sum = V.Zero;
        T* row = x + (taps.FirstRow * taps.Row) + (taps.FirstColumn * taps.Step);
        for (int ky = taps.FirstRow; ky < taps.EndRow; ky++, row += taps.Row)
        {
            T* p = row;
            int phase = 0;
            for (int kx = taps.FirstColumn; kx < taps.EndColumn; kx++)
            {
                sum = V.Add(sum, whole ? V.Load(p) : VecTail<V, T>.Load(p, n));
                p += taps.Step;
                if (++phase != taps.Phases) continue;
                phase = 0;
                p += taps.Wrap;
            }
        }

        sum = V.Div(sum, V.Create(T.CreateTruncating(args->Divisor)));
        if (args->Accumulate != 0) sum = V.Add(whole ? V.Load(y) : VecTail<V, T>.Load(y, n), sum);
        if (whole) V.Store(sum, y);
        else VecTail<V, T>.Store(sum, y, n);
    }
}
