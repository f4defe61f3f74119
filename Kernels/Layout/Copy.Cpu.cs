using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;

namespace GenEngine.Kernels.Layout;

internal static unsafe class CopyCpu
{
    public static void Launch(CpuDevice device, ref CopyArgs args, ReadOnlySpan<Access> accesses) =>
        device.Launch("copy", &Run, ref args, accesses);

    private static void Run(WorkerPool pool, CopyArgs* args) => Partition.Run(pool, args, &Part, args->N, 2, 4096);

    private static void Part(CopyArgs* args, nint start, nint end) =>
        Buffer.MemoryCopy((byte*)args->X + start, (byte*)args->Y + start, end - start, end - start);
}
