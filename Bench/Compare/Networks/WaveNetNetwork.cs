using GenEngine.Kernels.Common;
using GenEngine.Kernels.Convolution;

namespace GenEngine.Bench.Compare.Networks;

/// <summary>
/// The peer's WaveNet (van den Oord et al. 2016): ten dilated layers, 32 residual and 64 skip channels, 256 codes. The sum of the layers' skips is one
/// product over all gates' outputs side by side. Loss: nats a code.
/// </summary>
internal sealed class WaveNetNetwork
{
    private const int Codes = 256, Residual = 32, Skip = 64, Layers = 10;
    private readonly Embedding _embedding;
    private readonly Conv2d[] _dilated = new Conv2d[Layers], _residuals = new Conv2d[Layers - 1];
    private readonly Conv2d _skips, _head, _logits;

    /// <param name="smooth">Softplus for ReLU: gradient checks cannot cross kinks.</param>
    public WaveNetNetwork(Context context, bool smooth = false)
    {
        var activation = smooth ? Activation.Softplus : Activation.Relu;
        Group = new ParameterGroup(context, "wavenet");
        var single = ConvSpec.Square(1);
        _embedding = new Embedding(Group, "embedding", Codes, Residual);
        for (int i = 0; i < Layers; i++)
        {
            _dilated[i] = Conv2d.Causal(Group, $"dilated.{i}", Residual, 2 * Residual, 2, 1 << i);
            if (i + 1 < Layers) _residuals[i] = new Conv2d(Group, $"residual.{i}", Residual, Residual, single);
        }

        _skips = new Conv2d(Group, "skips", Layers * Residual, Skip, single, activation);
        _head = new Conv2d(Group, "head", Skip, Skip, single, activation);
        _logits = new Conv2d(Group, "logits", Skip, Codes, single);
        Group.Build();
    }

    public ParameterGroup Group { get; }

    /// <param name="codes">int32 [N, 1, T].</param>
    /// <returns>[N, 1, T, 256]: position t sees codes up to t.</returns>
    public Tensor Logits(Tensor codes)
    {
        var h = _embedding.Forward(codes);
        var gates = new Tensor[Layers];
        for (int i = 0; i < Layers; i++)
        {
            gates[i] = Gate.Tanh.Forward(_dilated[i].Forward(h));
            if (i + 1 < Layers) h = _residuals[i].Forward(gates[i], residual: h);
        }

        return _logits.Forward(_head.Forward(_skips.Forward(Ops.Concat(gates))));
    }

    /// <param name="codes">int32 [N, 1, T].</param>
    /// <param name="targets">int32 [N, 1, T]: what comes next.</param>
    public Tensor Loss(Tensor codes, Tensor targets) => Logits(codes).SoftmaxCrossEntropyMean(targets);
}
