using GenEngine.Kernels;

namespace GenEngine;

/// <summary>
/// Diagonal BiLSTM (van den Oord et al. 2016, section 3.2): [N, H, W, inputs] -> [N, H, W, channels], the sum of a diagonal LSTM from left to right and of one from right to left whose
/// map is moved down by one row, so that it shows a pixel nothing of its own row. Together a pixel sees the whole past and itself.
/// </summary>
public sealed class DiagonalBiLstm : Layer
{
    /// <param name="group">Owner of the parameters name.left.* and name.right.*; see <see cref="DiagonalLstm"/>.</param>
    /// <param name="name">Prefix of the parameters' names.</param>
    /// <param name="inputs">Channels of x.</param>
    /// <param name="channels">h, of either direction and of the sum.</param>
    /// <param name="colours">Only 1.</param>
    /// <param name="forgetBias">Added to the forget gates' initial bias.</param>
    /// <exception cref="EngineException">More colours than one, or extents that are not positive.</exception>
    public DiagonalBiLstm(ParameterGroup group, string name, int inputs, int channels, int colours = 1, double forgetBias = 1)
    {
        Left = new DiagonalLstm(group, $"{name}.left", inputs, channels, reversed: false, colours, forgetBias);
        Right = new DiagonalLstm(group, $"{name}.right", inputs, channels, reversed: true, colours, forgetBias);
    }

    /// <summary>From left to right.</summary>
    public DiagonalLstm Left { get; }

    /// <summary>From right to left; its result at (i, j) is added at (i + 1, j).</summary>
    public DiagonalLstm Right { get; }

    public override Tensor Forward(Tensor x) => Left.Forward(x).Add(Right.Forward(x).ShiftDown());
}
