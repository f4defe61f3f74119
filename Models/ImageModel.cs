using GenEngine.Data;
using GenEngine.Kernels;
using GenEngine.Kernels.Devices;
using GenEngine.Runs;

namespace GenEngine.Models;

/// <summary>
/// A trained model of images, to be used in a program: <c>using var model = ImageModel.Load("runs/vae-digits-1");</c> Any number of threads may call one; their calls wait for each other, and each result is what a
/// lone caller would get. For more at a time, load one a thread.
/// </summary>
public sealed class ImageModel : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Device? _ownDevice;
    private readonly Context _context;
    private readonly ZooModel _model;
    private bool _disposed;

    private ImageModel(Device device, bool own, RunConfig config, string weights)
    {
        Config = config;
        _context = new Context(device);
        try
        {
            _model = Zoo.Find(config.Model).Build(_context, config.Shape!, config) is ZooModel built and not ISequenceModel
                ? built
                : throw new EngineException($"'{config.Model}' is a model of sequences; this loads models of images: {string.Join(", ", Zoo.OfImages.Select(model => model.Name))}.");
            WeightFile.Load(weights, _model.Groups);
        }
        catch
        {
            _context.Dispose();
            throw;
        }

        _ownDevice = own ? device : null;
    }

    /// <summary>Loads what 'train' has left: a run folder, or its weights file alone, which says what model it is of.</summary>
    /// <param name="path">The folder, or a .safetensors file.</param>
    /// <param name="device">Where to run; the caller's, and nobody else may use it meanwhile. Null opens one: the GPU where there is one, else the CPU.</param>
    /// <exception cref="EngineException">No run, no weights, a damaged file, a newer format, or a model of sequences; says what to do.</exception>
    public static ImageModel Load(string path, Device? device = null)
    {
        var (config, weights) = Find(path);
        if (config.Shape is null)
            throw new EngineException($"'{path}' was made by a version that did not keep the images' extents; train it again, or resume and finish it with this one.");
        var opened = device ?? DeviceFactory.Open();
        try
        {
            return new ImageModel(opened, device is null, config, weights);
        }
        catch
        {
            if (device is null) opened.Dispose();
            throw;
        }
    }

    /// <summary>What it was trained with.</summary>
    public RunConfig Config { get; }

    /// <summary>Console name: vae, cgan, ...</summary>
    public string Name => _model.Name;

    /// <summary>Names of the classes of a conditional model, in the order of their numbers; empty for another.</summary>
    public IReadOnlyList<string> ClassNames => _model.IsConditional ? Config.ClassNames! : [];

    /// <summary>Numbers in a code; 0 for a model without codes.</summary>
    public int Latent => _model.Latent;

    /// <summary>The images' extents.</summary>
    public DataShape Shape => _model.Data;

    /// <summary>Draws new images; the same seed gives the same images, those of 'sample --seed'.</summary>
    /// <param name="count">How many.</param>
    /// <param name="class">What of, for a conditional model: a name or a number; null goes through all of them.</param>
    /// <param name="seed">Of all random numbers.</param>
    /// <exception cref="EngineException">No such class, or a class for a model that is told none.</exception>
    public ImageBatch Sample(int count, string? @class = null, ulong seed = 0)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        int[]? labels = Labels(count, @class, every: true);
        return Locked(() =>
        {
            _context.Reseed(seed);
            return ImageBatch.Of(Shape, ModelRuns.Images(_model, count, labels: labels));
        });
    }

    /// <summary>Codes of images, one of <see cref="Latent"/> numbers each; a VAE gives the posterior's mean.</summary>
    /// <param name="class">What the images are, for a conditional model.</param>
    /// <exception cref="EngineException">The model has no encoder, wants a class, or is of images of another size.</exception>
    public double[][] Encode(ImageBatch images, string? @class = null)
    {
        if (images.Height != Shape.Height || images.Width != Shape.Width || images.Channels != Shape.Channels)
            throw new EngineException($"'{Name}' is of images of {Shape.Height}x{Shape.Width}x{Shape.Channels}, not of {images.Height}x{images.Width}x{images.Channels}; {nameof(ReadImages)} reads files in its size.");
        int[]? labels = Labels(images.Count, @class, every: false);
        double[] codes = Locked(() => ModelRuns.Codes(_model, images.ToFloats(), labels));
        return [.. Enumerable.Range(0, images.Count).Select(i => codes[(i * Latent)..((i + 1) * Latent)])];
    }

    /// <summary>Images of codes.</summary>
    /// <param name="codes">One of <see cref="Latent"/> numbers an image.</param>
    /// <param name="class">What of, for a conditional model; null goes through all of them.</param>
    /// <param name="seed">For a model that draws from what the code says, pixel by pixel.</param>
    /// <exception cref="EngineException">The model has no codes, or these have another length.</exception>
    public ImageBatch Decode(IReadOnlyList<double[]> codes, string? @class = null, ulong seed = 0)
    {
        if (Latent == 0) throw new EngineException($"'{Name}' makes no images of codes; {nameof(Sample)} draws.");
        ArgumentOutOfRangeException.ThrowIfZero(codes.Count);
        if (codes.FirstOrDefault(code => code.Length != Latent) is { } wrong) throw new EngineException($"A code of '{Name}' is {Latent} numbers, not {wrong.Length}.");
        int[]? labels = Labels(codes.Count, @class, every: true);
        return Locked(() =>
        {
            _context.Reseed(seed);
            return ImageBatch.Of(Shape, ModelRuns.Images(_model, codes.Count, [.. codes.SelectMany(code => code)], labels));
        });
    }

    /// <summary>Images from one code to another, both included.</summary>
    /// <param name="steps">How many images, at least 2.</param>
    /// <param name="class">What of, for a conditional model; null takes the first class.</param>
    /// <param name="spherical">Along the great circle and not the straight line.</param>
    /// <exception cref="EngineException">The model has no codes, or these have another length.</exception>
    public ImageBatch Interpolate(double[] from, double[] to, int steps, string? @class = null, bool spherical = false)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(steps, 2);
        if (from.Length != to.Length) throw new EngineException($"A path is between codes of one length, not of {from.Length} and {to.Length} numbers.");
        var codes = new double[steps][];
        for (int i = 0; i < steps; i++) CodePath.Between(from, to, i / (steps - 1.0), spherical, codes[i] = new double[from.Length]);
        return Decode(codes, @class ?? (_model.IsConditional ? ClassNames[0] : null));
    }

    /// <summary>Pictures of your own (JPEG, PNG, BMP) as the model's images: the middle square, scaled, grey where it has one channel.</summary>
    /// <exception cref="EngineException">A file that cannot be read or is no picture, or a model of images that are not square.</exception>
    public ImageBatch ReadImages(params IReadOnlyList<string> files)
    {
        if (Shape.Height != Shape.Width) throw new EngineException($"Pictures are cut to squares, and the images of '{Name}' are {Shape.Height}x{Shape.Width}.");
        return new ImageBatch(Shape.Height, Shape.Width, Shape.Channels, UserPictures.Load(files, Shape.Height, Shape.Channels).Items);
    }

    /// <summary>Frees its memory, and the device that <see cref="Load"/> opened for it. Waits for calls under way.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_disposed) return;
            _disposed = true;
            _model.Dispose();
            _context.Dispose();
            _ownDevice?.Dispose();
        }
    }

    private static (RunConfig Config, string Weights) Find(string path)
    {
        if (Directory.Exists(path))
        {
            var run = RunFolder.Open(path);
            return (run.Config, run.RequireWeights());
        }

        if (WeightFile.ReadConfig(path) is { } config) return (config, path);
        string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        return File.Exists(Path.Combine(folder, RunFolder.ConfigName))
            ? (RunFolder.Open(folder).Config, path)
            : throw new EngineException($"'{path}' does not say what model its weights are of, and there is no {RunFolder.ConfigName} beside it. Load the run folder that it came from.");
    }

    private int[]? Labels(int count, string? name, bool every)
    {
        if (!_model.IsConditional) return name is null ? null : throw new EngineException($"'{Name}' is not told a class; leave '{name}' out.");
        if (name is null && !every) throw new EngineException($"'{Name}' is told the class of each image; say what these are: {string.Join(", ", ClassNames)}.");
        int given = name is null ? 0 : ImageDataset.ClassOf(Path.GetFileName(Config.Data), ClassNames, name);
        return [.. Enumerable.Range(0, count).Select(i => name is null ? i % ClassNames.Count : given)];
    }

    private T Locked<T>(Func<T> work)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return work();
        }
    }
}
