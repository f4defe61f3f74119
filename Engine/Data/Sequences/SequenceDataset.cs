using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using GenEngine.Kernels;

namespace GenEngine.Data;

/// <summary>What the codes of a sequence stand for.</summary>
public enum SequenceKind
{
    /// <summary>Samples of sound by mu-law, see <see cref="MuLaw"/>.</summary>
    Audio,

    /// <summary>Bytes of UTF-8.</summary>
    Text,
}

/// <summary>Nats a symbol that no model can do better than.</summary>
/// <param name="Nats">A symbol given all before it.</param>
/// <param name="StandardError">0 where it is known exactly.</param>
public readonly record struct EntropyRate(double Nats, double StandardError);

/// <summary>The law that a made sequence was drawn from.</summary>
public interface ISequenceLaw
{
    /// <summary>What no model's expected loss is below. The first call may take a while: a law without a closed form is run for long.</summary>
    EntropyRate EntropyRate { get; }

    /// <summary>log p(symbol | past) in nats, the past being all codes of the clip before it.</summary>
    double LogProbability(ReadOnlySpan<byte> past, byte symbol);
}

/// <summary>Clips of one split in memory, one behind the other, a byte a symbol, with their classes.</summary>
public sealed class SequenceDataset
{
    private readonly Lazy<string> _hash;

    /// <param name="name">The set's name in <see cref="SequenceSets"/>.</param>
    /// <param name="split">train or test.</param>
    /// <param name="clips">None of them empty.</param>
    /// <param name="labels">[clips], each an index into the class names; null when the set has no classes.</param>
    /// <exception cref="ArgumentException">No clip, an empty one, or labels that do not fit.</exception>
    public SequenceDataset(string name, string split, SequenceKind kind, IReadOnlyList<byte[]> clips, int[]? labels = null, IReadOnlyList<string>? classNames = null)
    {
        ClassNames = classNames ?? [];
        if (clips.Count == 0) throw new ArgumentException("A set of sequences has at least one clip.", nameof(clips));
        if (labels is not null && labels.Length != clips.Count) throw new ArgumentException($"{labels.Length} labels for {clips.Count} clips.", nameof(labels));
        if (labels is not null && labels.Any(label => (uint)label >= (uint)ClassNames.Count)) throw new ArgumentException($"A label is outside the {ClassNames.Count} classes.", nameof(labels));
        (Name, Split, Kind, Labels) = (name, split, kind, labels);
        Offsets = new int[clips.Count + 1];
        for (int i = 0; i < clips.Count; i++)
        {
            if (clips[i].Length == 0) throw new ArgumentException($"Clip {i} of {name} is empty.", nameof(clips));
            Offsets[i + 1] = checked(Offsets[i] + clips[i].Length);
        }

        Codes = new byte[Offsets[^1]];
        for (int i = 0; i < clips.Count; i++) clips[i].CopyTo(Codes, Offsets[i]);
        _hash = new Lazy<string>(Hash);
    }

    /// <summary>The set's name in <see cref="SequenceSets"/>, or the file's or folder's own without its path.</summary>
    public string Name { get; }

    /// <summary>train or test.</summary>
    public string Split { get; }

    /// <summary>What the codes stand for; <see cref="Symbol"/> names one.</summary>
    public SequenceKind Kind { get; }

    /// <summary>All clips, one behind the other.</summary>
    public byte[] Codes { get; }

    /// <summary>[clips + 1]: clip i is the codes [Offsets[i], Offsets[i + 1]).</summary>
    public int[] Offsets { get; }

    /// <summary>How many there are, at least one.</summary>
    public int Clips => Offsets.Length - 1;

    /// <summary>Codes of the longest clip.</summary>
    public int LongestClip => Enumerable.Range(0, Clips).Max(clip => Offsets[clip + 1] - Offsets[clip]);

    /// <summary>[clips], each an index into <see cref="ClassNames"/>; null when the set has no classes.</summary>
    public int[]? Labels { get; }

    /// <summary>Empty when the set has no classes.</summary>
    public IReadOnlyList<string> ClassNames { get; }

    /// <summary>Size of the alphabet: codes are 0 .. Alphabet - 1.</summary>
    public int Alphabet { get; init; } = 256;

    /// <summary>Samples a second; 0 for text.</summary>
    public int SampleRate { get; init; }

    /// <summary>The law that a drawn set follows; null for what people recorded or wrote.</summary>
    public ISequenceLaw? Law { get; init; }

    /// <summary>What the user should be told about the set before anything is made of it.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>SHA-256 (lower-case hex) of the clips' extents, codes and labels: what results name their data by.</summary>
    public string ContentHash => _hash.Value;

    /// <summary>The codes of a clip: a view of <see cref="Codes"/>.</summary>
    public ReadOnlySpan<byte> Clip(int index) => Codes.AsSpan(Offsets[index], Offsets[index + 1] - Offsets[index]);

    /// <summary>What a symbol is called in messages and units: "sample" or "byte".</summary>
    public string Symbol => Kind == SequenceKind.Text ? "byte" : "sample";

    /// <summary>The first clips only (all of them when there are fewer).</summary>
    public SequenceDataset Take(int count) => count >= Clips
        ? this
        : new SequenceDataset(Name, Split, Kind, [.. Enumerable.Range(0, count).Select(clip => Clip(clip).ToArray())], Labels?[..count], ClassNames)
        {
            Alphabet = Alphabet,
            SampleRate = SampleRate,
            Law = Law,
            Notes = Notes,
        };

    /// <summary>All clips as one, without classes: windows then cross from one clip into the next.</summary>
    public SequenceDataset Joined() => Clips == 1
        ? this
        : new SequenceDataset(Name, Split, Kind, [Codes]) { Alphabet = Alphabet, SampleRate = SampleRate, Law = Law, Notes = Notes };

    /// <summary>What a model that is told the class asks before it trains.</summary>
    /// <exception cref="EngineException">The clips have no classes, or only one.</exception>
    public int[] RequireClasses(string asker)
    {
        if (Labels is null) throw new EngineException($"{asker} is told the class of each clip, and {Name} has none. Put the clips of each class into a folder of its own, or leave --condition out.");
        if (Array.TrueForAll(Labels, label => label == Labels[0])) throw new EngineException($"{asker} needs at least two classes, and all clips of {Name} ({Split}) are '{ClassNames[Labels[0]]}'.");
        return Labels;
    }

    private string Hash()
    {
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> header = stackalloc byte[12];
        ReadOnlySpan<int> extents = [Clips, SampleRate, Labels?.Length ?? 0];
        for (int i = 0; i < extents.Length; i++) BinaryPrimitives.WriteInt32LittleEndian(header[(4 * i)..], extents[i]);
        sha.AppendData(header);
        sha.AppendData(MemoryMarshal.AsBytes(Offsets.AsSpan()));
        sha.AppendData(Codes);
        sha.AppendData(MemoryMarshal.AsBytes(Labels.AsSpan()));
        return Convert.ToHexStringLower(sha.GetHashAndReset());
    }
}
