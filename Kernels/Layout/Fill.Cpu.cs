using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;

namespace GenEngine.Kernels.Layout;

internal static unsafe class FillCpu
{
    private const int MaxSpan = 1 << 30;

    public static void Launch(CpuDevice device, DType dtype, ref FillArgs args, ReadOnlySpan<Access> accesses) =>
        device.Launch("fill", Entry(dtype), ref args, accesses);

    private static delegate*<WorkerPool, FillArgs*, void> Entry(DType dtype) => dtype.Size() switch
    {
        1 => &Run<byte>,
        2 => &Run<ushort>,
        4 => &Run<uint>,
        _ => &Run<ulong>,
    };

    private static void Run<TWord>(WorkerPool pool, FillArgs* args) where TWord : unmanaged =>
        Partition.Run(pool, args, &Part<TWord>, args->N, sizeof(TWord), 64);

    private static void Part<TWord>(FillArgs* args, nint start, nint end) where TWord : unmanaged
    {
        ulong bits = args->Bits;
        TWord value = *(TWord*)&bits; // little-endian: the low bytes
        for (; start < end; start += MaxSpan) new Span<TWord>((TWord*)args->Y + start, (int)Math.Min(MaxSpan, end - start)).Fill(value);
    }
}
