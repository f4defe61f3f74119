using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Sampling;

/// <summary>What <see cref="RandomFill"/> draws; p0 and p1 are its parameters, 0 and 1 unless given.</summary>
public enum Distribution : byte
{
    /// <summary>Uniform in [p0, p1).</summary>
    Uniform,

    /// <summary>Normal of mean p0 and standard deviation p1.</summary>
    Normal,

    /// <summary>1 with probability p0, else 0.</summary>
    Bernoulli,
}

/// <summary>
/// Fills memory with independent draws. Element i depends on (i, state, stream) alone: neither on the device nor on the number of threads.
/// Draws have 24 random bits, the same for float and double.
/// </summary>
public static class RandomFill
{
    private const string Name = "random_fill";

    /// <param name="dtype">float or double.</param>
    /// <param name="y">count elements, written.</param>
    /// <param name="count">At most 2^34.</param>
    /// <param name="state">A <see cref="RandomState"/>, read.</param>
    /// <param name="stream">Which of the state's streams; one a random op.</param>
    public static void Run(
        Device device, DType dtype, Distribution distribution, BufferRange y, long count, BufferRange state, uint stream, double p0 = 0, double p1 = 1)
    {
        Draws.CheckCount(count);
        bool ordered = dtype == DType.Float32 ? (float)p0 < (float)p1 : p0 < p1;
        if (distribution == Distribution.Uniform && !ordered)
            throw new EngineException($"Uniform numbers need p0 < p1 in {dtype.CName()}, not [{p0}, {p1}).");
        if (count == 0) return;
        y = y.First(Name, "y", dtype, count);
        state = state.First(Name, "state", DType.Int64, RandomState.Words);
        var args = new RandomFillArgs
        {
            Y = y.Address,
            State = state.Address,
            Count = count,
            P0 = p0,
            P1 = p1,
            Below = dtype == DType.Float32 ? MathF.BitDecrement((float)p1) : Math.BitDecrement(p1),
            Stream = stream,
            Aligned = Draws.Aligned(y),
        };
        Span<Access> accesses = [Access.Write(y), Access.Read(state)];
        if (device is CpuDevice cpu) RandomFillCpu.Launch(cpu, dtype, distribution, ref args, accesses);
        else RandomFillGpu.Launch((GpuDevice)device, dtype, distribution, ref args, accesses);
    }
}

internal struct RandomFillArgs
{
    public ulong Y;
    public ulong State;
    public long Count;
    public double P0;
    public double P1;
    public double Below; // the largest number below P1
    public uint Stream;
    public int Aligned;
}
