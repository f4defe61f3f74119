using GenEngine.Export;
using GenEngine.Runs;

namespace GenEngine.Models;

/// <summary>The first PixelCNN, with a blind spot; see <see cref="PixelCnnNetwork"/>.</summary>
public sealed class PixelCnn : PixelModel, IExportable
{
    private readonly PixelCnnNetwork _network;

    public PixelCnn(Context context, DataShape data, ModelOptions options) : base(Description, context, data, options)
    {
        var group = NewGroup("pixelcnn");
        _network = new PixelCnnNetwork(group, PixelOptions.Size(Options, Colours, Data.Channels, Outputs) with { Positions = Options.Positions == true ? (data.Height, data.Width) : null });
        group.Build();
        Train(group);
    }

    /// <summary><c>pixelcnn</c>: never told a class. Grey images as bits by default, colours as 256 levels.</summary>
    public static new ModelDescription Description { get; } = new()
    {
        Name = "pixelcnn",
        Summary = "images pixel by pixel, masked convolutions, exact likelihood",
        Paper = "van den Oord, Kalchbrenner and Kavukcuoglu 2016",
        Defaults = [new() { Width = 16, Layers = 15, Positions = false, Colours = "masked", Loss = "bernoulli", LearningRate = 1e-3, Schedule = "constant" }],
        Losses = PixelOptions.Losses,
        Adapt = PixelOptions.Adapt,
        Create = (context, data, options) => new PixelCnn(context, data, options),
    };

    public IReadOnlyList<NetworkPart> NetworkParts => [LogitPart("network", null)];

    public override Tensor Logits(Tensor images, Tensor? condition) => _network.Forward(images);

    protected override ColumnLayer LogitColumns(ColumnBuilder builder, ColumnLayer input, Tensor? condition) => _network.Columns(builder, input);
}

/// <summary>The gated PixelCNN, told the class or not; see <see cref="GatedPixelCnnNetwork"/>.</summary>
public sealed class GatedPixelCnn : PixelModel, IExportable
{
    private readonly GatedPixelCnnNetwork _network;
    private readonly ConditionPath _condition;

    public GatedPixelCnn(Context context, DataShape data, ModelOptions options) : base(Description, context, data, options)
    {
        var group = NewGroup("gated-pixelcnn");
        _condition = new ConditionPath(group, Options.Condition!, data.Classes, data);
        _network = new GatedPixelCnnNetwork(group, _condition.Of(PixelOptions.Size(Options, Colours, Data.Channels, Outputs)));
        group.Build();
        Train(group);
    }

    /// <summary><c>gated-pixelcnn</c>: told the class only where the option Condition is not none. Grey images as bits by default, colours as 256 levels.</summary>
    public static new ModelDescription Description { get; } = new()
    {
        Name = "gated-pixelcnn",
        Summary = "images pixel by pixel, gated, no blind spot, of a class if asked",
        Paper = "van den Oord et al. 2016 (Conditional Image Generation with PixelCNN Decoders)",
        Defaults = [new() { Width = 32, Layers = 7, Colours = "masked", Loss = "bernoulli", Condition = "none", LearningRate = 1e-3, Schedule = "constant" }],
        Losses = PixelOptions.Losses,
        Conditions = PixelModel.Conditions,
        Adapt = PixelOptions.Adapt,
        Create = (context, data, options) => new GatedPixelCnn(context, data, options),
    };

    public IReadOnlyList<NetworkPart> NetworkParts => [LogitPart("network", this.ClassRows().FirstOrDefault())];

    public override Tensor Logits(Tensor images, Tensor? condition) => _network.Forward(images, _condition.Of(condition));

    protected override ColumnLayer LogitColumns(ColumnBuilder builder, ColumnLayer input, Tensor? condition) => _network.Columns(builder, input, _condition.Of(condition));
}

/// <summary>Options that the pixel models share.</summary>
internal static class PixelOptions
{
    private const int BitHead = 32, ByteHead = 96;

    public static IReadOnlyList<string> Losses { get; } = ["bernoulli", "categorical", "mixture"];

    /// <summary>The defaults for these images: in colour a softmax over bytes and channels that three colours divide.</summary>
    public static ModelOptions Adapt(ModelOptions standard, DataShape data) =>
        data.Channels == 1 ? standard : standard with { Loss = "categorical", Width = standard.Width is { } width ? (width + 2) / 3 * 3 : null };

    /// <summary>The defaults of a network that keeps no colours apart: in colour, a distribution that needs none apart.</summary>
    public static ModelOptions AdaptTogether(ModelOptions standard, DataShape data) => data.Channels == 1 ? standard : standard with { Loss = "mixture" };

    public static int HeadOf(ModelOptions options) => options.Loss == "bernoulli" ? BitHead : ByteHead;

    public static PixelNetworkSize Size(ModelOptions options, int groups, int channels, int outputs) => new(
        channels, options.Width!.Value, options.Layers!.Value, (HeadOf(options) + groups - 1) / groups * groups, outputs, Smooth: options.Smooth)
    { Groups = groups };
}
