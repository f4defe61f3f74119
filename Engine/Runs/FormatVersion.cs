using System.Text.Json;
using GenEngine.Kernels;

namespace GenEngine.Runs;

/// <summary>Files say the version of their format; what a newer engine has written is refused, since it may mean something else.</summary>
internal static class FormatVersion
{
    /// <summary>To be asked before the text is read as what it is: a newer format need not have the fields of this one.</summary>
    /// <exception cref="EngineException">The file's version is above the known one.</exception>
    /// <exception cref="JsonException">The text is no JSON object, or its format no version.</exception>
    public static void Check(string path, string text, int known)
    {
        using var json = JsonDocument.Parse(text);
        if (json.RootElement.ValueKind != JsonValueKind.Object) throw new JsonException($"its text is a JSON {json.RootElement.ValueKind} where an Object is due.");
        if (!json.RootElement.TryGetProperty("format", out var format)) return; // the current one, as the fields' own default says
        if (format.ValueKind != JsonValueKind.Number || !format.TryGetInt32(out int found) || found < 1) throw new JsonException($"its format is {format.GetRawText()}, which is no version.");
        if (found > known) throw new EngineException($"'{path}' was written by a newer version of GenEngine (format {found}; this one reads up to {known}).");
    }
}
