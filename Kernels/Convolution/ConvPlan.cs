namespace GenEngine.Kernels.Convolution;

/// <summary>
/// A tap of a part: lattice point (i, j) reads input (i * InStepY + Dy, j * InStepX + Dx), channels First to End - 1, with the weights of
/// filter position Filter. What lies outside the input counts as +0.
/// </summary>
public readonly record struct ConvTap(int Dy, int Dx, int Filter, int First, int End);

/// <summary>
/// One part of a plan: the outputs (OffsetY + i * StepY, OffsetX + j * StepX), i below CountY and j below CountX, channels FirstOutput to
/// EndOutput - 1, all summed over the same taps. A part without taps gives the bias alone.
/// </summary>
public sealed record ConvPart(int OffsetY, int OffsetX, int CountY, int CountX, int FirstOutput, int EndOutput, IReadOnlyList<ConvTap> Taps)
{
    /// <summary>Products that each output sums.</summary>
    public int K => Taps.Sum(tap => tap.End - tap.First);

    public bool Equals(ConvPart? other) =>
        other is not null && (OffsetY, OffsetX, CountY, CountX, FirstOutput, EndOutput) == (other.OffsetY, other.OffsetX, other.CountY, other.CountX, other.FirstOutput, other.EndOutput)
        && Taps.SequenceEqual(other.Taps);

    public override int GetHashCode() => HashCode.Combine(OffsetY, OffsetX, CountY, CountX, FirstOutput, EndOutput, Taps.Count);
}

/// <summary>Height, width and channels of an image.</summary>
public readonly record struct ConvImage(int Height, int Width, int Channels)
{
    /// <summary>Elements of one image.</summary>
    public long Count => (long)Height * Width * Channels;

    public override string ToString() => $"{Height}x{Width}x{Channels}";
}

/// <summary>
/// A convolution as a list of parts: which outputs are summed over which taps. Plain, strided, dilated, masked, shifted, causal and transposed
/// convolutions are plans, and so are their input gradients: <see cref="Adjoint"/> swaps the two sides. By the summation law each
/// output is one chain of fused multiply-adds: taps in the order of their filter positions, channels ascending, from +0.
/// </summary>
public sealed record ConvPlan
{
    private ConvPlan(ConvImage input, ConvImage output, int filterTaps, bool filterTransposed, (int Y, int X) step, (int Y, int X) inStep, IReadOnlyList<ConvPart> parts)
    {
        (Input, Output, FilterTaps, FilterTransposed) = (input, output, filterTaps, filterTransposed);
        (StepY, StepX) = step;
        (InStepY, InStepX) = inStep;
        Parts = parts;
    }

    /// <summary>Extents of one image that is read, without padding.</summary>
    public ConvImage Input { get; }

    /// <summary>Extents of one image that is written.</summary>
    public ConvImage Output { get; }

    /// <summary>Filter positions, R * S.</summary>
    public int FilterTaps { get; }

    /// <summary>False: the filter lies as [output channel, tap, input channel] (KRSC). True: as [input channel, tap, output channel].</summary>
    public bool FilterTransposed { get; }

    /// <summary>From one lattice point to the next in the output.</summary>
    public int StepY { get; }

    /// <summary>Columns likewise; both are 1 except in the adjoint of a strided convolution.</summary>
    public int StepX { get; }

    /// <summary>From one lattice point to the next in the input.</summary>
    public int InStepY { get; }

    /// <summary>Columns likewise; in a convolution the two are its strides.</summary>
    public int InStepX { get; }

    /// <summary>Together they cover every output once.</summary>
    public IReadOnlyList<ConvPart> Parts { get; }

    /// <summary>Weights of the filter, masked ones included.</summary>
    public long FilterCount => (long)FilterTaps * Input.Channels * Output.Channels;

    /// <summary>Multiply-adds of one image, those with padding included.</summary>
    public long Products => Parts.Sum(part => (long)part.CountY * part.CountX * (part.EndOutput - part.FirstOutput) * part.K);

    /// <summary>The plan of a convolution from an image of this size to so many channels.</summary>
    /// <exception cref="EngineException">The geometry is impossible; names the values.</exception>
    public static ConvPlan Create(in ConvSpec spec, ConvImage input, int outputs)
    {
        ConvRules.Check(spec, input, outputs);
        var output = new ConvImage(spec.OutputHeight(input.Height), spec.OutputWidth(input.Width), outputs);
        var relations = new List<ConvRelation>();
        foreach (var (outputsFrom, outputsTo, colour) in ConvRules.ColourRanges(spec, outputs))
        {
            for (int r = 0; r < spec.KernelHeight; r++)
            {
                for (int s = 0; s < spec.KernelWidth; s++)
                {
                    int channels = ConvRules.VisibleChannels(spec, r, s, colour, input.Channels);
                    if (channels == 0) continue;
                    relations.Add(new ConvRelation(
                        0, 0, (r * spec.DilationY) - spec.PadTop, (s * spec.DilationX) - spec.PadLeft, r * spec.KernelWidth + s, outputsFrom, outputsTo, 0, channels));
                }
            }
        }

        return Canonical(input, output, spec.KernelHeight * spec.KernelWidth, false, (1, 1), (spec.StrideY, spec.StrideX), relations);
    }

    /// <summary>
    /// The plan of a transposed convolution: the adjoint of the convolution with this geometry that would lead from the result back to an image
    /// of this size. Its filter lies as [input channel, R, S, output channel].
    /// </summary>
    /// <param name="outputPadY">Rows that the result has more than the smallest that fits; below the stride.</param>
    /// <param name="outputPadX">Columns likewise.</param>
    /// <exception cref="EngineException">The geometry is impossible; names the values.</exception>
    public static ConvPlan CreateTransposed(in ConvSpec spec, ConvImage input, int outputs, int outputPadY = 0, int outputPadX = 0)
    {
        var result = ConvRules.TransposedOutput(spec, input, outputs, outputPadY, outputPadX);
        return Create(spec, result, input.Channels).Adjoint();
    }

    /// <summary>
    /// The plan of the transposed linear map, over the same filter: of a convolution its input gradient, of a transposed convolution the
    /// convolution. Outputs are split by phase, so that no zero is ever multiplied; adjoint of adjoint is the plan itself.
    /// </summary>
    public ConvPlan Adjoint()
    {
        var relations = new List<ConvRelation>();
        foreach (var part in Parts)
        {
            foreach (var tap in part.Taps)
            {
                // in = d + i * inStep: lattice points of the other side are i' = i + q, where d = phase + q * inStep
                var (qy, phaseY) = FloorDivide(tap.Dy, InStepY);
                var (qx, phaseX) = FloorDivide(tap.Dx, InStepX);
                relations.Add(new ConvRelation(
                    phaseY, phaseX, part.OffsetY - (qy * StepY), part.OffsetX - (qx * StepX), tap.Filter, tap.First, tap.End, part.FirstOutput, part.EndOutput));
            }
        }

        return Canonical(Output, Input, FilterTaps, !FilterTransposed, (InStepY, InStepX), (StepY, StepX), relations);
    }

    public bool Equals(ConvPlan? other) =>
        other is not null && Input == other.Input && Output == other.Output && FilterTaps == other.FilterTaps && FilterTransposed == other.FilterTransposed
        && (StepY, StepX, InStepY, InStepX) == (other.StepY, other.StepX, other.InStepY, other.InStepX) && Parts.SequenceEqual(other.Parts);

    public override int GetHashCode() => HashCode.Combine(Input, Output, FilterTaps, FilterTransposed, StepY, StepX, InStepY, Parts.Count);

    public override string ToString() => $"{Input} -> {Output}, {Parts.Count} part(s), {Parts.Sum(part => part.Taps.Count)} taps";

    /// <summary>One form for every list of relations: a part a phase and a range of channels with the same taps, taps in filter order, ranges merged.</summary>
    private static ConvPlan Canonical(
        ConvImage input, ConvImage output, int filterTaps, bool transposed, (int Y, int X) step, (int Y, int X) inStep, List<ConvRelation> relations)
    {
        var parts = new List<ConvPart>();
        for (int y = 0; y < Math.Min(step.Y, output.Height); y++)
        {
            for (int x = 0; x < Math.Min(step.X, output.Width); x++)
            {
                int countY = (output.Height - y + step.Y - 1) / step.Y, countX = (output.Width - x + step.X - 1) / step.X;
                // a tap that never meets the image, whatever the lattice point, is no tap
                var here = relations.Where(relation => relation.OffsetY == y && relation.OffsetX == x
                    && Meets(relation.Dy, inStep.Y, countY, input.Height) && Meets(relation.Dx, inStep.X, countX, input.Width)).ToList();
                parts.AddRange(ConvRelation.Ranges(here, output.Channels).Select(range => new ConvPart(y, x, countY, countX, range.First, range.End, range.Taps)));
            }
        }

        return new ConvPlan(input, output, filterTaps, transposed, step, inStep, parts);
    }

    private static bool Meets(int first, int step, int count, int extent)
    {
        for (int i = 0, position = first; i < count && position < extent; i++, position += step)
        {
            if (position >= 0) return true;
        }

        return false;
    }

    private static (int Quotient, int Remainder) FloorDivide(int a, int b)
    {
        int remainder = ((a % b) + b) % b;
        return ((a - remainder) / b, remainder);
    }
}
