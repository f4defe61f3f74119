using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace GenEngine.Peers.TorchSharp;

/// <summary>
/// Drawing from autoregressive models: as people write it, a whole forward pass a value, and with the algorithm of GenEngine's samplers, one column a layer and value. Weights are those that a
/// network begins with.
/// </summary>
internal static class SampleJobs
{
    /// <summary>The one row that the naive sampler draws: every pixel of the image costs it the same pass.</summary>
    private const int Row = 14;

    /// <summary>Codes of sound that one run draws; the naive sampler a sixteenth, each by the same pass.</summary>
    private const int Codes = 256;

    private const int Images = 16, Side = 28, Channels = 32, PixelLayers = 7, WaveLayers = 10, Skip = 64, Field = 1024;

    /// <summary>The job of a name; null for a name that is none here.</summary>
    public static IJob? Create(string name) => name switch
    {
        "sample-pixelcnn" => new NaivePixelCnn(),
        "sample-wavenet" => new NaiveWaveNet(),
        "sample-pixelcnn-cached" => new CachedPixelCnn(),
        "sample-wavenet-cached" => new CachedWaveNet(),
        _ => null,
    };

    private sealed class NaivePixelCnn : IJob
    {
        private readonly GatedPixelCnn _model = new();

        public void Run()
        {
            using var _ = no_grad();
            using var images = zeros(Images, 1, Side, Side);
            for (int x = 0; x < Side; x++)
            {
                using var scope = NewDisposeScope();
                var logits = _model.forward(images).select(3, x).select(2, Row);
                images.select(3, x).select(2, Row).copy_(logits.sigmoid().bernoulli());
            }
        }

        public void Dispose() => _model.Dispose();
    }

    private sealed class NaiveWaveNet : IJob
    {
        private readonly WaveNet _model = new();

        public void Run()
        {
            using var _ = no_grad();
            var codes = full(new long[] { 1, Field }, 128, dtype: ScalarType.Int64);
            for (int i = 0; i < Codes / 16; i++)
            {
                using var scope = NewDisposeScope();
                var logits = _model.forward(codes).select(2, Field - 1);
                var next = cat([codes.narrow(1, 1, Field - 1), F.softmax(logits, 1).multinomial(1)], 1).MoveToOuterDisposeScope();
                codes.Dispose();
                codes = next;
            }

            codes.Dispose();
        }

        public void Dispose() => _model.Dispose();
    }

    /// <summary>Each layer keeps its input map, padded by what its kernel reaches; a pixel gathers its taps and multiplies once a layer.</summary>
    private sealed class CachedPixelCnn : IJob
    {
        private readonly Tensor _first = Weight(24, Channels), _firstBias = Weight(Channels), _head = Weight(Channels, Channels), _headBias = Weight(Channels);
        private readonly Tensor _logits = Weight(Channels, 1), _logitsBias = Weight(1);
        private readonly Tensor[] _gates = Many(() => Weight(5 * Channels, 2 * Channels)), _gateBias = Many(() => Weight(2 * Channels));
        private readonly Tensor[] _outputs = Many(() => Weight(Channels, Channels)), _outputBias = Many(() => Weight(Channels));

        public void Run()
        {
            using var _ = no_grad();
            using var scope = NewDisposeScope();
            var images = zeros(Images, Side + 6, Side + 6);
            Tensor[] maps = Many(() => zeros(Images, Side + 2, Side + 2, Channels));
            for (int y = 0; y < Side; y++)
            {
                for (int x = 0; x < Side; x++)
                {
                    using var inner = NewDisposeScope();
                    var seen = cat([images.narrow(1, y, 3).narrow(2, x, 7).reshape(Images, 21), images.select(1, y + 3).narrow(1, x, 3)], 1);
                    var h = Affine(_firstBias, seen, _first);
                    for (int i = 0; i < PixelLayers; i++)
                    {
                        maps[i].select(2, x + 1).select(1, y + 1).copy_(h);
                        var taps = cat([maps[i].select(1, y).narrow(1, x, 3).reshape(Images, 3 * Channels), maps[i].select(1, y + 1).narrow(1, x, 2).reshape(Images, 2 * Channels)], 1);
                        var halves = Affine(_gateBias[i], taps, _gates[i]).chunk(2, 1);
                        h = h + Affine(_outputBias[i], halves[0].tanh() * halves[1].sigmoid(), _outputs[i]);
                    }

                    var logits = Affine(_logitsBias, F.relu(Affine(_headBias, F.relu(h), _head)), _logits);
                    images.select(2, x + 3).select(1, y + 3).copy_(logits.squeeze(1).sigmoid().bernoulli());
                }
            }
        }

        public void Dispose() => Free([_first, _firstBias, _head, _headBias, _logits, _logitsBias, .. _gates, .. _gateBias, .. _outputs, .. _outputBias]);

        private static Tensor[] Many(Func<Tensor> make) => [.. Enumerable.Range(0, PixelLayers).Select(_ => make())];
    }

    /// <summary>A queue a layer, as long as its dilation (Le Paine et al. 2016); the skips are one product, as in GenEngine.</summary>
    private sealed class CachedWaveNet : IJob
    {
        private readonly Tensor _embedding = Weight(256, Channels), _head = Weight(Skip, Skip), _headBias = Weight(Skip), _logits = Weight(Skip, 256), _logitsBias = Weight(256);
        private readonly Tensor _skips = Weight(WaveLayers * Channels, Skip), _skipBias = Weight(Skip);
        private readonly Tensor[] _dilated = Many(() => Weight(2 * Channels, 2 * Channels)), _dilatedBias = Many(() => Weight(2 * Channels));
        private readonly Tensor[] _residuals = Many(() => Weight(Channels, Channels)), _residualBias = Many(() => Weight(Channels));

        public void Run()
        {
            using var _ = no_grad();
            using var scope = NewDisposeScope();
            Tensor[] queues = [.. Enumerable.Range(0, WaveLayers).Select(i => zeros(1L << i, Channels))];
            long code = 128;
            for (int t = 0; t < Codes; t++)
            {
                using var inner = NewDisposeScope();
                var h = _embedding.narrow(0, code, 1);
                var gates = new Tensor[WaveLayers];
                for (int i = 0; i < WaveLayers; i++)
                {
                    var place = queues[i].narrow(0, t & ((1 << i) - 1), 1);
                    var halves = Affine(_dilatedBias[i], cat([place, h], 1), _dilated[i]).chunk(2, 1);
                    place.copy_(h);
                    gates[i] = halves[0].tanh() * halves[1].sigmoid();
                    if (i + 1 < WaveLayers) h = h + Affine(_residualBias[i], gates[i], _residuals[i]);
                }

                var skip = F.relu(Affine(_skipBias, cat(gates, 1), _skips));
                var logits = Affine(_logitsBias, F.relu(Affine(_headBias, skip, _head)), _logits);
                code = F.softmax(logits, 1).multinomial(1).item<long>();
            }
        }

        public void Dispose() => Free([_embedding, _head, _headBias, _logits, _logitsBias, _skips, _skipBias, .. _dilated, .. _dilatedBias, .. _residuals, .. _residualBias]);

        private static Tensor[] Many(Func<Tensor> make) => [.. Enumerable.Range(0, WaveLayers).Select(_ => make())];
    }

    /// <summary>x W + b in one kernel.</summary>
    private static Tensor Affine(Tensor bias, Tensor x, Tensor weight) => torch.addmm(bias, x, weight, 1, 1);

    private static Tensor Weight(params long[] shape) => (rand(shape) - 0.5) * (2 / Math.Sqrt(shape[0]));

    private static void Free(IEnumerable<Tensor> tensors)
    {
        foreach (var tensor in tensors) tensor.Dispose();
    }
}
