using System.Numerics;
using System.Runtime.CompilerServices;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;

namespace GenEngine.Kernels.Optimizer;

internal readonly unsafe struct ClipValueCpu : IFlatKernel<ClipValueArgs>
{
    public static int Traffic => 2;

    public static long Count(ClipValueArgs* args) => args->N;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static nint Range<V, T>(ClipValueArgs* args, nint start, nint end)
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var gradients = (T*)args->G;
        V limit = Flat.Create<V, T>(args->Limit), low = Flat.Create<V, T>(-args->Limit);
        nint i = start;
        for (; i + V.Count <= end; i += V.Count)
        {
            V g = V.Load(gradients + i);
            V.Store(V.SelectGreater(g, limit, limit, V.SelectGreater(low, g, low, g)), gradients + i);
        }

        return i;
    }
}

internal static unsafe class GradientClipCpu
{
    private const int Lanes = 32;

    public static void ByGlobalNorm(CpuDevice device, DType dtype, ref ClipNormArgs args, ReadOnlySpan<Access> sum, ReadOnlySpan<Access> finish)
    {
        device.Launch<SquareRows, ClipNormArgs>("square_rows", dtype, ref args, sum);
        device.Launch<ClipNorm, ClipNormArgs>("clip_norm", dtype, ref args, finish);
    }

    private readonly struct SquareRows : ICpuKernel<ClipNormArgs>
    {
        public static void Run<V, T>(WorkerPool pool, ClipNormArgs* args)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T> =>
            Partition.Run(pool, args, &Rows<V, T>, args->Rows, GradientClip.RowLength * sizeof(T), 16);
    }

    private readonly struct ClipNorm : ICpuKernel<ClipNormArgs>
    {
        public static void Run<V, T>(WorkerPool pool, ClipNormArgs* args)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T>
        {
            T* lanes = stackalloc T[Lanes], sums = (T*)args->Sums;
            new Span<T>(lanes, Lanes).Clear();
            for (nint row = 0; row < (nint)args->Rows; row++) lanes[row % Lanes] += sums[row];
            double norm = double.CreateTruncating(T.Sqrt(Tree(lanes)));
            double scale = args->MaxNorm / (norm + 1e-6);
            var state = (OptimizerState*)args->State;
            state->GradNorm = norm;
            state->GradScale = scale > 1.0 ? 1.0 : scale;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows<V, T>(ClipNormArgs* args, nint start, nint end)
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        T* lanes = stackalloc T[Lanes];
        for (nint row = start; row < end; row++)
        {
            T* x = (T*)args->G + (row * GradientClip.RowLength);
            nint n = Math.Min((nint)args->N - (row * GradientClip.RowLength), GradientClip.RowLength), whole = n & ~(nint)(Lanes - 1);

            // two vectors of lanes at a time: the row stays in the first cache for the next two
            for (int lane = 0; lane < Lanes; lane += 2 * V.Count)
            {
                V a = V.Zero, b = V.Zero;
                for (nint i = lane; i < whole; i += Lanes)
                {
                    V u = V.Load(x + i), v = V.Load(x + i + V.Count);
                    a = V.Fma(u, u, a);
                    b = V.Fma(v, v, b);
                }

                V.Store(a, lanes + lane);
                V.Store(b, lanes + lane + V.Count);
            }

            for (nint i = whole; i < n; i++) lanes[i - whole] = T.FusedMultiplyAdd(x[i], x[i], lanes[i - whole]);
            ((T*)args->Sums)[row] = Tree(lanes);
        }
    }

    // The law's tree over 32 lanes.
    private static T Tree<T>(T* lanes) where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (int width = Lanes / 2; width > 0; width /= 2)
        {
            for (int lane = 0; lane < width; lane++) lanes[lane] += lanes[lane + width];
        }

        return lanes[0];
    }
}
