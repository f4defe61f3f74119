using System.Numerics;
using System.Runtime.CompilerServices;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using static System.Runtime.CompilerServices.MethodImplOptions;

namespace GenEngine.Kernels.Pooling;

internal static unsafe class AvgPoolCpu
{
    public static void Launch(CpuDevice device, DType dtype, ref WindowArgs args, bool backward, ReadOnlySpan<Access> accesses)
    {
        if (backward) device.Launch<BackwardKernel, WindowArgs>("avg_pool_backward", dtype, ref args, accesses);
        else device.Launch<ForwardKernel, WindowArgs>("avg_pool", dtype, ref args, accesses);
    }

    private readonly struct ForwardKernel : ICpuKernel<WindowArgs>
    {
        public static void Run<V, T>(WorkerPool pool, WindowArgs* args)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T> => WindowFold<WindowSum>.Run<V, T>(pool, args);
    }

    private readonly struct BackwardKernel : ICpuKernel<WindowArgs>
    {
        public static void Run<V, T>(WorkerPool pool, WindowArgs* args)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T> => WindowGather<Sum>.Run<V, T>(pool, args);
    }

    private readonly struct Sum : IWindowGather
    {
        [MethodImpl(AggressiveOptimization)]
        public static void Run<V, T>(WindowArgs* args, in CoveringWindows windows, nint output, T* target, nint length, bool accumulate)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T>
        {
            T* dy = (T*)args->X + output;
            var divisor = V.Create(T.CreateTruncating(args->Divisor));
            nint i = 0;
            for (; i <= length - (2 * V.Count); i += 2 * V.Count) Two(in windows, divisor, dy + i, target + i, accumulate);
            for (; i <= length - V.Count; i += V.Count) Chunk(in windows, divisor, dy + i, target + i, V.Count, accumulate);
            if (i == length) return;
            nint first = accumulate ? i : Math.Max(0, length - V.Count); // a whole vector that overlaps the one before beats a part of one
            Chunk(in windows, divisor, dy + first, target + first, length - first, accumulate);
        }

        // two vectors a walk over the windows: half the steps
        [MethodImpl(AggressiveInlining)]
        private static void Two<V, T>(in CoveringWindows windows, V divisor, T* dy, T* target, bool accumulate)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T>
        {
            V a = V.Zero, b = a;
            for (int y = 0; y < windows.Rows; y++, dy += windows.Row)
            {
                T* p = dy;
                for (int x = 0; x < windows.Columns; x++, p += windows.Column) (a, b) = (V.Add(a, V.Load(p)), V.Add(b, V.Load(p + V.Count)));
            }

            (a, b) = (V.Div(a, divisor), V.Div(b, divisor));
            if (accumulate) (a, b) = (V.Add(V.Load(target), a), V.Add(V.Load(target + V.Count), b));
            V.Store(a, target);
            V.Store(b, target + V.Count);
        }

        [MethodImpl(AggressiveInlining)]
        private static void Chunk<V, T>(in CoveringWindows windows, V divisor, T* dy, T* target, nint n, bool accumulate)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T>
        {
            bool whole = n == V.Count;
            V sum = V.Zero;
            for (int y = 0; y < windows.Rows; y++, dy += windows.Row)
            {
                T* p = dy;
                for (int x = 0; x < windows.Columns; x++, p += windows.Column) sum = V.Add(sum, whole ? V.Load(p) : VecTail<V, T>.Load(p, n));
            }

            sum = V.Div(sum, divisor);
            if (accumulate) sum = V.Add(whole ? V.Load(target) : VecTail<V, T>.Load(target, n), sum);
            if (whole) V.Store(sum, target);
            else VecTail<V, T>.Store(sum, target, n);
        }
    }
}
