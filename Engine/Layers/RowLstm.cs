using GenEngine.Kernels;
using GenEngine.Kernels.Convolution;
using GenEngine.Kernels.Recurrent;

namespace GenEngine;

/// <summary>
/// Row LSTM (van den Oord et al. 2016, section 3.1): input-to-state along the row, mask B (the masked taps are not there: k/2 + 1 of k), state-to-state centred on the
/// row above, unmasked. A pixel sees the triangle above it that the state's kernel opens, one column more to the left with every layer's input-to-state part; of what lies
/// beside the triangle it sees nothing.
/// </summary>
public sealed class RowLstm : ImageLstm
{
    /// <param name="group">Owner of name.input.weight [4h, 1, k/2 + 1, inputs], name.input.bias [4h] and name.state.weight [4h, 1, k, h].</param>
    /// <param name="name">Prefix of the parameters' names.</param>
    /// <param name="inputs">Channels of x.</param>
    /// <param name="channels">h.</param>
    /// <param name="kernel">k, odd: of both parts.</param>
    /// <param name="colours">Only 1: fused gates and unmasked state would leak between colours.</param>
    /// <param name="forgetBias">Added to the forget gates' initial bias.</param>
    /// <exception cref="EngineException">An even kernel, more colours than one, or extents that are not positive.</exception>
    public RowLstm(ParameterGroup group, string name, int inputs, int channels, int kernel = 3, int colours = 1, double forgetBias = 1)
        : base(group, name, inputs, channels, ConvSpec.Horizontal(Odd(name, kernel), seesItself: true), (1, kernel), colours, forgetBias)
    {
    }

    public override ScanKind Kind => ScanKind.Row;

    public override Tensor Forward(Tensor x) => Gates(x).RowScan(StateWeight);

    private static int Odd(string name, int kernel) => kernel > 0 && kernel % 2 == 1
        ? kernel
        : throw new EngineException($"{nameof(RowLstm)} {name}: a kernel of {kernel}; it is centred on the pixel above, so it must be odd.");
}
