using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Sampling;

/// <summary>
/// Draws pixels from the discretised logistic mixture of PixelCNN++ (Salimans et al. 2017), from the parameters that the loss
/// LogisticMixture describes, and with its probabilities: the continuous draw is rounded to the nearest of the 256 levels, before
/// later channels look at it. (The authors' code leaves it unrounded.)
/// </summary>
/// <remarks>
/// A position takes the four numbers of one Philox counter: the first chooses the component by its cumulative weight, the next one a
/// channel, x = mean + exp(s) log(u / (1 - u)).
/// </remarks>
public static class LogisticMixtureSample
{
    private const string Name = "logistic_mixture_sample";

    /// <param name="dtype">float or double, of parameters and x.</param>
    /// <param name="parameters">[rows, 3 * components] for one channel, [rows, 10 * components] for three, read.</param>
    /// <param name="x">[rows, channels], written: 2 level / 255 - 1.</param>
    /// <param name="channels">1 or 3.</param>
    /// <param name="state">A <see cref="RandomState"/>, read.</param>
    /// <param name="stream">Which of the state's streams.</param>
    /// <exception cref="EngineException">Another number of channels or components, or a range that is too short.</exception>
    public static void Run(
        Device device, DType dtype, BufferRange parameters, BufferRange x, int rows, int channels, int components, BufferRange state, uint stream)
    {
        if (channels is not (1 or 3)) throw new EngineException($"{Name}: 1 or 3 channels, not {channels}.");
        if (components <= 0) throw new EngineException($"{Name}: at least one component, not {components}.");
        Draws.CheckCount(4L * rows);
        if (rows == 0) return;
        parameters = parameters.First(Name, "parameters", dtype, (long)rows * components * (channels == 1 ? 3 : 10));
        x = x.First(Name, "x", dtype, (long)rows * channels);
        state = state.First(Name, "state", DType.Int64, RandomState.Words);
        var args = new LogisticMixtureSampleArgs
        {
            Parameters = parameters.Address,
            X = x.Address,
            State = state.Address,
            Rows = rows,
            Components = components,
            Channels = channels,
            Stream = stream,
        };
        Span<Access> accesses = [Access.Read(parameters), Access.Write(x), Access.Read(state)];
        if (device is CpuDevice cpu) LogisticMixtureSampleCpu.Launch(cpu, dtype, ref args, accesses);
        else LogisticMixtureSampleGpu.Launch((GpuDevice)device, dtype, ref args, accesses);
    }
}

internal struct LogisticMixtureSampleArgs
{
    public ulong Parameters;
    public ulong X;
    public ulong State;
    public int Rows;
    public int Components;
    public int Channels;
    public uint Stream;
}
