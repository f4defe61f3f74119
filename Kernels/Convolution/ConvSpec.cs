namespace GenEngine.Kernels.Convolution;

/// <summary>Which inputs an autoregressive convolution may see (van den Oord et al., Pixel Recurrent Neural Networks, 2016, section 3.4).</summary>
public enum ConvMask : byte
{
    /// <summary>All taps.</summary>
    None,

    /// <summary>Rows above, the same row to the left, and at the centre the earlier colours only.</summary>
    A,

    /// <summary>As A, and the pixel's own colour as well: for every layer after the first.</summary>
    B,
}

/// <summary>
/// Geometry of a convolution: kernel, stride, dilation, padding of each side. Negative padding crops, so that shifted stacks need no operation
/// of their own: one more row above and one less below moves the image down. A one-dimensional convolution has height 1.
/// </summary>
/// <param name="KernelHeight">Taps along y.</param>
/// <param name="KernelWidth">Taps along x.</param>
public readonly record struct ConvSpec(int KernelHeight, int KernelWidth)
{
    /// <summary>Input rows from one output row to the next; at least 1.</summary>
    public int StrideY { get; init; } = 1;

    /// <summary>Input columns from one output column to the next; at least 1.</summary>
    public int StrideX { get; init; } = 1;

    /// <summary>Input rows from one tap to the next; 1 for a kernel without gaps.</summary>
    public int DilationY { get; init; } = 1;

    /// <summary>Input columns from one tap to the next; 1 for a kernel without gaps.</summary>
    public int DilationX { get; init; } = 1;

    /// <summary>Rows of zeros above the input; negative crops rows.</summary>
    public int PadTop { get; init; }

    /// <summary>Columns of zeros to the left of the input; negative crops columns.</summary>
    public int PadLeft { get; init; }

    /// <summary>Rows of zeros below the input; negative crops rows.</summary>
    public int PadBottom { get; init; }

    /// <summary>Columns of zeros to the right of the input; negative crops columns.</summary>
    public int PadRight { get; init; }

    /// <summary>Causal mask of a PixelCNN; needs odd kernels.</summary>
    public ConvMask Mask { get; init; }

    /// <summary>Colours in the mask's order: channels are cut into as many contiguous groups (1 for grey, 3 for RGB).</summary>
    public int Colours { get; init; } = 1;

    /// <summary>2 when the outputs are two halves (tanh | sigmoid of a gate), each with all colours in order; else 1.</summary>
    public int OutputHalves { get; init; } = 1;

    /// <summary>A square kernel with the same padding on all sides.</summary>
    public static ConvSpec Square(int kernel, int stride = 1, int padding = 0, int dilation = 1) => new(kernel, kernel)
    {
        StrideY = stride,
        StrideX = stride,
        DilationY = dilation,
        DilationX = dilation,
        PadTop = padding,
        PadLeft = padding,
        PadBottom = padding,
        PadRight = padding,
    };

    /// <summary>A masked square kernel that keeps the image's size.</summary>
    public static ConvSpec Masked(ConvMask mask, int kernel, int colours = 1, int outputHalves = 1) =>
        Square(kernel, padding: kernel / 2) with { Mask = mask, Colours = colours, OutputHalves = outputHalves };

    /// <summary>
    /// The vertical stack of a gated PixelCNN (van den Oord et al. 2016, section 2.2): the kernel's upper half with its centre row, so
    /// that row y sees rows up to y; shift moves the result down, after which it sees only rows above.
    /// </summary>
    public static ConvSpec Vertical(int kernel, int shift = 0) => new(kernel / 2 + 1, kernel)
    {
        PadTop = kernel / 2 + shift,
        PadBottom = -shift,
        PadLeft = kernel / 2,
        PadRight = kernel / 2,
    };

    /// <summary>The horizontal stack: the pixel and its left neighbours; without the pixel itself (mask A) the kernel is one shorter and shifted right.</summary>
    public static ConvSpec Horizontal(int kernel, bool seesItself) => seesItself
        ? new(1, kernel / 2 + 1) { PadLeft = kernel / 2 }
        : new(1, Math.Max(kernel / 2, 1)) { PadLeft = Math.Max(kernel / 2, 1), PadRight = -1 };

    /// <summary>A causal convolution over time (WaveNet; van den Oord et al. 2016): output t sees t, t - d, t - 2d ...; shift 1 leaves out t itself.</summary>
    public static ConvSpec Causal(int kernel, int dilation = 1, int shift = 0) => new(1, kernel)
    {
        DilationX = dilation,
        PadLeft = (kernel - 1) * dilation + shift,
        PadRight = -shift,
    };

    /// <summary>Rows of the result for so many rows of input; not positive where the kernel does not fit.</summary>
    public int OutputHeight(int height) => Output(height, KernelHeight, StrideY, DilationY, PadTop + PadBottom);

    /// <summary>Columns of the result for so many columns of input; not positive where the kernel does not fit.</summary>
    public int OutputWidth(int width) => Output(width, KernelWidth, StrideX, DilationX, PadLeft + PadRight);

    public override string ToString()
    {
        string text = $"{KernelHeight}x{KernelWidth}";
        if (StrideY != 1 || StrideX != 1) text += $" stride {StrideY}x{StrideX}";
        if (DilationY != 1 || DilationX != 1) text += $" dilation {DilationY}x{DilationX}";
        if ((PadTop | PadLeft | PadBottom | PadRight) != 0) text += $" padding {PadTop},{PadLeft},{PadBottom},{PadRight}";
        if (Mask != ConvMask.None) text += $" mask {Mask}" + (Colours > 1 ? $" of {Colours} colours" : "");
        return text;
    }

    private static int Output(int extent, int kernel, int stride, int dilation, int padding)
    {
        int span = extent + padding - (dilation * (kernel - 1)) - 1;
        return span < 0 ? 0 : span / stride + 1;
    }
}
