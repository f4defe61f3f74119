using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace GenEngine.Peers.TorchSharp;

/// <summary>A whole training step of the dense VAE 784-400-20, batch 128, with Adam.</summary>
internal sealed class VaeStepJob : IJob
{
    private readonly DenseVae _model = new();
    private readonly optim.Optimizer _optimizer;
    private readonly Tensor _images = rand(128, 784);

    public VaeStepJob() => _optimizer = optim.Adam(_model.parameters(), 1e-3);

    public void Run()
    {
        using var scope = NewDisposeScope();
        _optimizer.zero_grad();
        var (logits, mean, logVariance) = _model.forward(_images);
        var reconstruction = F.binary_cross_entropy_with_logits(logits, _images, reduction: nn.Reduction.Sum);
        var divergence = -0.5 * (1 + logVariance - mean.pow(2) - logVariance.exp()).sum();
        (reconstruction + divergence).backward();
        _optimizer.step();
    }

    public void Dispose()
    {
        _optimizer.Dispose();
        _model.Dispose();
        _images.Dispose();
    }
}

internal sealed class DenseVae : nn.Module<Tensor, (Tensor Logits, Tensor Mean, Tensor LogVariance)>
{
    private readonly Linear _hidden = nn.Linear(784, 400);
    private readonly Linear _mean = nn.Linear(400, 20);
    private readonly Linear _logVariance = nn.Linear(400, 20);
    private readonly Linear _widen = nn.Linear(20, 400);
    private readonly Linear _pixels = nn.Linear(400, 784);

    public DenseVae() : base("vae") => RegisterComponents();

    public override (Tensor Logits, Tensor Mean, Tensor LogVariance) forward(Tensor images)
    {
        var features = F.relu(_hidden.forward(images));
        Tensor mean = _mean.forward(features), logVariance = _logVariance.forward(features);
        var code = mean + (randn_like(mean) * exp(0.5 * logVariance));
        return (_pixels.forward(F.relu(_widen.forward(code))), mean, logVariance);
    }
}
