namespace GenEngine.Kernels.Convolution;

/// <summary>What a geometry must obey, and what a mask lets through.</summary>
internal static class ConvRules
{
    /// <exception cref="EngineException">Impossible; says which values.</exception>
    public static void Check(in ConvSpec spec, ConvImage input, int outputs)
    {
        var (r, s) = (spec.KernelHeight, spec.KernelWidth);
        if (r <= 0 || s <= 0) throw Refuse(spec, $"the kernel {r}x{s} has no taps");
        if (spec.StrideY <= 0 || spec.StrideX <= 0) throw Refuse(spec, $"strides must be positive, not {spec.StrideY}x{spec.StrideX}");
        if (spec.DilationY <= 0 || spec.DilationX <= 0) throw Refuse(spec, $"dilations must be positive, not {spec.DilationY}x{spec.DilationX}");
        if (input.Height <= 0 || input.Width <= 0 || input.Channels <= 0 || outputs <= 0) throw Refuse(spec, $"input {input} and {outputs} output channels: every extent must be positive");
        if (spec.OutputHeight(input.Height) <= 0 || spec.OutputWidth(input.Width) <= 0)
        {
            int spanY = (spec.DilationY * (r - 1)) + 1, spanX = (spec.DilationX * (s - 1)) + 1;
            throw Refuse(spec, $"the kernel spans {spanY}x{spanX}, more than the padded input {input.Height + spec.PadTop + spec.PadBottom}x{input.Width + spec.PadLeft + spec.PadRight}");
        }

        if (spec.Mask == ConvMask.None)
        {
            if (spec.Colours != 1 || spec.OutputHalves != 1) throw Refuse(spec, "colours and halves belong to a mask; choose mask A or B");
            return;
        }

        if (r % 2 == 0 || s % 2 == 0) throw Refuse(spec, $"a mask needs a centre, so odd kernels, not {r}x{s}");
        if (spec.Colours <= 0 || spec.OutputHalves is not (1 or 2)) throw Refuse(spec, $"{spec.Colours} colours in {spec.OutputHalves} halves; give at least one colour, and one or two halves");
        if (input.Channels % spec.Colours != 0) throw Refuse(spec, $"{input.Channels} input channels cannot be cut into {spec.Colours} colours");
        if (outputs % (spec.Colours * spec.OutputHalves) != 0)
            throw Refuse(spec, $"{outputs} output channels cannot be cut into {spec.Colours} colours" + (spec.OutputHalves == 2 ? " in two halves" : ""));
    }

    /// <summary>The result of a transposed convolution (Dumoulin and Visin, A guide to convolution arithmetic, 2016, relationship 14).</summary>
    /// <exception cref="EngineException">Impossible; says which values.</exception>
    public static ConvImage TransposedOutput(in ConvSpec spec, ConvImage input, int outputs, int outputPadY, int outputPadX)
    {
        if (outputPadY < 0 || outputPadX < 0 || outputPadY >= spec.StrideY || outputPadX >= spec.StrideX)
            throw Refuse(spec, $"output padding {outputPadY}x{outputPadX} must be below the stride {spec.StrideY}x{spec.StrideX}", "transposed convolution");
        if (spec.Mask != ConvMask.None) throw Refuse(spec, "a transposed convolution has no mask", "transposed convolution");
        int height = ((input.Height - 1) * spec.StrideY) - spec.PadTop - spec.PadBottom + (spec.DilationY * (spec.KernelHeight - 1)) + outputPadY + 1;
        int width = ((input.Width - 1) * spec.StrideX) - spec.PadLeft - spec.PadRight + (spec.DilationX * (spec.KernelWidth - 1)) + outputPadX + 1;
        if (height <= 0 || width <= 0) throw Refuse(spec, $"nothing is left of the result: it would be {height}x{width} for an input {input}", "transposed convolution");
        return new ConvImage(height, width, outputs);
    }

    /// <summary>Output channels cut by colour (and half); one range without a mask.</summary>
    public static IEnumerable<(int First, int End, int Colour)> ColourRanges(ConvSpec spec, int outputs)
    {
        int ranges = spec.Mask == ConvMask.None ? 1 : spec.Colours * spec.OutputHalves, width = outputs / ranges;
        for (int i = 0; i < ranges; i++) yield return (i * width, i + 1 == ranges ? outputs : (i + 1) * width, i % spec.Colours);
    }

    /// <summary>How many input channels, from the first on, an output of this colour may see at tap (r, s).</summary>
    public static int VisibleChannels(in ConvSpec spec, int r, int s, int colour, int channels)
    {
        if (spec.Mask == ConvMask.None) return channels;
        int centreY = spec.KernelHeight / 2, centreX = spec.KernelWidth / 2;
        if (r < centreY || (r == centreY && s < centreX)) return channels;
        if (r > centreY || s > centreX) return 0;
        return channels / spec.Colours * (spec.Mask == ConvMask.A ? colour : colour + 1);
    }

    private static EngineException Refuse(in ConvSpec spec, string why, string op = "convolution") => new($"{op} {spec}: {why}.");
}
