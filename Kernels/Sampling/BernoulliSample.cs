using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Sampling;

/// <summary>y[i] = 1 with probability p[i], else 0: u &lt; p for a uniform u. A probability that is NaN gives 0.</summary>
public static class BernoulliSample
{
    private const string Name = "bernoulli_sample";

    /// <param name="dtype">float or double, of probabilities and y.</param>
    /// <param name="probabilities">count elements, read.</param>
    /// <param name="y">count elements, written.</param>
    /// <param name="state">A <see cref="RandomState"/>, read.</param>
    /// <param name="stream">Which of the state's streams.</param>
    public static void Run(Device device, DType dtype, BufferRange probabilities, BufferRange y, long count, BufferRange state, uint stream)
    {
        Draws.CheckCount(count);
        if (count == 0) return;
        probabilities = probabilities.First(Name, "probabilities", dtype, count);
        y = y.First(Name, "y", dtype, count);
        state = state.First(Name, "state", DType.Int64, RandomState.Words);
        var args = new BernoulliSampleArgs
        {
            Probabilities = probabilities.Address,
            Y = y.Address,
            State = state.Address,
            Count = count,
            Stream = stream,
            Aligned = Draws.Aligned(probabilities) & Draws.Aligned(y),
        };
        Span<Access> accesses = [Access.Read(probabilities), Access.Write(y), Access.Read(state)];
        if (device is CpuDevice cpu) BernoulliSampleCpu.Launch(cpu, dtype, ref args, accesses);
        else BernoulliSampleGpu.Launch((GpuDevice)device, dtype, ref args, accesses);
    }
}

internal struct BernoulliSampleArgs
{
    public ulong Probabilities;
    public ulong Y;
    public ulong State;
    public long Count;
    public uint Stream;
    public int Aligned;
}
