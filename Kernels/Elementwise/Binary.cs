using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Elementwise;

/// <summary>The operation of <see cref="Binary"/>, element by element, rounded once as IEEE 754 asks; the numbers of binary.cu.</summary>
public enum BinaryOp : byte
{
    /// <summary>a + b.</summary>
    Add,

    /// <summary>a - b.</summary>
    Sub,

    /// <summary>a b.</summary>
    Mul,

    /// <summary>a / b; infinite where b is 0, NaN for 0 / 0.</summary>
    Div,
}

/// <summary>How the second operand of a rows x columns operation is repeated.</summary>
public enum Broadcast : byte
{
    /// <summary>b[r, c]: not at all.</summary>
    None,

    /// <summary>b[c]: columns elements, the same for every row.</summary>
    Channel,

    /// <summary>b[r]: rows elements, each for a whole row.</summary>
    Row,

    /// <summary>b[0].</summary>
    Scalar,
}

/// <summary>y = a op b over rows x columns elements, float or double; on a GPU a + b without broadcast also over arrays stored in BF16, computed in float.</summary>
public static class Binary
{
    /// <summary>y[r, c] = a[r, c] op b.</summary>
    /// <param name="a">rows * columns elements, read.</param>
    /// <param name="b">As many elements as <paramref name="broadcast"/> says, read; may be a (x * x, x + x).</param>
    /// <param name="y">rows * columns elements, written; may be a.</param>
    /// <exception cref="EngineException">dtype is none that it takes, or a range is too short.</exception>
    public static void Run(Device device, DType dtype, BinaryOp op, BufferRange a, BufferRange b, BufferRange y, long rows, long columns, Broadcast broadcast)
    {
        long count = rows * columns;
        if (count == 0) return;
        long others = broadcast switch { Broadcast.None => count, Broadcast.Channel => columns, Broadcast.Row => rows, _ => 1 };
        a = a.First("binary", "a", dtype, count);
        b = b.First("binary", "b", dtype, others);
        y = y.First("binary", "y", dtype, count);
        var args = new BinaryArgs { A = a.Address, B = b.Address, Y = y.Address, Rows = rows, Columns = columns };
        bool flat = broadcast is Broadcast.None or Broadcast.Scalar;
        ulong addresses = args.A | args.Y | (broadcast is Broadcast.None or Broadcast.Channel ? args.B : 0);
        args.Quads = flat || columns % 4 == 0 ? Flat.Quads(count, addresses) : 0;
        Span<Access> accesses = args.A == args.Y ? [Access.Update(y), Access.Read(b)] : [Access.Write(y), Access.Read(b), Access.Read(a)];
        if (args.B == args.Y && args.A == args.Y && broadcast == Broadcast.None) accesses = accesses[..1];
        if (device is CpuDevice cpu) BinaryCpu.Launch(cpu, dtype, op, broadcast, ref args, accesses);
        else BinaryGpu.Launch((GpuDevice)device, dtype, op, broadcast, ref args, accesses);
    }
}

/// <summary>y += x.</summary>
public static class Accumulate
{
    /// <param name="x">count elements, read.</param>
    /// <param name="y">count elements, updated.</param>
    public static void Run(Device device, DType dtype, BufferRange x, BufferRange y, long count) =>
        Binary.Run(device, dtype, BinaryOp.Add, y, x, y, 1, count, Broadcast.None);
}

internal struct BinaryArgs
{
    public ulong A;
    public ulong B;
    public ulong Y;
    public long Rows;
    public long Columns;
    public long Quads; // groups of four, moved 16 bytes at a time on a GPU; 0 where they would straddle rows or are not aligned
}
