using System.Runtime.InteropServices;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Layout;

/// <summary>Class indices as one-hot rows: y[r, c] = (labels[r] == c), for any element type.</summary>
public static unsafe class OneHot
{
    /// <param name="labels">int32 [rows], read. A label outside 0 .. classes-1 gives a row of zeros.</param>
    /// <param name="y">[rows, classes], written.</param>
    /// <exception cref="EngineException">A range is too short, or an extent is negative.</exception>
    public static void Run(Device device, DType dtype, BufferRange labels, BufferRange y, int rows, int classes)
    {
        if (rows < 0 || classes < 0) throw new EngineException($"one_hot: {rows} rows of {classes} classes: no extent may be negative.");
        labels = labels.First("one_hot", "labels", DType.Int32, rows);
        y = y.First("one_hot", "y", dtype, (long)rows * classes);
        if (y.Bytes == 0) return;
        var args = new OneHotArgs { Labels = labels.Address, Y = y.Address, Rows = rows, Classes = classes, One = Words.Bits(dtype, 1) };
        ReadOnlySpan<Access> accesses = [Access.Read(labels), Access.Write(y)];
        if (device is GpuDevice gpu) OneHotGpu.Launch(gpu, dtype, ref args, accesses);
        else OneHotCpu.Launch((CpuDevice)device, dtype, ref args, accesses);
    }
}

[StructLayout(LayoutKind.Sequential)]
internal struct OneHotArgs
{
    public ulong Labels, Y, One;
    public int Rows, Classes, LaneBits;
}
