using System.Numerics;
using System.Runtime.CompilerServices;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;

namespace GenEngine.Kernels.Layout;

internal static unsafe class ShearCpu
{
    public static void Launch(CpuDevice device, DType dtype, ref ShearArgs args, bool accumulate, ReadOnlySpan<Access> accesses)
    {
        if (accumulate) device.Launch<Adder, ShearArgs>("shear", dtype, ref args, accesses);
        else device.Launch("shear", Mover(dtype), ref args, accesses);
    }

    private static delegate*<WorkerPool, ShearArgs*, void> Mover(DType dtype) => dtype.Size() switch
    {
        1 => &Move<byte>,
        2 => &Move<ushort>,
        4 => &Move<uint>,
        _ => &Move<ulong>,
    };

    private static void Move<TWord>(WorkerPool pool, ShearArgs* args) where TWord : unmanaged =>
        Partition.Run(pool, args, &MoveRows<TWord>, args->Rows, 2 * sizeof(TWord) * args->OutWidth * args->Channels);

    private static void MoveRows<TWord>(ShearArgs* args, nint start, nint end) where TWord : unmanaged
    {
        nint channels = (nint)args->Channels, columns = (nint)args->OutWidth * channels;
        for (nint row = start; row < end; row++)
        {
            var (first, last) = args->Inside(row % (nint)args->Height);
            TWord* y = (TWord*)args->Y + (row * columns);
            new Span<TWord>(y, (int)(first * channels)).Clear();
            new Span<TWord>(y + ((nint)last * channels), (int)(columns - (last * channels))).Clear();
            if (first == last) continue;
            TWord* x = Source<TWord>(args, row, first);
            long bytes = channels * sizeof(TWord);
            if (args->Step > 0) Buffer.MemoryCopy(x, y + ((nint)first * channels), (last - first) * bytes, (last - first) * bytes);
            else for (nint j = (nint)first; j < (nint)last; j++, x -= channels) Buffer.MemoryCopy(x, y + (j * channels), bytes, bytes);
        }
    }

    /// <summary>The pixel that the result's pixel in this row and column comes from.</summary>
    private static TWord* Source<TWord>(ShearArgs* args, nint row, long column) where TWord : unmanaged
    {
        long i = row % args->Height, at = (args->Step * column) + args->Start + (args->Slope * i);
        return (TWord*)args->X + ((((row + args->Down) * args->Width) + at) * args->Channels);
    }

    private readonly struct Adder : ICpuKernel<ShearArgs>
    {
        public static void Run<V, T>(WorkerPool pool, ShearArgs* args)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T> =>
            Partition.Run(pool, args, &AddRows<V, T>, args->Rows, 3 * sizeof(T) * args->OutWidth * args->Channels);
    }

    private static void AddRows<V, T>(ShearArgs* args, nint start, nint end)
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        nint channels = (nint)args->Channels;
        for (nint row = start; row < end; row++)
        {
            var (first, last) = args->Inside(row % (nint)args->Height);
            if (first == last) continue;
            T* x = Source<T>(args, row, first), y = (T*)args->Y + (((row * (nint)args->OutWidth) + (nint)first) * channels);
            if (args->Step > 0) Add<V, T>(x, y, (nint)(last - first) * channels);
            else for (nint j = (nint)first; j < (nint)last; j++, x -= channels, y += channels) Add<V, T>(x, y, channels);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Add<V, T>(T* x, T* y, nint n)
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        nint i = 0;
        for (; i + V.Count <= n; i += V.Count) V.Store(V.Add(V.Load(y + i), V.Load(x + i)), y + i);
        for (; i < n; i++) y[i] += x[i];
    }
}
