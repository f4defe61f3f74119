using GenEngine.Kernels;

namespace GenEngine.Models;

/// <summary>
/// How rows of numbers, one-hot classes or codes, come to a pixel network (van den Oord et al. 2016b): as a bias that is the same at every position (eq. 4), or through a dense layer as a map with
/// something for each position (eq. 5).
/// </summary>
internal sealed class ConditionPath
{
    private const int MapChannels = 4;

    private readonly string _kind;
    private readonly int _width;
    private readonly DataShape _data;
    private readonly Linear? _map;

    /// <param name="group">Owner of the map's parameters.</param>
    /// <param name="kind">none, bias or map.</param>
    /// <param name="width">Numbers a row.</param>
    /// <param name="data">The images.</param>
    public ConditionPath(ParameterGroup group, string kind, int width, DataShape data)
    {
        (_kind, _width, _data) = (kind, width, data);
        if (kind == "map") _map = new Linear(group, "map", width, data.Height * data.Width * MapChannels, makes: new ImageExtents(data.Height, data.Width, MapChannels));
    }

    /// <summary>The size of a network that is told by this path.</summary>
    public PixelNetworkSize Of(PixelNetworkSize size) => size with { BiasCondition = _kind == "bias" ? _width : 0, MapCondition = _kind == "map" ? MapChannels : 0 };

    /// <summary>What the network is told of rows [N, width].</summary>
    public PixelCondition? Of(Tensor? rows) => _kind switch
    {
        "bias" => new PixelCondition(Bias: rows),
        "map" => new PixelCondition(Map: _map!.Forward(rows!).Reshape(rows!.Shape[0], _data.Height, _data.Width, MapChannels)),
        _ => null,
    };
}
