using System.Globalization;
using GenEngine.Files;
using GenEngine.Kernels;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;
using GenEngine.Plots;
using GenEngine.Runs;

namespace GenEngine.Bench;

/// <summary>
/// What every picture and sound that the console writes says of its making: PNG notes and the LIST INFO of WAV. 'remake' reads it. All of them are written here. The command stands without where it wrote to, so that
/// the same command gives the same bytes wherever they go.
/// </summary>
internal sealed class Provenance
{
    public const string Command = "Command", Run = "Run", Runs = "Runs", Weights = "Weights", Seed = "Seed", Device = "Device", Part = "Part", Picture = "Picture";

    /// <summary>Options that say where results go, and --run, whose folder is a note of its own.</summary>
    public static readonly IReadOnlyList<string> Places = ["--out", "--separate", "--run"];

    private readonly List<(string Key, string Text)> _notes = [("Software", EngineVersion.Software)];

    /// <summary>What is drawn without a model.</summary>
    public Provenance(Session session) => Add(Command, Line(session));

    /// <summary>What a model draws.</summary>
    /// <param name="seed">Of its random numbers.</param>
    /// <param name="weights">Hash of the weights; null takes the run's.</param>
    public Provenance(Session session, RunFolder run, Device device, ulong seed, string? weights = null) : this(Line(session), run, device, seed, weights) { }

    /// <param name="command">That it is drawn by.</param>
    /// <inheritdoc cref="Provenance(Session, RunFolder, Device, ulong, string?)"/>
    public Provenance(string command, RunFolder run, Device device, ulong seed, string? weights = null)
    {
        Add(Command, command);
        Add(Run, run.Path);
        if ((weights ?? run.WeightsHash()) is { } hash) Add(Weights, hash);
        Add(Seed, seed.ToString(CultureInfo.InvariantCulture));
        On(device);
    }

    /// <summary>What models of several runs draw together: the command names them by their folders, and the hashes stand in the same order.</summary>
    public Provenance(Session session, IReadOnlyList<RunFolder> runs, Device device, ulong seed)
    {
        string[] words = CommandWords.Without(session.Words, Places);
        int next = 0;
        foreach (var run in runs)
        {
            // the n-th run is the n-th word that means one: its folder, or a model whose newest run it is
            next = Array.FindIndex(words, next, word => word == run.Path || word == run.Config.Model);
            words[next++] = run.Path;
        }

        Add(Command, CommandWords.Join(words));
        Add(Runs, CommandWords.Join(runs.Select(run => run.Path)));
        Add(Weights, string.Join(' ', runs.Select(run => run.WeightsHash())));
        Add(Seed, seed.ToString(CultureInfo.InvariantCulture));
        On(device);
    }

    /// <summary>The notes, in the order in which they are written.</summary>
    public (string Key, string Text)[] Notes => [.. _notes];

    /// <summary>What it was drawn on.</summary>
    public Provenance On(Device device) => With(Device, device is GpuDevice ? $"{MadeOn.Of(device)}: {device.Description}" : MadeOn.Of(device).ToString());

    /// <summary>Another note.</summary>
    public Provenance With(string key, string text)
    {
        Add(key, text);
        return this;
    }

    /// <summary>The notes of one of several files of a command.</summary>
    public (string Key, string Text)[] OfPart(string? part) => part is null ? Notes : [.. _notes, (Part, part)];

    /// <summary>Writes a picture.</summary>
    /// <param name="part">Which of several files of the command; null for its only one.</param>
    /// <exception cref="EngineException">It cannot be written.</exception>
    public void WritePng(string path, Bitmap picture, string? part = null) => Png.Write(path, picture, OfPart(part));

    /// <summary>A picture as a file's bytes.</summary>
    public byte[] EncodePng(Bitmap picture)
    {
        using var stream = new MemoryStream();
        Png.Encode(stream, picture, Notes);
        return stream.ToArray();
    }

    /// <summary>Writes a sound.</summary>
    /// <inheritdoc cref="WritePng"/>
    public void WriteWav(string path, ReadOnlySpan<float> samples, int sampleRate, string? part = null) => WavWriter.Write(path, samples, sampleRate, OfPart(part));

    /// <summary>Writes how an image grows, as a sheet and as an animation.</summary>
    /// <inheritdoc cref="WritePng"/>
    public void WriteTrace(string path, string animation, SamplingTrace trace, SamplingTraceOptions options)
    {
        SamplingTracePicture.SaveContactSheet(path, trace, options, OfPart("sheet"));
        SamplingTracePicture.SaveAnimation(animation, trace, options, OfPart("animation"));
    }

    /// <summary>The notes of a PNG or WAV file, whoever wrote it.</summary>
    /// <exception cref="EngineException">It cannot be read, or is neither.</exception>
    public static IReadOnlyDictionary<string, string> Read(string path)
    {
        byte[] file;
        try
        {
            file = File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new EngineException($"'{path}' could not be read: {e.Message}", e);
        }

        if (file.AsSpan().StartsWith("RIFF"u8)) return WavFile.Notes(file);
        _ = Png.Read(path, out var notes);
        return notes;
    }

    private static string Line(Session session) => CommandWords.Join(CommandWords.Without(session.Words, Places));

    private void Add(string key, string text) => _notes.Add((key, text));
}
