using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;

namespace GenEngine.Kernels.Convolution;

/// <summary>
/// What <see cref="Conv.Run"/> does with its sums while they are at hand. To the result: the bias, then an activation or a residual; or, of an input gradient, the derivative of the activation that made
/// the input, then the residual. Beside it: the rectified result, and what the next one would read the result again for.
/// </summary>
public readonly record struct ConvEpilogue
{
    /// <summary>One value an output channel, added first; or null.</summary>
    public BufferRange? Bias { get; init; }

    /// <summary>Behind the bias.</summary>
    public Activation Activation { get; init; }

    /// <summary>Of LeakyRelu, alpha of Elu; others ignore it.</summary>
    public double Slope { get; init; }

    /// <summary>Add to what y holds; else y is only written.</summary>
    public bool Accumulate { get; init; }

    /// <summary>As many elements as y, added last; without activation only. Or null.</summary>
    public BufferRange? Residual { get; init; }

    /// <summary>Of an input gradient, the activation that made the input: without bias, activation or accumulating. Or null.</summary>
    public ActivationGradient? Through { get; init; }

    /// <summary>As many elements as y, stored as y in BF16: max(y, 0) beside it, written; or null.</summary>
    public BufferRange? Rectified { get; init; }

    /// <summary>[chunks of 64 pixels, 3, output channels], for the partial statistics of y that a batch norm takes; or null.</summary>
    public BufferRange? Partials { get; init; }

    /// <summary>[chunks of 64 pixels, output channels], for the sums over them of y, as <see cref="Reduction.Reduce.Join"/> takes them; or null. Not with partials.</summary>
    public BufferRange? Sums { get; init; }

    /// <summary>Its ranges as long as they are used.</summary>
    /// <param name="name">Who asks, for messages.</param>
    /// <param name="dtype">Of bias, partials and sums.</param>
    /// <param name="results">What y, residual, rectified and the activation's output are stored as.</param>
    /// <param name="outputs">Elements of y.</param>
    /// <exception cref="EngineException">Parts that do not go together, or a range that is too short.</exception>
    internal ConvEpilogue Checked(string name, ConvPlan plan, DType dtype, DType results, long outputs)
    {
        if (Residual is not null && Activation != Activation.None) throw new EngineException($"{name} {plan}: a residual behind {Activation}; it is added where there is no activation.");
        Through?.Check($"{name} {plan}", Bias is null && Activation == Activation.None && !Accumulate);
        if (results == DType.BFloat16)
        {
            if (!(ActivationGradient.Serves(Activation) || Activation == Activation.None)) throw new EngineException($"{name} {plan}: results in BF16 behind {Activation}; rectifiers alone go with them.");
            if (Accumulate && Residual is not null) throw new EngineException($"{name} {plan}: a residual beside what y held; in BF16 it is one of them.");
        }
        else if (Rectified is not null)
        {
            throw new EngineException($"{name} {plan}: a rectified result beside one of {results.CName()}; it comes with BF16 alone.");
        }

        if (Sums is not null && Partials is not null) throw new EngineException($"{name} {plan}: both sums and partial statistics.");
        int channels = plan.Output.Channels;
        long rows = outputs / channels;
        return this with
        {
            Bias = Bias?.First(name, "bias", dtype, channels),
            Residual = Residual?.First(name, "residual", results, outputs),
            Through = Through is { } through ? through with { Output = through.Output.First(name, "the activation's output", results, outputs) } : null,
            Rectified = Rectified?.First(name, "rectified", results, outputs),
            Partials = Partials?.First(name, "partials", dtype, RowChunks.PartialElements(rows, channels)),
            Sums = results == DType.BFloat16 ? Sums?.First(name, "sums", dtype, RowChunks.Count(rows) * channels) : null,
        };
    }
}
