using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace GenEngine.Peers.TorchSharp;

/// <summary>Whole training steps of convolutional models, with Adam.</summary>
internal static class StepJobs
{
    /// <summary>The job of a name; null for a name that is no step here.</summary>
    public static IJob? Create(string name) => name switch
    {
        "step-convvae" => ConvVae(),
        "step-dcgan" => Dcgan(),
        "step-gatedpixelcnn" => GatedPixelCnn(),
        "step-wavenet" => WaveNet(),
        _ => null,
    };

    private static StepJob ConvVae()
    {
        var model = new ConvVae();
        var optimizer = optim.Adam(model.parameters(), 1e-3);
        var images = rand(128, 1, 28, 28);
        return new(() =>
        {
            optimizer.zero_grad();
            var (logits, mean, logVariance) = model.forward(images);
            var reconstruction = F.binary_cross_entropy_with_logits(logits, images, reduction: nn.Reduction.Sum);
            var divergence = -0.5 * (1 + logVariance - mean.pow(2) - logVariance.exp()).sum();
            (reconstruction + divergence).backward();
            optimizer.step();
        }, model, optimizer, images);
    }

    private static StepJob Dcgan()
    {
        var (generator, discriminator) = (new DcganGenerator(), new DcganDiscriminator());
        var g = optim.Adam(generator.parameters(), 2e-4, 0.5, 0.999);
        var d = optim.Adam(discriminator.parameters(), 2e-4, 0.5, 0.999);
        Tensor images = (rand(128, 1, 28, 28) * 2) - 1, one = ones(128, 1), zero = zeros(128, 1);
        return new(() =>
        {
            d.zero_grad();
            F.binary_cross_entropy_with_logits(discriminator.forward(images), one).backward();
            var fake = generator.forward(randn(128, 100));
            F.binary_cross_entropy_with_logits(discriminator.forward(fake.detach()), zero).backward();
            d.step();
            g.zero_grad();
            F.binary_cross_entropy_with_logits(discriminator.forward(fake), one).backward();
            g.step();
        }, generator, discriminator, g, d, images, one, zero);
    }

    private static StepJob GatedPixelCnn()
    {
        var model = new GatedPixelCnn();
        var optimizer = optim.Adam(model.parameters(), 1e-3);
        var images = (rand(32, 1, 28, 28) > 0.5).to_type(ScalarType.Float32);
        return new(() =>
        {
            optimizer.zero_grad();
            F.binary_cross_entropy_with_logits(model.forward(images), images).backward();
            optimizer.step();
        }, model, optimizer, images);
    }

    private static StepJob WaveNet()
    {
        var model = new WaveNet();
        var optimizer = optim.Adam(model.parameters(), 1e-3);
        Tensor codes = randint(0, 256, new long[] { 4, 4096 }, dtype: ScalarType.Int64), targets = randint(0, 256, new long[] { 4, 4096 }, dtype: ScalarType.Int64);
        return new(() =>
        {
            optimizer.zero_grad();
            F.cross_entropy(model.forward(codes), targets).backward();
            optimizer.step();
        }, model, optimizer, codes, targets);
    }

    private sealed class StepJob(Action step, params IDisposable[] owned) : IJob
    {
        public void Run()
        {
            using var scope = NewDisposeScope();
            step();
        }

        public void Dispose()
        {
            foreach (var item in owned) item.Dispose();
        }
    }
}
