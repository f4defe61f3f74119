using GenEngine.Kernels.Common;
using GenEngine.Kernels.Convolution;

namespace GenEngine.Models;

/// <summary>Which recurrent layer a PixelRNN is made of.</summary>
public enum PixelRnnKind : byte
{
    /// <summary>Row LSTM: a triangle of the past, one step a row.</summary>
    Row,

    /// <summary>Diagonal BiLSTM: all of the past (see <see cref="PixelRnnNetwork"/> for one pixel), one step an anti-diagonal.</summary>
    Diagonal,
}

/// <summary>
/// PixelRNN (van den Oord, Kalchbrenner and Kavukcuoglu, Pixel Recurrent Neural Networks, 2016, sections 3 and 5): a 7x7 convolution of mask A to 2h channels, layers of {LSTM to h,
/// 1x1 to 2h, plus what came in}, then ReLU, 1x1, ReLU, 1x1 to the logits. No logit sees its own pixel or a later one.
/// </summary>
/// <remarks>
/// With diagonals a logit sees all earlier pixels but, perhaps, one: the last of the row above. Mask A hides that from every feature of its own row, and the right-to-left half, moved
/// down, brings features of rows above only; so it comes in where the first kernel reaches it from the logit's own row, in the last columns. More layers do not change that.
/// </remarks>
public sealed class PixelRnnNetwork : Layer, IPixelNetwork
{
    private readonly Activation _activation;

    /// <param name="group">Owner of the parameters first.*, layer.N.lstm.*, layer.N.up.*, head.* and logits.*; not built yet.</param>
    /// <param name="kind">Of the layers.</param>
    /// <param name="channels">Of the images.</param>
    /// <param name="width">h.</param>
    /// <param name="layers">LSTM layers; the paper has 7 of h = 16 for MNIST.</param>
    /// <param name="head">Channels in front of the logits.</param>
    /// <param name="outputs">Logits a pixel: 1 for Bernoulli, 256 for bytes.</param>
    /// <param name="firstKernel">Of the first layer.</param>
    /// <param name="forgetBias">Added to the forget gates' initial bias.</param>
    /// <param name="smooth">Softplus for ReLU, for gradient checks.</param>
    public PixelRnnNetwork(
        ParameterGroup group, PixelRnnKind kind, int channels = 1, int width = 16, int layers = 7, int head = 32, int outputs = 1, int firstKernel = 7, double forgetBias = 1, bool smooth = false)
    {
        _activation = smooth ? Activation.Softplus : Activation.Relu;
        var single = ConvSpec.Square(1);
        First = Conv2d.Masked(group, "first", channels, 2 * width, ConvMask.A, firstKernel);
        Layers =
        [
            .. Enumerable.Range(0, layers).Select(i => (
                kind == PixelRnnKind.Row
                    ? (Layer)new RowLstm(group, $"layer.{i}.lstm", 2 * width, width, forgetBias: forgetBias)
                    : new DiagonalBiLstm(group, $"layer.{i}.lstm", 2 * width, width, forgetBias: forgetBias),
                new Conv2d(group, $"layer.{i}.up", width, 2 * width, single))),
        ];
        Head = new Conv2d(group, "head", 2 * width, head, single, _activation);
        Logits = new Conv2d(group, "logits", head, outputs, single);
    }

    /// <summary>Mask A: pixels to 2h channels.</summary>
    public Conv2d First { get; }

    /// <summary>A <see cref="RowLstm"/> or a <see cref="DiagonalBiLstm"/> each, and the way back to 2h channels.</summary>
    public IReadOnlyList<(Layer Lstm, Conv2d Up)> Layers { get; }

    /// <summary>1x1 behind a ReLU, with a ReLU behind it.</summary>
    public Conv2d Head { get; }

    /// <summary>1x1.</summary>
    public Conv2d Logits { get; }

    /// <summary>Logits [N, H, W, outputs] of images [N, H, W, channels].</summary>
    public override Tensor Forward(Tensor x)
    {
        var stream = First.Forward(x);
        foreach (var (lstm, up) in Layers) stream = up.Forward(lstm.Forward(stream), residual: stream);
        return Logits.Forward(Head.Forward(_activation == Activation.Relu ? stream.Relu() : stream.Softplus()));
    }

    public Tensor Forward(Tensor images, PixelCondition? condition) => Forward(images);

    public ColumnLayer Columns(ColumnBuilder builder, ColumnLayer images, PixelCondition? condition = null)
    {
        var stream = builder.Convolution(First, images);
        foreach (var (lstm, up) in Layers)
        {
            var hidden = lstm is DiagonalBiLstm both
                ? builder.Add(builder.Lstm(both.Left, stream), builder.Lstm(both.Right, stream), rowsAbove: 1)
                : builder.Lstm((RowLstm)lstm, stream);
            stream = builder.Convolution(up, hidden, residual: stream);
        }

        return builder.Convolution(Logits, builder.Convolution(Head, builder.Activation(_activation, stream)));
    }

    public override void SetTraining(bool training)
    {
        base.SetTraining(training);
        foreach (var (lstm, _) in Layers) lstm.SetTraining(training);
    }
}
