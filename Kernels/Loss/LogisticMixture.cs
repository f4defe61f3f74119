using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Loss;

/// <summary>
/// The discretised logistic mixture of PixelCNN++ (Salimans et al. 2017, section 2.1 and eq. 3): how likely a pixel of 256 levels a channel is
/// under a mixture of logistic distributions, each integrated over the level's bin. The outermost bins reach to infinity, so the
/// probabilities of all levels sum to 1. With three channels the means of green depend on red, those of blue on red and green.
/// </summary>
/// <remarks>
/// <para>
/// A row of parameters with K components, as in the authors' code: K logits; then for each channel K means, K log scales and, with three channels,
/// K coefficients before their tanh: green on red (in channel 0's place), blue on red, blue on green. 3 K values for grey, 10 K for colour.
/// </para>
/// <para>
/// The bin's probability is sigma(a) - sigma(b) = sigma(a) sigma(-b) (1 - exp(b - a)), a and b being its scaled edges: no difference
/// is left to cancel, and its logarithm is exact however small it is, where the authors' code changes to the density below 1e-5.
/// Log scales below -7 count as -7, as there, and above 60 as 60; outside they have no gradient.
/// </para>
/// </remarks>
public static class LogisticMixture
{
    /// <summary>A position's components are spread over the threads of one block.</summary>
    public const int MaxComponents = 128;

    private const string Name = "logistic_mixture";

    /// <summary>Values a row of parameters has.</summary>
    public static int Width(int channels, int components) => components * (channels == 1 ? 3 : 10);

    /// <summary>loss[row] = -log p(target), in nats, summed over the channels; dParameters = scale times its gradient.</summary>
    /// <param name="dtype">float or double, of all tensors.</param>
    /// <param name="parameters">[rows, <see cref="Width"/>], read.</param>
    /// <param name="target">[rows, channels], read: 2 level / 255 - 1 for levels 0 to 255.</param>
    /// <param name="loss">[rows], written.</param>
    /// <param name="dParameters">Like parameters, written; null when no gradient is needed.</param>
    /// <param name="channels">1 or 3.</param>
    /// <param name="components">1 to <see cref="MaxComponents"/>.</param>
    /// <param name="scale">Of the gradient: 1 / rows where the rows' mean is differentiated.</param>
    /// <exception cref="EngineException">Another number of channels or components; a range that is too short.</exception>
    public static void Forward(
        Device device, DType dtype, BufferRange parameters, BufferRange target, BufferRange loss, BufferRange? dParameters,
        int rows, int channels, int components, double scale = 1)
    {
        if (channels is not (1 or 3)) throw new EngineException($"{Name}: 1 or 3 channels, not {channels}.");
        if (components is <= 0 or > MaxComponents) throw new EngineException($"{Name}: 1 to {MaxComponents} components, not {components}.");
        long count = Rows.Count(rows, Width(channels, components));
        if (rows == 0) return;
        parameters = parameters.First(Name, "parameters", dtype, count);
        target = target.First(Name, "target", dtype, (long)rows * channels);
        loss = loss.First(Name, "loss", dtype, rows);
        dParameters = dParameters?.First(Name, "dParameters", dtype, count);
        var args = new LogisticMixtureArgs
        {
            Parameters = parameters.Address,
            Target = target.Address,
            Loss = loss.Address,
            DParameters = dParameters?.Address ?? 0,
            Scale = scale,
            Rows = rows,
            Components = components,
            Gradient = dParameters is null ? 0 : 1,
        };
        Span<Access> accesses = [Access.Read(parameters), Access.Read(target), Access.Write(loss), Access.Write(dParameters ?? default)];
        if (dParameters is null) accesses = accesses[..3];
        if (device is CpuDevice cpu) LogisticMixtureCpu.Forward(cpu, dtype, channels, ref args, accesses);
        else LogisticMixtureGpu.Forward((GpuDevice)device, dtype, channels, ref args, accesses);
    }
}

internal struct LogisticMixtureArgs
{
    public ulong Parameters;
    public ulong Target;
    public ulong Loss;
    public ulong DParameters;
    public double Scale;
    public int Rows;
    public int Components;
    public int Gradient; // 0: DParameters is null
}
