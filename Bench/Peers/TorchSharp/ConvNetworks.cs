using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace GenEngine.Peers.TorchSharp;

/// <summary>A convolutional VAE 1-32-64 with a code of 16.</summary>
internal sealed class ConvVae : nn.Module<Tensor, (Tensor Logits, Tensor Mean, Tensor LogVariance)>
{
    private readonly Conv2d _first = nn.Conv2d(1, 32, 4, stride: 2, padding: 1);
    private readonly Conv2d _second = nn.Conv2d(32, 64, 4, stride: 2, padding: 1);
    private readonly Linear _mean = nn.Linear(3136, 16);
    private readonly Linear _logVariance = nn.Linear(3136, 16);
    private readonly Linear _widen = nn.Linear(16, 3136);
    private readonly ConvTranspose2d _enlarge = nn.ConvTranspose2d(64, 32, 4, stride: 2, padding: 1);
    private readonly ConvTranspose2d _pixels = nn.ConvTranspose2d(32, 1, 4, stride: 2, padding: 1);

    public ConvVae() : base("convvae") => RegisterComponents();

    public override (Tensor Logits, Tensor Mean, Tensor LogVariance) forward(Tensor x)
    {
        var features = F.relu(_second.forward(F.relu(_first.forward(x)))).flatten(1);
        Tensor mean = _mean.forward(features), logVariance = _logVariance.forward(features);
        var code = mean + (randn_like(mean) * exp(0.5 * logVariance));
        return (_pixels.forward(F.relu(_enlarge.forward(F.relu(_widen.forward(code)).view(-1, 64, 7, 7)))), mean, logVariance);
    }
}

internal sealed class DcganGenerator : nn.Module<Tensor, Tensor>
{
    private readonly Linear _widen = nn.Linear(100, 6272);
    private readonly BatchNorm2d _norm0 = nn.BatchNorm2d(128), _norm1 = nn.BatchNorm2d(64);
    private readonly ConvTranspose2d _enlarge = nn.ConvTranspose2d(128, 64, 4, stride: 2, padding: 1, bias: false);
    private readonly ConvTranspose2d _pixels = nn.ConvTranspose2d(64, 1, 4, stride: 2, padding: 1);

    public DcganGenerator() : base("generator") => RegisterComponents();

    public override Tensor forward(Tensor z)
    {
        var h = F.relu(_norm0.forward(_widen.forward(z).view(-1, 128, 7, 7)));
        return _pixels.forward(F.relu(_norm1.forward(_enlarge.forward(h)))).tanh();
    }
}

internal sealed class DcganDiscriminator : nn.Module<Tensor, Tensor>
{
    private readonly Conv2d _first = nn.Conv2d(1, 64, 4, stride: 2, padding: 1);
    private readonly Conv2d _second = nn.Conv2d(64, 128, 4, stride: 2, padding: 1, bias: false);
    private readonly BatchNorm2d _norm = nn.BatchNorm2d(128);
    private readonly Linear _logit = nn.Linear(6272, 1);

    public DcganDiscriminator() : base("discriminator") => RegisterComponents();

    public override Tensor forward(Tensor x)
    {
        var h = F.leaky_relu(_first.forward(x), 0.2);
        return _logit.forward(F.leaky_relu(_norm.forward(_second.forward(h)), 0.2).flatten(1));
    }
}

/// <summary>A gated PixelCNN of one stack: 7x7 mask A, seven gated 3x3 layers of 32 channels, a 1x1 head.</summary>
internal sealed class GatedPixelCnn : nn.Module<Tensor, Tensor>
{
    private readonly MaskedLayer _first = new(1, 32, 7, maskA: true);
    private readonly ModuleList<MaskedLayer> _gates = [];
    private readonly ModuleList<Conv2d> _outputs = [];
    private readonly Conv2d _head = nn.Conv2d(32, 32, 1L), _logits = nn.Conv2d(32, 1, 1L);

    public GatedPixelCnn() : base("pixelcnn")
    {
        for (int i = 0; i < 7; i++)
        {
            _gates.Add(new MaskedLayer(32, 64, 3, maskA: false));
            _outputs.Add(nn.Conv2d(32, 32, 1L));
        }

        RegisterComponents();
    }

    public override Tensor forward(Tensor x)
    {
        var h = _first.forward(x);
        for (int i = 0; i < 7; i++)
        {
            var halves = _gates[i].forward(h).chunk(2, 1);
            h = h + _outputs[i].forward(halves[0].tanh() * halves[1].sigmoid());
        }

        return _logits.forward(F.relu(_head.forward(F.relu(h))));
    }

    private sealed class MaskedLayer : nn.Module<Tensor, Tensor>
    {
        private readonly Parameter _weight, _bias;
        private readonly Tensor _mask;
        private readonly long _padding;

        public MaskedLayer(long inputs, long outputs, int kernel, bool maskA) : base("masked")
        {
            double bound = 1 / Math.Sqrt(inputs * kernel * kernel);
            _weight = new Parameter(empty(outputs, inputs, kernel, kernel).uniform_(-bound, bound));
            _bias = new Parameter(empty(outputs).uniform_(-bound, bound));
            _mask = MaskedConv.Mask(outputs, inputs, kernel, maskA);
            _padding = kernel / 2;
            RegisterComponents();
        }

        public override Tensor forward(Tensor x) => F.conv2d(x, _weight * _mask, _bias, strides: [1, 1], padding: [_padding, _padding]);
    }
}

/// <summary>A WaveNet of ten layers, 32 residual and 64 skip channels.</summary>
internal sealed class WaveNet : nn.Module<Tensor, Tensor>
{
    private const int Layers = 10;
    private readonly Embedding _embedding = nn.Embedding(256, 32);
    private readonly ModuleList<Conv1d> _dilated = [], _residuals = [], _skips = [];
    private readonly Conv1d _head = nn.Conv1d(64, 64, 1L), _logits = nn.Conv1d(64, 256, 1L);

    public WaveNet() : base("wavenet")
    {
        for (int i = 0; i < Layers; i++)
        {
            _dilated.Add(nn.Conv1d(32, 64, 2L, stride: 1L, padding: 0L, dilation: 1L << i));
            _residuals.Add(nn.Conv1d(32, 32, 1L));
            _skips.Add(nn.Conv1d(32, 64, 1L));
        }

        RegisterComponents();
    }

    public override Tensor forward(Tensor codes)
    {
        var h = _embedding.forward(codes).transpose(1, 2).contiguous();
        Tensor? sum = null;
        for (int i = 0; i < Layers; i++)
        {
            var halves = _dilated[i].forward(F.pad(h, [1L << i, 0])).chunk(2, 1);
            var z = halves[0].tanh() * halves[1].sigmoid();
            var skip = _skips[i].forward(z);
            sum = sum is null ? skip : sum + skip;
            if (i + 1 < Layers) h = h + _residuals[i].forward(z);
        }

        return _logits.forward(F.relu(_head.forward(F.relu(sum!))));
    }
}
