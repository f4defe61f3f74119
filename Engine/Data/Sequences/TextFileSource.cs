using System.Text;
using GenEngine.Kernels;
using GenEngine.Text;

namespace GenEngine.Data;

/// <summary>A text file of the user's as bytes of UTF-8: its last tenth, from the beginning of a character on, is held out.</summary>
public sealed class TextFileSource(string path) : ISequenceSource
{
    /// <summary>Fewer bytes teach nothing.</summary>
    public const int Least = 1000;

    public string Name => Path.GetFileName(path);

    public string Summary => $"the text in {path}";

    public bool BuiltIn => false;

    /// <exception cref="EngineException">No such file, invalid UTF-8 (says at which byte), or too little text.</exception>
    public SequenceDataset Load(string split, SequenceOptions options)
    {
        byte[] text = Read(path);
        int cut = text.Length - (text.Length / 10);
        while ((text[cut] & 0xC0) == 0x80) cut--;
        byte[] part = split == "train" ? text[..cut] : text[cut..];
        return new SequenceDataset(Name, split, SequenceKind.Text, [part])
        {
            Notes = [FormattableString.Invariant($"split of {Name}: {cut:N0} bytes to train on, the last {text.Length - cut:N0} held out")],
        };
    }

    private static byte[] Read(string path)
    {
        byte[] text;
        try
        {
            text = File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new EngineException($"The text '{path}' could not be read: {e.Message}", e);
        }

        if (text.AsSpan().StartsWith(Encoding.UTF8.Preamble)) text = text[3..];
        if (Utf8Text.FirstError(text) is { } at)
            throw new EngineException(FormattableString.Invariant($"'{path}' is not UTF-8: byte {at} (0x{text[at]:X2}) begins no character. Convert the file, for example with iconv -t UTF-8."));
        return text.Length >= Least ? text : throw new EngineException($"'{path}' has {text.Length} bytes; at least {Least} are needed to learn anything from.");
    }
}
