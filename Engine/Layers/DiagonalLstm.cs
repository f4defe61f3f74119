using GenEngine.Kernels;
using GenEngine.Kernels.Convolution;
using GenEngine.Kernels.Recurrent;

namespace GenEngine;

/// <summary>
/// One direction of the Diagonal BiLSTM (van den Oord et al. 2016, section 3.2): input-to-state 1x1, state-to-state from the pixel above and the pixel beside. From left to
/// right a pixel sees all pixels above and left of it, itself included. Reversed it sees those above and right of it, the ones to the right in its own row too, which come later in raster order:
/// <see cref="DiagonalBiLstm"/> moves that half down by a row.
/// </summary>
public sealed class DiagonalLstm : ImageLstm
{
    /// <param name="group">Owner of name.input.weight [4h, 1, 1, inputs], name.input.bias [4h] and name.state.weight [4h, 2, 1, h] (above, beside).</param>
    /// <param name="name">Prefix of the parameters' names.</param>
    /// <param name="inputs">Channels of x.</param>
    /// <param name="channels">h.</param>
    /// <param name="reversed">From right to left.</param>
    /// <param name="colours">Only 1: fused gates and unmasked state would leak between colours.</param>
    /// <param name="forgetBias">Added to the forget gates' initial bias.</param>
    /// <exception cref="EngineException">More colours than one, or extents that are not positive.</exception>
    public DiagonalLstm(ParameterGroup group, string name, int inputs, int channels, bool reversed = false, int colours = 1, double forgetBias = 1)
        : base(group, name, inputs, channels, ConvSpec.Square(1), (2, 1), colours, forgetBias) =>
        Kind = reversed ? ScanKind.DiagonalReversed : ScanKind.Diagonal;

    public override ScanKind Kind { get; }

    public override Tensor Forward(Tensor x) => Gates(x).DiagonalScan(StateWeight, Kind == ScanKind.DiagonalReversed);
}
