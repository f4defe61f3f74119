using System.Runtime.InteropServices;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Layout;

/// <summary>
/// Copies (or adds) a block of columns between two row-major matrices: concatenation and slicing along any axis, and the backward
/// of each, are this one kernel with what lies behind the axis as columns and what lies before it as rows.
/// </summary>
public static unsafe class CopyBlock
{
    /// <summary>y[r * yStride + yOffset + c] = (or +=) x[r * xStride + xOffset + c] for r &lt; rows, c &lt; columns.</summary>
    /// <param name="dtype">Any type; float or double when accumulating, on a GPU BF16 too.</param>
    /// <param name="x">[rows, xStride], read.</param>
    /// <param name="y">[rows, yStride]; only the block is touched, and the launch declares only the stretch that holds it.</param>
    /// <param name="xOffset">First column in x; xOffset + columns is at most xStride.</param>
    /// <param name="yOffset">First column in y; yOffset + columns is at most yStride.</param>
    /// <param name="accumulate">Add to what y holds, in place of overwriting it.</param>
    /// <exception cref="EngineException">The block does not fit, or the type cannot be added.</exception>
    public static void Run(
        Device device, DType dtype, BufferRange x, BufferRange y, int rows, int columns,
        int xStride, int xOffset, int yStride, int yOffset, bool accumulate = false)
    {
        if (rows < 0 || columns < 0 || xOffset < 0 || yOffset < 0 || xOffset + (long)columns > xStride || yOffset + (long)columns > yStride)
        {
            throw new EngineException(
                $"copy_block: {rows} rows of {columns} columns do not fit at column {xOffset} of {xStride} and column {yOffset} of {yStride}.");
        }

        if (accumulate && dtype is not (DType.Float32 or DType.Float64) && !(dtype == DType.BFloat16 && device is GpuDevice))
            throw new EngineException($"copy_block adds float and double, not {dtype.CName()}.");
        if (rows == 0 || columns == 0) return;
        x = x.Part("copy_block", "x", dtype, xOffset, ((rows - 1) * (long)xStride) + columns);
        y = y.Part("copy_block", "y", dtype, yOffset, ((rows - 1) * (long)yStride) + columns);
        var args = new CopyBlockArgs { X = x.Address, Y = y.Address, Rows = rows, Columns = columns, XStride = xStride, YStride = yStride };
        if (columns == xStride && columns == yStride) (args.Rows, args.Columns) = (1, rows * (long)columns);
        bool whole = rows == 1 || columns == yStride;
        ReadOnlySpan<Access> accesses = [Access.Read(x), whole && !accumulate ? Access.Write(y) : Access.Update(y)];
        if (device is GpuDevice gpu) CopyBlockGpu.Launch(gpu, dtype, ref args, accumulate, accesses);
        else CopyBlockCpu.Launch((CpuDevice)device, dtype, ref args, accumulate, accesses);
    }
}

[StructLayout(LayoutKind.Sequential)]
internal struct CopyBlockArgs : IStrided
{
    public ulong X, Y;
    public long Rows, Columns, XStride, YStride;
    public int LaneBits;

    public readonly double Touched(int access)
    {
        long stride = access == 0 ? XStride : YStride;
        return Rows * Columns / (double)(((Rows - 1) * stride) + Columns);
    }
}
