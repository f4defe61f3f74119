using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Loss;

/// <summary>
/// Probabilities of logits, row by row. Where a label says which of them counts, <see cref="SoftmaxCrossEntropy"/> takes the logits themselves and loses nothing to rounding; this is for
/// probabilities that go on into a network.
/// </summary>
public static class Softmax
{
    private const string Name = "softmax";

    /// <summary>y = exp(x - max x) / sum exp(x - max x) of each row.</summary>
    /// <param name="dtype">float or double, of all tensors.</param>
    /// <param name="x">[rows, columns], read.</param>
    /// <param name="y">[rows, columns], written.</param>
    public static void Forward(Device device, DType dtype, BufferRange x, BufferRange y, int rows, int columns)
    {
        long count = Rows.Count(rows, columns);
        if (rows == 0) return;
        x = x.First(Name, "x", dtype, count);
        y = y.First(Name, "y", dtype, count);
        var args = new SoftmaxForwardArgs { X = x.Address, Y = y.Address, Rows = rows, Columns = columns };
        Span<Access> accesses = [Access.Read(x), Access.Write(y)];
        if (device is CpuDevice cpu) SoftmaxCpu.Forward(cpu, dtype, ref args, accesses);
        else SoftmaxGpu.Forward((GpuDevice)device, dtype, ref args, accesses);
    }

    /// <summary>dx = y (dy - sum(y dy)), the sum over the row.</summary>
    /// <param name="y">[rows, columns], read: what the forward pass gave.</param>
    /// <param name="dy">[rows, columns], read.</param>
    /// <param name="dx">[rows, columns], written.</param>
    public static void Backward(Device device, DType dtype, BufferRange y, BufferRange dy, BufferRange dx, int rows, int columns)
    {
        long count = Rows.Count(rows, columns);
        if (rows == 0) return;
        y = y.First(Name, "y", dtype, count);
        dy = dy.First(Name, "dy", dtype, count);
        dx = dx.First(Name, "dx", dtype, count);
        var args = new SoftmaxBackwardArgs { Y = y.Address, DY = dy.Address, DX = dx.Address, Rows = rows, Columns = columns };
        Span<Access> accesses = [Access.Read(y), Access.Read(dy), Access.Write(dx)];
        if (device is CpuDevice cpu) SoftmaxCpu.Backward(cpu, dtype, ref args, accesses);
        else SoftmaxGpu.Backward((GpuDevice)device, dtype, ref args, accesses);
    }
}

internal struct SoftmaxForwardArgs
{
    public ulong X;
    public ulong Y;
    public int Rows;
    public int Columns;
}

internal struct SoftmaxBackwardArgs
{
    public ulong Y;
    public ulong DY;
    public ulong DX;
    public int Rows;
    public int Columns;
}
