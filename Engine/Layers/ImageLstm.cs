using GenEngine.Kernels;
using GenEngine.Kernels.Convolution;
using GenEngine.Kernels.Recurrent;

namespace GenEngine;

/// <summary>
/// An LSTM layer over images [N, H, W, inputs] -> h [N, H, W, channels] (van den Oord et al. 2016, section 3): the input-to-state part of all pixels is one convolution,
/// the state-to-state part a scan. Gate channels are [o | f | i | g].
/// </summary>
public abstract class ImageLstm : Layer
{
    private readonly Func<Tensor> _inputWeight, _inputBias, _stateWeight;

    /// <param name="group">Owner of name.input.weight [4h, R, S, inputs], name.input.bias [4h] and name.state.weight.</param>
    /// <param name="name">Prefix of the parameters' names.</param>
    /// <param name="inputs">Channels of x.</param>
    /// <param name="channels">h.</param>
    /// <param name="inputSpec">Of the input-to-state convolution.</param>
    /// <param name="taps">Height and width of the state-to-state filter.</param>
    /// <param name="colours">1; see <see cref="RowLstm"/>.</param>
    /// <param name="forgetBias">Added to the forget gates' initial bias: 1 keeps what a cell holds while nothing is learned (Jozefowicz et al. 2015).</param>
    private protected ImageLstm(
        ParameterGroup group, string name, int inputs, int channels, ConvSpec inputSpec, (int Height, int Width) taps, int colours, double forgetBias)
    {
        string kind = GetType().Name;
        if (inputs <= 0 || channels <= 0) throw new EngineException($"{kind} {name}: {inputs} channels to {channels}: both must be positive.");
        if (colours != 1)
        {
            throw new EngineException(
                $"{kind} {name}: {colours} colours. Each gate would need the colours' order within its own channels, and the state-to-state part would have to keep them apart; only 1 is built.");
        }

        int rows = ScanShape.Gates * channels, fanIn = inputs * inputSpec.KernelHeight * inputSpec.KernelWidth;
        (Channels, InputSpec) = (channels, inputSpec);
        Shape inputShape = new(rows, inputSpec.KernelHeight, inputSpec.KernelWidth, inputs), stateShape = new(rows, taps.Height, taps.Width, channels);
        _inputWeight = group.Declare($"{name}.input.weight", inputShape, Initializer.FanIn(fanIn), ParameterLayout.Filters(inputShape));
        _inputBias = group.Declare($"{name}.input.bias", new Shape(rows), new GateBias(Initializer.FanIn(fanIn), channels, forgetBias));
        _stateWeight = group.Declare($"{name}.state.weight", stateShape, Initializer.FanIn(channels * taps.Height * taps.Width), ParameterLayout.Filters(stateShape));
    }

    /// <summary>h.</summary>
    public int Channels { get; }

    /// <summary>Geometry of the input-to-state convolution: causal, the pixel itself included.</summary>
    public ConvSpec InputSpec { get; }

    /// <summary>Which cells the state comes from.</summary>
    public abstract ScanKind Kind { get; }

    /// <summary>[4h, R, S, inputs], R and S as <see cref="InputSpec"/> says.</summary>
    public Tensor InputWeight => _inputWeight();

    /// <summary>[4h].</summary>
    public Tensor InputBias => _inputBias();

    /// <summary>[4h, 1, k, h] of a row scan, [4h, 2, 1, h] of a diagonal one.</summary>
    public Tensor StateWeight => _stateWeight();

    /// <summary>Gates before the state's part: [N, H, W, 4h].</summary>
    private protected Tensor Gates(Tensor x) => x.Conv2d(InputWeight, InputBias, InputSpec);

    /// <summary>An initializer with something more for the forget gates.</summary>
    private sealed class GateBias(Initializer inner, int channels, double forget) : Initializer
    {
        public override double[] Values(Shape shape, InitializerKey key)
        {
            var values = inner.Values(shape, key);
            for (int i = channels; i < 2 * channels; i++) values[i] += forget;
            return values;
        }
    }
}
