using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace GenEngine.Peers.TorchSharp;

/// <summary>
/// "weights KIND EXTENTS FOLDER": reads FOLDER/ours.safetensors into modules of the same names, strictly, and writes what they make of FOLDER/inputs.safetensors to ours-outputs.safetensors;
/// then trains modules of its own for a few steps and writes peer.safetensors, their state_dict, and peer-outputs.safetensors. KIND is vae, cvae or gan.
/// </summary>
internal static class WeightExchange
{
    private const int TrainSteps = 8, TrainRows = 16;

    public static void Run(string kind, string extents, string folder)
    {
        set_num_threads(1);
        manual_seed(3);
        var shape = NetworkExtents.Parse(extents);
        var inputs = TensorFile.Read(Path.Combine(folder, "inputs.safetensors"));
        var theirs = new Pair(kind, shape);
        Load(theirs.Root, TensorFile.Read(Path.Combine(folder, "ours.safetensors")));
        TensorFile.Write(Path.Combine(folder, "ours-outputs.safetensors"), theirs.Outputs(inputs));

        var own = new Pair(kind, shape);
        Train(own, shape);
        TensorFile.Write(Path.Combine(folder, "peer.safetensors"), own.Root.state_dict().Select(entry => (entry.Key, entry.Value)));
        TensorFile.Write(Path.Combine(folder, "peer-outputs.safetensors"), own.Outputs(inputs));
    }

    private static void Load(nn.Module modules, Dictionary<string, Tensor> weights)
    {
        string[] known = [.. modules.state_dict().Keys];
        if (known.Except(weights.Keys).Concat(weights.Keys.Except(known)).Order().ToArray() is { Length: > 0 } unmatched) throw new ArgumentException($"names on one side only: {string.Join(", ", unmatched)}");
        modules.load_state_dict(weights, strict: true);
    }

    /// <summary>Any steps will do: weights and running statistics leave where they begin.</summary>
    private static void Train(Pair networks, NetworkExtents extents)
    {
        networks.Root.train();
        var optimizer = optim.Adam(networks.Root.parameters(), 1e-3);
        for (int i = 0; i < TrainSteps; i++)
        {
            using var scope = NewDisposeScope();
            Tensor images = rand(TrainRows, extents.Channels, extents.Height, extents.Width), codes = randn(TrainRows, extents.Latent);
            var labels = extents.Classes > 0 ? randint(0, extents.Classes, new long[] { TrainRows }, dtype: ScalarType.Int64) : null;
            optimizer.zero_grad();
            (networks.Encoder.forward(images, labels).pow(2).mean() + F.binary_cross_entropy_with_logits(networks.Decoder.forward(codes, labels), images)).backward();
            optimizer.step();
        }
    }

    /// <summary>The two networks of a model, under the names that its weights have.</summary>
    private sealed class Pair
    {
        private readonly bool _adversarial;

        public Pair(string kind, NetworkExtents extents)
        {
            _adversarial = kind == "gan";
            int outputs = _adversarial ? 1 : 2 * extents.Latent;
            Encoder = extents.Stages.Length > 0 ? new ImagesToNumbers(extents, outputs) : new DenseLayers(extents.Pixels, extents.Dense, outputs, null);
            Decoder = extents.Stages.Length > 0
                ? new NumbersToImages(extents)
                : new DenseLayers(extents.Latent, extents.Dense, extents.Pixels, [-1, extents.Channels, extents.Height, extents.Width]);
            Root = _adversarial
                ? new Names("", ("generator", Decoder), ("discriminator", Encoder))
                : new Names("", (kind, new Names(kind, ("encoder", Encoder), ("decoder", Decoder))));
        }

        public Names Root { get; }

        public nn.Module<Tensor, Tensor?, Tensor> Encoder { get; }

        public nn.Module<Tensor, Tensor?, Tensor> Decoder { get; }

        /// <summary>With running statistics: numbers of images, and images [n, C, H, W] in [0, 1] of codes.</summary>
        public IEnumerable<(string Name, Tensor Tensor)> Outputs(Dictionary<string, Tensor> inputs)
        {
            using var _ = no_grad();
            Root.eval();
            var labels = inputs.GetValueOrDefault("labels");
            Tensor images = inputs["images"], made = Decoder.forward(inputs["codes"], labels);
            return
            [
                ("numbers", Encoder.forward(_adversarial ? (images * 2) - 1 : images, labels)),
                ("images", _adversarial ? (made.tanh() * 0.5) + 0.5 : made.sigmoid()),
            ];
        }
    }
}
