using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Elementwise;

/// <summary>Functions of one argument; p0 and p1 are parameters of the function.</summary>
public enum UnaryOp : byte
{
    /// <summary>-x: the sign bit flipped, of zeros too.</summary>
    Neg,

    /// <summary>e^x; the derivative is y.</summary>
    Exp,

    /// <summary>Natural logarithm: -infinity at 0, NaN below. The derivative is 1 / x.</summary>
    Log,

    /// <summary>x^2.</summary>
    Square,

    /// <summary>The square root, correctly rounded; NaN below 0. The derivative 1 / (2 y) is infinite at 0.</summary>
    Sqrt,

    /// <summary>|x|; the derivative at 0 is 0.</summary>
    Abs,

    /// <summary>x limited to [p0, p1]; the derivative is 1 on the limits.</summary>
    Clamp,

    /// <summary>max(x, 0), a NaN stays; the derivative at 0 is 0.</summary>
    Relu,

    /// <summary>x for x &gt; 0, p0 x below; p0 &gt;= 0.</summary>
    LeakyRelu,

    /// <summary>x for x &gt; 0, p0 (e^x - 1) below; p0 &gt;= 0.</summary>
    Elu,

    /// <summary>tanh(x); the derivative is 1 - y^2.</summary>
    Tanh,

    /// <summary>1 / (1 + e^-x); the derivative is y - y^2.</summary>
    Sigmoid,

    /// <summary>log(1 + e^x).</summary>
    Softplus,

    /// <summary>p0 x + p1, rounded once.</summary>
    Affine,
}

/// <summary>y = f(x) over flat arrays, float or double; on a GPU the rectifiers also over arrays stored in BF16, computed in float.</summary>
public static class Unary
{
    /// <summary>True where the derivative is taken from y, false where from x.</summary>
    public static bool SavesOutput(UnaryOp op) =>
        op is UnaryOp.Exp or UnaryOp.Sqrt or UnaryOp.Relu or UnaryOp.LeakyRelu or UnaryOp.Elu or UnaryOp.Tanh or UnaryOp.Sigmoid or UnaryOp.Softplus;

    /// <summary>True where the derivative is constant: backward then reads no saved values, and need not be given memory that still holds them.</summary>
    public static bool SavesNothing(UnaryOp op) => op is UnaryOp.Neg or UnaryOp.Affine;

    /// <summary>Whether GPUs have it over BF16: the rectifiers, whose output told from either side is the same.</summary>
    public static bool TakesBFloat16(UnaryOp op) => op is UnaryOp.Relu or UnaryOp.LeakyRelu;

    /// <summary>y = f(x).</summary>
    /// <param name="x">count elements, read.</param>
    /// <param name="y">count elements, written; may be x.</param>
    /// <exception cref="EngineException">dtype is none that it takes, or a range is too short.</exception>
    public static void Run(Device device, DType dtype, UnaryOp op, BufferRange x, BufferRange y, long count, double p0 = 0, double p1 = 0)
    {
        if (count == 0) return;
        x = x.First("unary", "x", dtype, count);
        y = y.First("unary", "y", dtype, count);
        var args = new UnaryArgs { X = x.Address, Y = y.Address, N = count, P0 = p0, P1 = p1 };
        bool inPlace = args.X == args.Y;
        args.Quads = Flat.Quads(count, args.X | args.Y);
        Span<Access> accesses = inPlace ? [Access.Update(y)] : [Access.Read(x), Access.Write(y)];
        if (device is CpuDevice cpu) UnaryCpu.Launch(cpu, dtype, op, ref args, accesses);
        else UnaryGpu.Launch((GpuDevice)device, dtype, op, ref args, accesses);
    }

    /// <summary>dx = dy f'(saved), or dx += dy f'(saved).</summary>
    /// <param name="saved">count elements of y (<see cref="SavesOutput"/>) or of x, read; not touched where <see cref="SavesNothing"/>.</param>
    /// <param name="dy">count elements, read.</param>
    /// <param name="dx">count elements, written; updated when accumulating; may be dy when not.</param>
    /// <exception cref="EngineException">dtype is none that it takes, or a range is too short.</exception>
    public static void Backward(
        Device device, DType dtype, UnaryOp op, BufferRange saved, BufferRange dy, BufferRange dx, long count, double p0 = 0, double p1 = 0, bool accumulate = false)
    {
        if (count == 0) return;
        bool reads = !SavesNothing(op);
        if (reads) saved = saved.First("unary_backward", "saved", dtype, count);
        dy = dy.First("unary_backward", "dy", dtype, count);
        dx = dx.First("unary_backward", "dx", dtype, count);
        var args = new UnaryBackwardArgs
        {
            Saved = reads ? saved.Address : 0,
            DY = dy.Address,
            DX = dx.Address,
            N = count,
            P0 = p0,
            P1 = p1,
            Accumulate = accumulate ? 1 : 0,
        };
        args.Quads = Flat.Quads(count, args.Saved | args.DY | args.DX);
        var target = accumulate || args.DX == args.DY ? Access.Update(dx) : Access.Write(dx);
        Span<Access> all = [target, Access.Read(dy), Access.Read(saved)];
        if (args.DX == args.DY)
        {
            if (accumulate) throw new EngineException("unary_backward: dx += dy f' needs a dx of its own.");
            all[1] = all[2];
            all = all[..2];
        }

        if (!reads) all = all[..^1];
        if (device is CpuDevice cpu) UnaryCpu.Launch(cpu, dtype, op, ref args, all);
        else UnaryGpu.Launch((GpuDevice)device, dtype, op, ref args, all);
    }
}

internal struct UnaryArgs
{
    public ulong X;
    public ulong Y;
    public long N;
    public long Quads; // groups of four, moved 16 bytes at a time on a GPU; 0 where a range is not aligned
    public double P0;
    public double P1;
}

internal struct UnaryBackwardArgs
{
    public ulong Saved;
    public ulong DY;
    public ulong DX;
    public long N;
    public long Quads;
    public double P0;
    public double P1;
    public int Accumulate;
}
