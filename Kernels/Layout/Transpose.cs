using System.Runtime.InteropServices;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Layout;

/// <summary>y[b, c, r] = x[b, r, c], for any element type: NHWC to NCHW and back, a matrix and its transpose.</summary>
public static unsafe class Transpose
{
    /// <param name="x">[batch, rows, columns], read.</param>
    /// <param name="y">[batch, columns, rows], written.</param>
    /// <exception cref="EngineException">A range is too short, or an extent is negative.</exception>
    public static void Run(Device device, DType dtype, BufferRange x, BufferRange y, int batch, int rows, int columns)
    {
        if (batch < 0 || rows < 0 || columns < 0)
            throw new EngineException($"transpose: {batch} matrices of {rows}x{columns}: no extent may be negative.");
        long count = (long)batch * rows * columns;
        x = x.First("transpose", "x", dtype, count);
        y = y.First("transpose", "y", dtype, count);
        if (count == 0) return;
        var args = new TransposeArgs { X = x.Address, Y = y.Address, Batch = batch, Rows = rows, Columns = columns };
        ReadOnlySpan<Access> accesses = [Access.Read(x), Access.Write(y)];
        if (device is GpuDevice gpu) TransposeGpu.Launch(gpu, dtype, ref args, accesses);
        else TransposeCpu.Launch((CpuDevice)device, dtype, ref args, accesses);
    }
}

[StructLayout(LayoutKind.Sequential)]
internal struct TransposeArgs
{
    public ulong X, Y;
    public int Batch, Rows, Columns;
}
