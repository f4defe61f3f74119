using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using GenEngine.Data;
using GenEngine.Kernels;
using GenEngine.Kernels.Layout;

namespace GenEngine.Runs;

/// <summary>What a run was trained with: everything that later commands need to build the model again.</summary>
public sealed record RunConfig : ModelOptions
{
    /// <summary>What is written; earlier ones are read, greater ones refused.</summary>
    public const int CurrentFormat = 2;

    /// <summary>The most of what arrays are made of: a batch, a width; far beyond any run.</summary>
    public const int MostExtent = 1 << 24;

    /// <summary>By reflection: generated readers set every property, those too that the file of an earlier version lacks, and so lose their defaults.</summary>
    private static readonly JsonSerializerOptions s_reading = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase, RespectNullableAnnotations = true, AllowDuplicateProperties = false };

    public RunConfig() { }

    /// <summary>A run of a model with these options.</summary>
    public RunConfig(ModelOptions options) : base(options) { }

    /// <summary>Version of the folder's format.</summary>
    public int Format { get; init; } = CurrentFormat;

    /// <summary>Console name, as cvae-gan.</summary>
    public required string Model { get; init; }

    /// <summary>The set's name, or the full path of a folder of pictures.</summary>
    public required string Data { get; init; }

    /// <summary>The extents of the images that the model was built for; 0 in runs of earlier versions, which had the set's own.</summary>
    public int ImageHeight { get; init; }

    /// <summary>As <see cref="ImageHeight"/>; of sequences, codes of a window.</summary>
    public int ImageWidth { get; init; }

    /// <summary>1 grey, 3 RGB; 1 for sequences.</summary>
    public int Channels { get; init; }

    /// <summary>What the model was built for; null in runs of earlier versions, which did not say.</summary>
    [JsonIgnore]
    public DataShape? Shape => ImageHeight > 0 && ClassNames is { } names ? new DataShape(ImageHeight, ImageWidth, Channels, names.Count) { Alphabet = Alphabet } : null;

    /// <summary>True when the training set held every image's mirror image too.</summary>
    public bool Flip { get; init; }

    /// <summary>Names of the classes in the order of their labels; null in runs of earlier versions.</summary>
    public IReadOnlyList<string>? ClassNames { get; init; }

    /// <summary>Content hash of the training images.</summary>
    public string? TrainHash { get; init; }

    /// <summary>Content hash of the test images, by which later commands know whether they see the same.</summary>
    public string? TestHash { get; init; }

    /// <summary>Version of the engine that began the run.</summary>
    public string Engine { get; init; } = typeof(RunConfig).Assembly.GetName().Version?.ToString(3) ?? "0";

    /// <summary>Images or windows a step.</summary>
    public int Batch { get; init; }

    /// <summary>Size of the alphabet of a model of sequences, whose window is then ImageWidth; 0 for images.</summary>
    public int Alphabet { get; init; }

    /// <summary>Of sequences: joined when clips were laid end to end, apart when each window lay in one.</summary>
    public string? Clips { get; init; }

    /// <summary>Of sound: samples a second.</summary>
    public int SampleRate { get; init; }

    /// <summary>Of sound: the share of the loudest frame below which ends of recordings were cut; 0 where they were not.</summary>
    public double Trim { get; init; }

    /// <summary>Of initial weights, of the order of the data and of all draws.</summary>
    public ulong Seed { get; init; }

    /// <summary>none, static (bits drawn once, when the images are loaded) or dynamic (anew each epoch).</summary>
    public string Binarize { get; init; } = "none";

    /// <summary>What batches do to the pixels: <see cref="Binarize"/> where it is dynamic, nothing where it is not.</summary>
    [JsonIgnore]
    public Binarization Binarization => Binarize == "dynamic" ? Binarization.Dynamic : Binarization.None;

    /// <summary>The device as it calls itself.</summary>
    public string Device { get; init; } = "";

    /// <summary>float32, tf32, bf16 or tf32x3: what products of float32 are computed in.</summary>
    public string Precision { get; init; } = "float32";

    /// <summary>Instruction set of a CPU run; its bits repeat on this set.</summary>
    public string? Isa { get; init; }

    /// <summary>Reads a configuration that a run has kept.</summary>
    /// <exception cref="EngineException">It is of a newer format.</exception>
    /// <exception cref="JsonException">It is damaged; names the field.</exception>
    internal static RunConfig Parse(string path, string json)
    {
        FormatVersion.Check(path, json, CurrentFormat);
        var config = JsonSerializer.Deserialize<RunConfig>(json, s_reading) ?? throw new JsonException("it is empty.");
        config.Check();
        return config;
    }

    /// <summary>Refuses what no run has, so that a damaged file is told by its field and not by what its numbers do to a model.</summary>
    /// <exception cref="JsonException">Names the field.</exception>
    internal void Check()
    {
        if (Model.Length == 0) throw Bad("model", "empty");
        if (Data.Length == 0) throw Bad("data", "empty");
        if (Binarize is not ("none" or "static" or "dynamic")) throw Bad("binarize", $"'{Binarize}'");
        if (ClassNames?.Contains(null!) == true) throw Bad("classNames", "without one of the names");
        foreach (var (field, value) in (ReadOnlySpan<(string, double?)>)[
            ("imageHeight", ImageHeight), ("imageWidth", ImageWidth), ("channels", Channels), ("batch", Batch), ("alphabet", Alphabet), ("sampleRate", SampleRate), ("latent", Latent),
            ("width", Width), ("layers", Layers), ("labelled", Labelled), ("stacks", Stacks), ("residual", Residual), ("skip", Skip)]) Within(field, value, MostExtent);
        foreach (int width in Hidden ?? []) Within("hidden", width, MostExtent);
        foreach (var (field, value) in (ReadOnlySpan<(string, double?)>)[("steps", Steps), ("trim", Trim), ("noise", Noise), ("learningRate", LearningRate)]) Within(field, value, double.MaxValue);
        foreach (double weight in Lambdas ?? []) Within("lambdas", weight, double.MaxValue);
        foreach (double weight in Pairwise ?? []) Within("pairwise", weight, double.MaxValue);

        static void Within(string field, double? value, double most)
        {
            if (value < 0 || value > most) throw Bad(field, value.Value.ToString(CultureInfo.InvariantCulture));
        }

        static JsonException Bad(string field, string what) => new($"its '{field}' is {what}.");
    }

    /// <summary>How the run's images are loaded again; a doubled training set (<see cref="Flip"/>) is the caller's to ask for.</summary>
    public DataOptions ImagesFrom(string? dataDir) => new()
    {
        DataDir = dataDir,
        Size = ImageHeight > 0 ? ImageHeight : null,
        Channels = ImageHeight > 0 ? Channels : null,
        FixedBits = Binarize == "static",
    };

    /// <summary>How the run's sequences are loaded again.</summary>
    public SequenceOptions SequencesFrom(string? dataDir) => new() { DataDir = dataDir, SampleRate = SampleRate > 0 ? SampleRate : null, Trim = Trim };
}
