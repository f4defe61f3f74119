using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using GenEngine.Data;
using GenEngine.Files;
using GenEngine.Kernels;
using GenEngine.Models;
using GenEngine.Plots;
using GenEngine.Runs;

namespace GenEngine.Bench.Commands;

/// <summary>sample on a model of sequences: sound as WAV with a picture of it, or text.</summary>
internal sealed class SampleSequences
{
    /// <summary>What the parts of a command that makes sound begin with.</summary>
    public const string Sound = "sound";

    private const int MostSounds = 7; // beside a real one in a picture
    private const int StandardText = 1000;
    private const double StandardSeconds = 2;

    private readonly Option<int?> _length = Options.OptionalNumber("--length", "Samples or bytes of a sequence, what it is primed with included; two seconds of sound, 1000 bytes of text when not given.", 1);
    private readonly Option<double> _seconds = Options.Number("--seconds", "Length of sound.", 0.0, StandardSeconds);
    private readonly Option<string?> _prime = new("--prime") { HelpName = "TEXT|FILE.wav", Description = "What a sequence begins with: text, or a recording for sound." };

    public SampleSequences(Command command)
    {
        foreach (Option option in (Option[])[_length, _seconds, _prime]) command.Options.Add(option);
    }

    /// <summary>Models of images take none of these.</summary>
    public void Refuse(Session session, string model)
    {
        foreach (Option option in (Option[])[_length, _seconds, _prime])
            if (session.Given(option)) throw new UsageException($"{option.Name} is of models of sound and text; '{model}' makes images.");
    }

    /// <param name="count">Sequences; one when not given.</param>
    /// <param name="classNames">Of --class.</param>
    public void Run(Session session, TrainedSequences trained, int count, IReadOnlyList<string> classNames, DrawOptions drawing, string? output)
    {
        var config = trained.Run.Config;
        bool sound = config.SampleRate > 0;
        if (!sound && session.Given(_seconds)) throw new UsageException("--seconds is of sound, and this model writes text; give --length.");
        if (session.Given(_seconds) && session.Given(_length)) throw new UsageException("--seconds and --length both say how long; give one of them.");
        int length = session.Get(_length) ?? (sound ? (int)Math.Round(session.Get(_seconds) * config.SampleRate) : StandardText);
        int[]? labels = Labels(trained, count, classNames);
        int[] prime = sound ? SoundPrime(session.Get(_prime), config.SampleRate) : TextPrime(session.Get(_prime));
        int[] codes = drawing.Run(session, trained.Model, count, Math.Max(length, 1), labels, prime);
        if (sound) WriteSound(session, trained, codes, count, labels, output);
        else WriteText(session, codes, count, output);
    }

    private static int[]? Labels(TrainedSequences trained, int count, IReadOnlyList<string> names)
    {
        if (trained.Model is not ZooModel { IsConditional: true })
            return names.Count == 0 ? null : throw new EngineException($"This '{trained.Model.Name}' was trained without classes, so --class says nothing to it; train it with --condition bias.");
        var known = trained.Run.Config.ClassNames!;
        int[] given = [.. names.Select(name => ImageDataset.ClassOf(Path.GetFileName(trained.Run.Config.Data), known, name))];
        return [.. Enumerable.Range(0, count).Select(i => given.Length > 0 ? given[i % given.Length] : i % known.Count)];
    }

    private static int[] SoundPrime(string? file, int rate)
    {
        if (file is null) return [MuLaw.Encode(0f)];
        if (!File.Exists(file)) throw new EngineException($"--prime '{file}': sound begins with a recording, and there is no such file.");
        return [.. MuLaw.Encode(Recordings.Prepare(WavFile.Read(file), new SequenceOptions { SampleRate = rate })).Select(code => (int)code)];
    }

    private static int[] TextPrime(string? text) => [.. Encoding.UTF8.GetBytes(string.IsNullOrEmpty(text) ? "\n" : text).Select(code => (int)code)];

    private static void WriteSound(Session session, TrainedSequences trained, int[] codes, int count, int[]? labels, string? output)
    {
        int rate = trained.Run.Config.SampleRate, length = codes.Length / count;
        string path = output ?? trained.Run.File(FormattableString.Invariant($"sample-seed{trained.Context.Seed}.wav"));
        var made = trained.Provenance(session);
        var clips = new List<SoundClip>();
        if (Real(trained, labels) is { } real) clips.Add(real);
        for (int n = 0; n < count; n++)
        {
            float[] samples = MuLaw.Decode(Array.ConvertAll(codes[(n * length)..((n + 1) * length)], code => (byte)code));
            string name = count == 1 ? path : Path.Combine(Path.GetDirectoryName(path) ?? "", FormattableString.Invariant($"{Path.GetFileNameWithoutExtension(path)}-{n + 1}.wav"));
            made.WriteWav(name, samples, rate, Sound + (count == 1 ? "" : FormattableString.Invariant($" {n + 1}")));
            session.Out.WriteLine(name);
            string title = labels is null ? "made" : $"made: {trained.Run.Config.ClassNames![labels[n]]}";
            if (clips.Count <= MostSounds) clips.Add(new SoundClip(title, samples, rate));
        }

        string picture = Path.ChangeExtension(path, ".png");
        made.WritePng(picture, SoundPicture.SideBySide(clips), Sound + " picture");
        session.Out.WriteLine(picture);
    }

    /// <summary>A held-out recording to set beside what was made, of the same class; null where the recordings are not at hand.</summary>
    private static SoundClip? Real(TrainedSequences trained, int[]? labels)
    {
        try
        {
            var set = trained.Load("test");
            int clip = labels is null || set.Labels is null ? 0 : Math.Max(0, Array.IndexOf(set.Labels, labels[0]));
            int most = Math.Min(set.Clip(clip).Length, 4 * set.SampleRate);
            return new SoundClip(labels is null ? "recorded" : $"recorded: {set.ClassNames[labels[0]]}", MuLaw.Decode(set.Clip(clip)[..most]), set.SampleRate);
        }
        catch (EngineException)
        {
            return null; // the picture shows what was made
        }
    }

    private static void WriteText(Session session, int[] codes, int count, string? output)
    {
        int length = codes.Length / count;
        string text = string.Join("\n---\n", Enumerable.Range(0, count).Select(n => Encoding.UTF8.GetString(Array.ConvertAll(codes[(n * length)..((n + 1) * length)], code => (byte)code)).Trim('\n')));
        if (output is null) session.Out.WriteLine(text);
        else
        {
            AtomicFile.WriteText(output, text + "\n");
            session.Out.WriteLine(output);
        }
    }
}
