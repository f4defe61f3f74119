using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Sampling;

/// <summary>
/// Inverted dropout (Srivastava et al. 2014): y[i] = x[i] / (1 - rate) with probability 1 - rate, else 0. The mask is a function of
/// (i, state, stream) and never stored: the backward pass is the same call on dy.
/// </summary>
public static class Dropout
{
    private const string Name = "dropout";

    /// <param name="dtype">float or double.</param>
    /// <param name="x">count elements, read.</param>
    /// <param name="y">count elements, written; may be x itself.</param>
    /// <param name="rate">Probability of a zero, 0 &lt;= rate &lt; 1.</param>
    /// <param name="state">A <see cref="RandomState"/>, read.</param>
    /// <param name="stream">Which of the state's streams.</param>
    public static void Run(Device device, DType dtype, BufferRange x, BufferRange y, long count, double rate, BufferRange state, uint stream)
    {
        Draws.CheckCount(count);
        if (!(rate >= 0 && rate < 1)) throw new EngineException($"A dropout rate lies in [0, 1); {rate} does not.");
        if (count == 0) return;
        x = x.First(Name, "x", dtype, count);
        y = y.First(Name, "y", dtype, count);
        state = state.First(Name, "state", DType.Int64, RandomState.Words);
        var args = new DropoutArgs
        {
            X = x.Address,
            Y = y.Address,
            State = state.Address,
            Count = count,
            Rate = rate,
            Scale = 1 / (1 - rate),
            Stream = stream,
            Aligned = Draws.Aligned(x) & Draws.Aligned(y),
        };
        Span<Access> accesses = x.Address == y.Address
            ? [Access.Update(y), Access.Read(state)]
            : [Access.Read(x), Access.Write(y), Access.Read(state)];
        if (device is CpuDevice cpu) DropoutCpu.Launch(cpu, dtype, ref args, accesses);
        else DropoutGpu.Launch((GpuDevice)device, dtype, ref args, accesses);
    }
}

internal struct DropoutArgs
{
    public ulong X;
    public ulong Y;
    public ulong State;
    public long Count;
    public double Rate;
    public double Scale; // 1 / (1 - Rate)
    public uint Stream;
    public int Aligned;
}
