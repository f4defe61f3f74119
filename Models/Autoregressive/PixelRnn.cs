using GenEngine.Kernels;
using GenEngine.Kernels.Columns;
using GenEngine.Runs;

namespace GenEngine.Models;

/// <summary>PixelRNN (van den Oord, Kalchbrenner and Kavukcuoglu 2016) of grey images; see <see cref="PixelRnnNetwork"/>.</summary>
public abstract class PixelRnn : PixelModel
{
    private readonly PixelRnnNetwork _network;

    private protected PixelRnn(ModelDescription description, PixelRnnKind kind, Context context, DataShape data, ModelOptions options) : base(description, context, data, options)
    {
        if (data.Channels != 1 && Law != ColumnLaw.LogisticMixture)
            throw new EngineException($"'{Name}' keeps no colours apart: its recurrent layers mix channels. Use --channels 1, --loss mixture, which draws the colours of a pixel together, or gated-pixelcnn.");
        var group = NewGroup(Name);
        _network = Add(new PixelRnnNetwork(group, kind, data.Channels, Options.Width!.Value, Options.Layers!.Value, PixelOptions.HeadOf(Options), Outputs, smooth: Options.Smooth));
        group.Build();
        Train(group);
    }

    public override Tensor Logits(Tensor images, Tensor? condition) => _network.Forward(images);

    protected override ColumnLayer LogitColumns(ColumnBuilder builder, ColumnLayer input, Tensor? condition) => _network.Columns(builder, input);
}

/// <summary>PixelRNN of Row LSTM layers: a triangle of the past.</summary>
public sealed class RowLstmModel(Context context, DataShape data, ModelOptions options) : PixelRnn(Description, PixelRnnKind.Row, context, data, options)
{
    /// <summary><c>row-lstm</c>: grey images as bits by default; colours of a pixel are only drawn together, from a mixture of logistics.</summary>
    public static new ModelDescription Description { get; } = new()
    {
        Name = "row-lstm",
        Summary = "images pixel by pixel, an LSTM from row to row",
        Paper = "van den Oord, Kalchbrenner and Kavukcuoglu 2016",
        Defaults = [new() { Width = 16, Layers = 7, Loss = "bernoulli", LearningRate = 1e-3, Schedule = "constant" }],
        Losses = PixelOptions.Losses,
        Adapt = PixelOptions.AdaptTogether,
        Create = (context, data, options) => new RowLstmModel(context, data, options),
    };
}

/// <summary>PixelRNN of Diagonal BiLSTM layers: all of the past.</summary>
public sealed class DiagonalBiLstmModel(Context context, DataShape data, ModelOptions options) : PixelRnn(Description, PixelRnnKind.Diagonal, context, data, options)
{
    /// <summary><c>diagonal-bilstm</c>: grey images as bits by default; colours of a pixel are only drawn together, from a mixture of logistics.</summary>
    public static new ModelDescription Description { get; } = new()
    {
        Name = "diagonal-bilstm",
        Summary = "images pixel by pixel, LSTMs along the diagonals from both sides",
        Paper = "van den Oord, Kalchbrenner and Kavukcuoglu 2016",
        Defaults = [new() { Width = 16, Layers = 7, Loss = "bernoulli", LearningRate = 1e-3, Schedule = "constant" }],
        Losses = PixelOptions.Losses,
        Adapt = PixelOptions.AdaptTogether,
        Create = (context, data, options) => new DiagonalBiLstmModel(context, data, options),
    };
}
