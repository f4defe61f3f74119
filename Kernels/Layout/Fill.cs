using System.Runtime.InteropServices;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Layout;

/// <summary>y[i] = value, for any element type.</summary>
public static unsafe class Fill
{
    /// <param name="y">[count], written.</param>
    /// <param name="value">A whole number inside the type's range where the type is an integer.</param>
    /// <exception cref="EngineException">y is too short, or the type cannot hold the value.</exception>
    public static void Run(Device device, DType dtype, BufferRange y, long count, double value)
    {
        y = y.First("fill", "y", dtype, count);
        if (count == 0) return;
        var args = new FillArgs { Y = y.Address, N = count, Bits = Words.Bits(dtype, value) };
        ReadOnlySpan<Access> accesses = [Access.Write(y)];
        if (device is GpuDevice gpu) FillGpu.Launch(gpu, dtype, ref args, accesses);
        else FillCpu.Launch((CpuDevice)device, dtype, ref args, accesses);
    }
}

[StructLayout(LayoutKind.Sequential)]
internal struct FillArgs
{
    public ulong Y;
    public long N;
    public ulong Bits;
}
