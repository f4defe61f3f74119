using System.Buffers;
using System.Text;

namespace GenEngine.Text;

/// <summary>Text of files, which may be damaged.</summary>
internal static class Utf8Text
{
    /// <summary>Index of the first byte that begins no character of UTF-8; null where all do.</summary>
    public static int? FirstError(ReadOnlySpan<byte> text)
    {
        if (System.Text.Unicode.Utf8.IsValid(text)) return null;
        for (int at = 0; at < text.Length;)
        {
            if (Rune.DecodeFromUtf8(text[at..], out _, out int length) != OperationStatus.Done) return at;
            at += length;
        }

        return null;
    }
}
