using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Elementwise;

/// <summary>y = a b + c over flat arrays, float or double, rounded once.</summary>
public static class MultiplyAdd
{
    /// <param name="a">count elements, read.</param>
    /// <param name="b">count elements, read; may be a.</param>
    /// <param name="c">count elements, read.</param>
    /// <param name="y">count elements, written; may be c (y += a b).</param>
    /// <exception cref="EngineException">dtype is neither float nor double, or a range is too short.</exception>
    public static void Run(Device device, DType dtype, BufferRange a, BufferRange b, BufferRange c, BufferRange y, long count)
    {
        if (count == 0) return;
        a = a.First("multiply_add", "a", dtype, count);
        b = b.First("multiply_add", "b", dtype, count);
        c = c.First("multiply_add", "c", dtype, count);
        y = y.First("multiply_add", "y", dtype, count);
        var args = new MultiplyAddArgs { A = a.Address, B = b.Address, C = c.Address, Y = y.Address, N = count };
        args.Quads = Flat.Quads(count, args.A | args.B | args.C | args.Y);
        Span<Access> accesses = args.C == args.Y
            ? [Access.Update(y), Access.Read(a), Access.Read(b)]
            : [Access.Write(y), Access.Read(a), Access.Read(b), Access.Read(c)];
        if (device is CpuDevice cpu) MultiplyAddCpu.Launch(cpu, dtype, ref args, accesses);
        else MultiplyAddGpu.Launch((GpuDevice)device, dtype, ref args, accesses);
    }
}

internal struct MultiplyAddArgs
{
    public ulong A;
    public ulong B;
    public ulong C;
    public ulong Y;
    public long N;
    public long Quads;
}
