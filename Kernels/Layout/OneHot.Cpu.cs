using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;

namespace GenEngine.Kernels.Layout;

internal static unsafe class OneHotCpu
{
    public static void Launch(CpuDevice device, DType dtype, ref OneHotArgs args, ReadOnlySpan<Access> accesses) =>
        device.Launch("one_hot", Entry(dtype), ref args, accesses);

    private static delegate*<WorkerPool, OneHotArgs*, void> Entry(DType dtype) => dtype.Size() switch
    {
        1 => &Run<byte>,
        2 => &Run<ushort>,
        4 => &Run<uint>,
        _ => &Run<ulong>,
    };

    private static void Run<TWord>(WorkerPool pool, OneHotArgs* args) where TWord : unmanaged =>
        Partition.Run(pool, args, &Rows<TWord>, args->Rows, (long)sizeof(TWord) * args->Classes);

    private static void Rows<TWord>(OneHotArgs* args, nint start, nint end) where TWord : unmanaged
    {
        ulong bits = args->One;
        TWord one = *(TWord*)&bits;
        int classes = args->Classes;
        for (nint row = start; row < end; row++)
        {
            var y = new Span<TWord>((TWord*)args->Y + (row * classes), classes);
            int label = ((int*)args->Labels)[row];
            y.Clear();
            if ((uint)label < (uint)classes) y[label] = one;
        }
    }
}
