using GenEngine.Files;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Models;
using GenEngine.Runs;

namespace GenEngine.Bench.Compare;

/// <summary>What came of an exchange of one network's weights.</summary>
/// <param name="Network">Which.</param>
/// <param name="Tensors">In the file, counters of batch norms included.</param>
/// <param name="There">Our weights: the largest difference between our outputs and the peer's.</param>
/// <param name="Back">The peer's weights, likewise.</param>
/// <param name="Largest">The largest output of all.</param>
internal sealed record ExchangedWeights(string Network, int Tensors, double There, double Back, double Largest)
{
    /// <summary>What outputs may differ by: sums are rounded in another order.</summary>
    public const double Bound = 1e-5;

    public bool Agrees => There <= Bound && Back <= Bound;
}

/// <summary>
/// Weights of models go to the peer as safetensors, into modules of its own with an ordinary flatten(1) over NCHW images, and the peer's come back; both sides run them in evaluation on the same
/// inputs (see Bench/Peers/TorchSharp/WeightExchange.cs).
/// </summary>
internal static class WeightExchange
{
    private const int Rows = 8, TrainSteps = 6;

    /// <summary>A model, its data, its options and the same as the peer reads it.</summary>
    private static readonly (string Name, string Kind, DataShape Data, ModelOptions Options, string Extents)[] s_networks =
    [
        ("convolutional VAE 28x28x1", "vae", new(28, 28, 1, 0), new() { Backbone = "conv", Latent = 16, Width = 256 }, "28,28,1,0,16,256,64,128"),
        ("DCGAN 28x28x1", "gan", new(28, 28, 1, 0), new() { Backbone = "conv", Latent = 64, Width = 256 }, "28,28,1,0,64,256,64,128"),
        ("convolutional VAE 24x40x3, no dense layer", "vae", new(24, 40, 3, 0), new() { Backbone = "conv", Latent = 16, Width = 16 }, "24,40,3,0,16,0,16,32"),
        ("convolutional CVAE 20x28x3 of 5 classes", "cvae", new(20, 28, 3, 5), new() { Backbone = "conv", Latent = 8, Width = 256 }, "20,28,3,5,8,256,64,128"),
        ("dense VAE 12x20x3", "vae", new(12, 20, 3, 0), new() { Backbone = "mlp", Latent = 8, Hidden = [64] }, "12,20,3,0,8,64"),
    ];

    public static List<ExchangedWeights> Run(string program, CancellationToken stop)
    {
        using var device = new CpuDevice(new CpuOptions(2));
        string folder = Path.Combine(Path.GetTempPath(), $"genengine weights {Guid.NewGuid():N}");
        Directory.CreateDirectory(folder);
        try
        {
            var found = new List<ExchangedWeights>();
            foreach (var (name, kind, data, options, extents) in s_networks)
            {
                stop.ThrowIfCancellationRequested();
                found.Add(Exchange(device, program, folder, name, kind, data, options, extents, stop));
            }

            return found;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static ExchangedWeights Exchange(CpuDevice device, string program, string folder, string name, string kind, DataShape data, ModelOptions options, string extents, CancellationToken stop)
    {
        string In(string file) => Path.Combine(folder, file + ".safetensors");
        float[] images = Floats(RandomValues.Uniform(Rows * data.Pixels, 2, 0, 1)), codes = Floats(RandomValues.Uniform(Rows * options.Latent!.Value, 3, -2, 2));
        int[]? labels = data.Classes > 0 ? [.. Enumerable.Range(0, Rows).Select(row => row * 3 % data.Classes)] : null;
        var inputs = new List<SafeTensor>
        {
            SafeTensor.Of<float>("images", ChannelsFirst(images, data), Rows, data.Channels, data.Height, data.Width),
            SafeTensor.Of<float>("codes", codes, Rows, options.Latent.Value),
        };
        if (labels is not null) inputs.Add(SafeTensor.Of<long>("labels", Array.ConvertAll(labels, label => (long)label), Rows));
        SafeTensors.Write(In("inputs"), inputs);

        var ours = Outputs(device, kind, data, options, images, codes, labels, model =>
        {
            Train(model);
            PyTorchWeights.Export(In("ours"), model);
        });
        PeerProcess.Run(program, stop, "weights", kind, extents, folder);
        var theirs = Outputs(device, kind, data, options, images, codes, labels, model => PyTorchWeights.Import(In("peer"), model));

        using var file = SafeTensorsReader.Open(In("ours"));
        double there = Difference(ours, In("ours-outputs"), data), back = Difference(theirs, In("peer-outputs"), data);
        return new ExchangedWeights(name, file.Tensors.Count, there, back, ours.Concat(theirs).SelectMany(each => each).Max(Math.Abs));
    }

    /// <summary>A model's numbers of images, and its images of codes, once its weights are there.</summary>
    private static double[][] Outputs(CpuDevice device, string kind, DataShape data, ModelOptions options, float[] images, float[] codes, int[]? labels, Action<GenerativeModel> prepare)
    {
        using var context = new Context(device, seed: 1);
        using var model = (GenerativeModel)Zoo.Find(kind).Build(context, data, options);
        prepare(model);
        using var step = new EvaluationStep(model);
        var x = context.Transient(Doubles(images), new Shape(Rows, data.Pixels));
        var z = context.Transient(Doubles(codes), new Shape(Rows, model.Latent));
        var classes = labels is null ? null : context.FromLabels(labels, new Shape(Rows)).OneHot(data.Classes);
        var numbers = model is VariationalModel variational ? variational.Posterior(x, classes) : ((AdversarialModel)model).Verdict(x, classes);
        return [numbers.ToDoubles(), model.Decode(z, classes).ToDoubles()];
    }

    /// <summary>A few steps over noise: weights and running statistics leave where they begin.</summary>
    private static void Train(GenerativeModel model)
    {
        var data = model.Data;
        using var images = model.Context.FromHost(RandomValues.Uniform(Rows * data.Pixels, 1, 0, 1), new Shape(Rows, data.Pixels), "images");
        using var labels = data.Classes > 0 ? model.Context.FromLabels([.. Enumerable.Range(0, Rows).Select(row => row % data.Classes)], new Shape(Rows)) : null;
        for (int i = 0; i < TrainSteps; i++)
        {
            using var step = model.Context.BeginStep();
            model.TrainStep(new Batch(images, labels));
        }
    }

    private static double Difference(double[][] ours, string path, DataShape data)
    {
        using var file = SafeTensorsReader.Open(path);
        float[] numbers = file.ReadAsFloat("numbers"), images = file.ReadAsFloat("images");
        float[] own = ChannelsFirst(Floats(ours[1]), data);
        return Math.Max(Largest(Floats(ours[0]), numbers), Largest(own, images));
    }

    private static double Largest(float[] ours, float[] theirs) => ours.Zip(theirs, (a, b) => Math.Abs((double)a - b)).Append(ours.Length == theirs.Length ? 0 : double.NaN).Max();

    /// <summary>Images [n, H, W, C] as [n, C, H, W].</summary>
    private static float[] ChannelsFirst(float[] images, DataShape data)
    {
        int positions = data.Height * data.Width;
        var first = new float[images.Length];
        for (int i = 0; i < images.Length; i++)
        {
            int image = i / data.Pixels, position = i % data.Pixels / data.Channels, channel = i % data.Channels;
            first[(image * data.Pixels) + (channel * positions) + position] = images[i];
        }

        return first;
    }

    private static float[] Floats(double[] values) => Array.ConvertAll(values, value => (float)value);

    private static double[] Doubles(float[] values) => Array.ConvertAll(values, value => (double)value);
}
