using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;

namespace GenEngine.Kernels.Recording;

internal static unsafe class RecordScalarsCpu
{
    public static void Launch(CpuDevice device, DType dtype, ref RecordArgs args, ReadOnlySpan<Access> accesses) =>
        device.Launch("record_scalars", dtype == DType.Float64 ? &Run<double> : &Run<float>, ref args, accesses);

    private static void Run<T>(WorkerPool pool, RecordArgs* args) where T : unmanaged
    {
        ulong* counter = (ulong*)args->Counter;
        T* row = (T*)args->Ring + ((long)(*counter % (ulong)args->Capacity) * RecordScalars.MaxValues);
        for (int i = 0; i < args->Count; i++) row[i] = *(T*)args->Values[i];
        (*counter)++;
    }
}
