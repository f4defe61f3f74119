using System.Runtime.InteropServices;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Layout;

/// <summary>Where the endless stream of training indices stands. It lives in device memory, so that a captured step moves on.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct DataPosition
{
    /// <summary>Bytes of a position in device memory.</summary>
    public const int Bytes = 16;

    /// <summary>Index of the next batch's first row; epoch = Next / count.</summary>
    public ulong Next;

    /// <summary>Key of the shuffled orders and of dynamic binarisation.</summary>
    public ulong Seed;

    /// <summary>position.Next += by, on the device.</summary>
    /// <param name="position">One <see cref="DataPosition"/>, updated.</param>
    /// <exception cref="EngineException">The range is too short, or by is negative.</exception>
    public static unsafe void Advance(Device device, BufferRange position, long by)
    {
        if (by < 0) throw new EngineException($"A data position moves forward only, not by {by}.");
        position = position.First("advance_position", "position", DType.Int64, 2);
        var args = new AdvancePositionArgs { Position = position.Address, By = by };
        ReadOnlySpan<Access> accesses = [Access.Update(position)];
        if (device is GpuDevice gpu) DataPositionGpu.Launch(gpu, ref args, accesses);
        else ((CpuDevice)device).Launch("advance_position", &AdvanceCpu, ref args, accesses);
    }

    private static unsafe void AdvanceCpu(WorkerPool pool, AdvancePositionArgs* args) => ((DataPosition*)args->Position)->Next += (ulong)args->By;
}

[StructLayout(LayoutKind.Sequential)]
internal struct AdvancePositionArgs
{
    public ulong Position;
    public long By;
}

internal sealed class DataPositionGpu : IGpuKernelFamily
{
    private static readonly GpuKernel Kernel = new("Layout/data_position.cu", "advance_position", typeof(AdvancePositionArgs));

    public static IEnumerable<GpuKernel> Variants => [Kernel];

    public static void Launch(GpuDevice device, ref AdvancePositionArgs args, ReadOnlySpan<Access> accesses) =>
        device.Launch(Kernel, LaunchShape.Linear(1, 32), ref args, accesses);
}
