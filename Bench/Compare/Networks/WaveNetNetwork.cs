using GenEngine.Kernels.Common;
using GenEngine.Kernels.Convolution;

namespace GenEngine.Bench.Compare.Networks;

/// <summary>
/// The peer's WaveNet (van den Oord et al. 2016): ten dilated layers a stack, by default one stack of 32 residual and 64 skip channels, 256 codes. The sum of the layers' skips is one
/// product over all gates' outputs side by side. Loss: nats a code.
/// </summary>
internal sealed class WaveNetNetwork
{
    private const int Codes = 256, LayersOfStack = 10;
    private readonly Embedding _embedding;
    private readonly Conv2d[] _dilated, _residuals;
    private readonly Conv2d _skips, _head, _logits;

    /// <param name="smooth">Softplus for ReLU: gradient checks cannot cross kinks.</param>
    public WaveNetNetwork(Context context, bool smooth = false, int residual = 32, int skip = 64, int stacks = 1)
    {
        int layers = stacks * LayersOfStack;
        (_dilated, _residuals) = (new Conv2d[layers], new Conv2d[layers - 1]);
        var activation = smooth ? Activation.Softplus : Activation.Relu;
        Group = new ParameterGroup(context, "wavenet");
        var single = ConvSpec.Square(1);
        _embedding = new Embedding(Group, "embedding", Codes, residual);
        for (int i = 0; i < layers; i++)
        {
            _dilated[i] = Conv2d.Causal(Group, $"dilated.{i}", residual, 2 * residual, 2, 1 << (i % LayersOfStack));
            if (i + 1 < layers) _residuals[i] = new Conv2d(Group, $"residual.{i}", residual, residual, single);
        }

        _skips = new Conv2d(Group, "skips", layers * residual, skip, single, activation);
        _head = new Conv2d(Group, "head", skip, skip, single, activation);
        _logits = new Conv2d(Group, "logits", skip, Codes, single);
        Group.Build();
    }

    public ParameterGroup Group { get; }

    /// <param name="codes">int32 [N, 1, T].</param>
    /// <returns>[N, 1, T, 256]: position t sees codes up to t.</returns>
    public Tensor Logits(Tensor codes)
    {
        var h = _embedding.Forward(codes);
        var gates = new Tensor[_dilated.Length];
        for (int i = 0; i < gates.Length; i++)
        {
            gates[i] = Gate.Tanh.Forward(_dilated[i].Forward(h));
            if (i < _residuals.Length) h = _residuals[i].Forward(gates[i], residual: h);
        }

        return _logits.Forward(_head.Forward(_skips.Forward(Ops.Concat(gates))));
    }

    /// <param name="codes">int32 [N, 1, T].</param>
    /// <param name="targets">int32 [N, 1, T]: what comes next.</param>
    public Tensor Loss(Tensor codes, Tensor targets) => Logits(codes).SoftmaxCrossEntropyMean(targets);
}
