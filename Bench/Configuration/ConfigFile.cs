using System.Text;
using System.Text.Json;
using GenEngine.Kernels;

namespace GenEngine.Bench.Configuration;

/// <summary>A property of a configuration file.</summary>
/// <param name="Name">As an option without its dashes.</param>
/// <param name="Value">As it would be typed behind the option; null where the file says null: as if it were not there.</param>
/// <param name="Line">Of the file, from 1.</param>
internal sealed record ConfigEntry(string Name, string? Value, int Line);

/// <summary>Reads configuration files: one JSON object of names and plain values. Comments and a comma behind the last are allowed.</summary>
internal static class ConfigFile
{
    /// <summary>The properties in their order.</summary>
    /// <exception cref="UsageException">The file cannot be read, is no such JSON, or names something twice; says where.</exception>
    public static IReadOnlyList<ConfigEntry> Read(string path)
    {
        byte[] text;
        try
        {
            text = File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new UsageException($"Cannot read the configuration '{path}': {e.Message}");
        }

        if (text.AsSpan().StartsWith(Encoding.UTF8.Preamble)) text = text[Encoding.UTF8.Preamble.Length..];
        try
        {
            return Read(path, text);
        }
        catch (JsonException e)
        {
            throw new UsageException($"{path}, line {e.LineNumber + 1}: this is no JSON: {Sentence(e.Message)}");
        }
        catch (InvalidOperationException e) // the reader's word for text that is no UTF-8
        {
            throw new UsageException($"{path}: a 'name' or value is no UTF-8 text: {e.Message}");
        }
    }

    private static List<ConfigEntry> Read(string path, byte[] text)
    {
        var reader = new Utf8JsonReader(text, new JsonReaderOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
        var entries = new List<ConfigEntry>();
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) throw new UsageException($"{path}, line 1: a configuration is one JSON object, {{ \"model\": \"vae\", ... }}.");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string name = reader.GetString()!;
            int line = 1 + text.AsSpan(0, (int)reader.TokenStartIndex).Count((byte)'\n');
            if (entries.Exists(entry => entry.Name == name)) throw new UsageException($"{path}, line {line}: '{name}' is there twice; leave one of them.");
            reader.Read();
            entries.Add(new ConfigEntry(name, Value(path, name, line, ref reader), line));
        }

        while (reader.Read())
        {
            // what stands behind the object is read too, so that it is refused
        }

        return entries;
    }

    private static string? Value(string path, string name, int line, ref Utf8JsonReader reader)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.Null:
                return null;
            case JsonTokenType.String:
                return reader.GetString();
            case JsonTokenType.True or JsonTokenType.False:
                return reader.TokenType == JsonTokenType.True ? "true" : "false";
            case JsonTokenType.Number:
                return Encoding.UTF8.GetString(reader.ValueSpan);
            case JsonTokenType.StartArray:
                var parts = new List<string>();
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    if (reader.TokenType is JsonTokenType.StartArray or JsonTokenType.StartObject) throw new UsageException($"{path}, line {line}: '{name}' is a list of plain values, [400, 200].");
                    parts.Add(Value(path, name, line, ref reader) ?? throw new UsageException($"{path}, line {line}: null has no place in the list '{name}'."));
                }

                return parts.Count == 0 ? ModelArguments.None : string.Join(',', parts);
            default:
                throw new UsageException($"{path}, line {line}: '{name}' is a text, a number, true, false, null, or a list of those, not an object.");
        }
    }

    /// <summary>Without the place, which stands before it.</summary>
    private static string Sentence(string message)
    {
        int place = message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        return place < 0 ? message : message[..place];
    }
}
