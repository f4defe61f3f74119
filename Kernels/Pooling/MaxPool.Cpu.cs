using System.Numerics;
using System.Runtime.CompilerServices;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using static System.Runtime.CompilerServices.MethodImplOptions;

namespace GenEngine.Kernels.Pooling;

internal static unsafe class MaxPoolCpu
{
    public static void Forward(CpuDevice device, DType dtype, DType places, ref WindowArgs args, ReadOnlySpan<Access> accesses)
    {
        if (places == DType.UInt8) device.Launch<ForwardKernel<BytePlaces>, WindowArgs>("max_pool", dtype, ref args, accesses);
        else device.Launch<ForwardKernel<IntPlaces>, WindowArgs>("max_pool", dtype, ref args, accesses);
    }

    public static void Backward(CpuDevice device, DType dtype, DType places, ref WindowArgs args, ReadOnlySpan<Access> accesses)
    {
        if (places == DType.UInt8) device.Launch<BackwardKernel<BytePlaces>, WindowArgs>("max_pool_backward", dtype, ref args, accesses);
        else device.Launch<BackwardKernel<IntPlaces>, WindowArgs>("max_pool_backward", dtype, ref args, accesses);
    }

    private readonly struct ForwardKernel<TPlaces> : ICpuKernel<WindowArgs>
        where TPlaces : struct, IPlaces
    {
        public static void Run<V, T>(WorkerPool pool, WindowArgs* args)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T> => WindowFold<Maximum<TPlaces>>.Run<V, T>(pool, args);
    }

    private readonly struct BackwardKernel<TPlaces> : ICpuKernel<WindowArgs>
        where TPlaces : struct, IPlaces
    {
        public static void Run<V, T>(WorkerPool pool, WindowArgs* args)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T> => WindowGather<Chosen<TPlaces>>.Run<V, T>(pool, args);
    }

    private readonly struct Maximum<TPlaces> : IWindowFold
        where TPlaces : struct, IPlaces
    {
        [SkipLocalsInit]
        [MethodImpl(AggressiveOptimization)]
        public static void Run<V, T>(WindowArgs* args, in WindowTaps taps, T* x, nint output, nint length)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T>
        {
            nint i = 0;
            for (; i <= length - (2 * V.Count); i += 2 * V.Count) Two<V, T>(args, in taps, x + i, output + i);
            for (; i <= length - V.Count; i += V.Count) Chunk<V, T>(args, in taps, x + i, output + i, V.Count);
            if (i == length) return;
            nint first = Math.Max(0, length - V.Count); // a whole vector that overlaps the one before beats a part of one
            Chunk<V, T>(args, in taps, x + first, output + first, length - first);
        }

        // two vectors a walk over the window: half the steps
        [MethodImpl(AggressiveInlining)]
        private static void Two<V, T>(WindowArgs* args, in WindowTaps taps, T* x, nint output)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T>
        {
            T* row = x + (taps.FirstRow * taps.Row) + (taps.FirstColumn * taps.Step);
            V a = V.Load(row), b = V.Load(row + V.Count), one = VecMath.Constant<V, T>(1);
            V placeA = V.Create(T.CreateTruncating((taps.FirstRow * args->WindowWidth) + taps.FirstColumn)), placeB = placeA;
            for (int ky = taps.FirstRow; ky < taps.EndRow; ky++, row += taps.Row)
            {
                T* p = row;
                int phase = 0;
                V tap = V.Create(T.CreateTruncating((ky * args->WindowWidth) + taps.FirstColumn));
                for (int kx = taps.FirstColumn; kx < taps.EndColumn; kx++)
                {
                    Take<V, T>(V.Load(p), tap, ref a, ref placeA);
                    Take<V, T>(V.Load(p + V.Count), tap, ref b, ref placeB);
                    tap = V.Add(tap, one);
                    p += taps.Step;
                    if (++phase != taps.Phases) continue;
                    phase = 0;
                    p += taps.Wrap;
                }
            }

            T* y = (T*)args->Y + output;
            V.Store(a, y);
            V.Store(b, y + V.Count);
            if (args->Gradient == 0) return;
            TPlaces.Store<V, T>(placeA, args->Places, output, V.Count);
            TPlaces.Store<V, T>(placeB, args->Places, output + V.Count, V.Count);
        }

        /// <summary>Takes what is greater, or no number.</summary>
        [MethodImpl(AggressiveInlining)]
        private static void Take<V, T>(V v, V tap, ref V best, ref V place)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T>
        {
            place = V.SelectEqual(v, v, V.SelectGreater(v, best, tap, place), tap);
            best = V.SelectEqual(v, v, V.Max(v, best), v);
        }

        [MethodImpl(AggressiveInlining)]
        private static void Chunk<V, T>(WindowArgs* args, in WindowTaps taps, T* x, nint output, nint n)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T>
        {
            bool whole = n == V.Count;
            T* row = x + (taps.FirstRow * taps.Row) + (taps.FirstColumn * taps.Step);
            V best = whole ? V.Load(row) : VecTail<V, T>.Load(row, n), one = VecMath.Constant<V, T>(1);
            V place = V.Create(T.CreateTruncating((taps.FirstRow * args->WindowWidth) + taps.FirstColumn));
            for (int ky = taps.FirstRow; ky < taps.EndRow; ky++, row += taps.Row)
            {
                T* p = row;
                int phase = 0;
                V tap = V.Create(T.CreateTruncating((ky * args->WindowWidth) + taps.FirstColumn));
                for (int kx = taps.FirstColumn; kx < taps.EndColumn; kx++)
                {
                    Take<V, T>(whole ? V.Load(p) : VecTail<V, T>.Load(p, n), tap, ref best, ref place);
                    tap = V.Add(tap, one);
                    p += taps.Step;
                    if (++phase != taps.Phases) continue;
                    phase = 0;
                    p += taps.Wrap;
                }
            }

            T* y = (T*)args->Y + output;
            if (whole) V.Store(best, y);
            else VecTail<V, T>.Store(best, y, n);
            if (args->Gradient != 0) TPlaces.Store<V, T>(place, args->Places, output, n);
        }
    }

    private readonly struct Chosen<TPlaces> : IWindowGather
        where TPlaces : struct, IPlaces
    {
        [SkipLocalsInit]
        [MethodImpl(AggressiveOptimization)]
        public static void Run<V, T>(WindowArgs* args, in CoveringWindows windows, nint output, T* target, nint length, bool accumulate)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T>
        {
            nint i = 0;
            for (; i <= length - (2 * V.Count); i += 2 * V.Count) Two<V, T>(args, in windows, output + i, target + i, accumulate);
            for (; i <= length - V.Count; i += V.Count) Chunk<V, T>(args, in windows, output + i, target + i, V.Count, accumulate);
            if (i == length) return;
            nint first = accumulate ? i : Math.Max(0, length - V.Count); // a whole vector that overlaps the one before beats a part of one
            Chunk<V, T>(args, in windows, output + first, target + first, length - first, accumulate);
        }

        // two vectors a walk over the windows: half the steps
        [MethodImpl(AggressiveInlining)]
        private static void Two<V, T>(WindowArgs* args, in CoveringWindows windows, nint output, T* target, bool accumulate)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T>
        {
            V a = V.Zero, b = a;
            T* dy = (T*)args->X;
            for (int y = 0; y < windows.Rows; y++, output += windows.Row)
            {
                nint at = output;
                int tap = windows.Tap - (y * windows.TapRow);
                for (int x = 0; x < windows.Columns; x++, at += windows.Column, tap -= windows.TapColumn)
                {
                    V here = V.Create(T.CreateTruncating(tap));
                    a = V.Add(a, V.SelectEqual(TPlaces.Load<V, T>(args->Places, at, V.Count), here, V.Load(dy + at), V.Zero));
                    b = V.Add(b, V.SelectEqual(TPlaces.Load<V, T>(args->Places, at + V.Count, V.Count), here, V.Load(dy + at + V.Count), V.Zero));
                }
            }

            if (accumulate) (a, b) = (V.Add(V.Load(target), a), V.Add(V.Load(target + V.Count), b));
            V.Store(a, target);
            V.Store(b, target + V.Count);
        }

        [MethodImpl(AggressiveInlining)]
        private static void Chunk<V, T>(WindowArgs* args, in CoveringWindows windows, nint output, T* target, nint n, bool accumulate)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T>
        {
            bool whole = n == V.Count;
            V sum = V.Zero;
            T* dy = (T*)args->X;
            for (int y = 0; y < windows.Rows; y++, output += windows.Row)
            {
                nint at = output;
                int tap = windows.Tap - (y * windows.TapRow);
                for (int x = 0; x < windows.Columns; x++, at += windows.Column, tap -= windows.TapColumn)
                {
                    V g = whole ? V.Load(dy + at) : VecTail<V, T>.Load(dy + at, n);
                    sum = V.Add(sum, V.SelectEqual(TPlaces.Load<V, T>(args->Places, at, n), V.Create(T.CreateTruncating(tap)), g, V.Zero));
                }
            }

            if (accumulate) sum = V.Add(whole ? V.Load(target) : VecTail<V, T>.Load(target, n), sum);
            if (whole) V.Store(sum, target);
            else VecTail<V, T>.Store(sum, target, n);
        }
    }
}
