using System.Text.Json;

namespace GenEngine.Kernels.Devices.Gpu;

/// <summary>
/// Measured choices on disk: tuning.json beside the folder of compiled kernels, one entry a GPU, engine version and key. Written under a
/// temporary name and renamed, with the entries of other processes kept; a damaged file counts as empty and is written anew. A file that
/// cannot be written is no error: the next start measures again.
/// </summary>
public sealed class TuningStore
{
    private const int Format = 1;

    private readonly string _prefix;
    private Dictionary<string, string>? _entries;

    /// <param name="device">The GPU and its driver, as <see cref="IGpuDriver.Description"/> says.</param>
    /// <param name="path">Null takes the user's cache: GENENGINE_CACHE/tuning.json.</param>
    public TuningStore(string device, string? path = null)
    {
        FilePath = path ?? UserCache.PathOf("tuning.json");
        _prefix = $"{device} | GenEngine {typeof(TuningStore).Assembly.GetName().Version} | ";
    }

    /// <summary>The file, whether it is there or not.</summary>
    public string FilePath { get; }

    /// <summary>The choice of this GPU and engine; null when there is none.</summary>
    public string? Find(string key) => (_entries ??= Read()).GetValueOrDefault(_prefix + key);

    /// <summary>Keeps a choice.</summary>
    public void Keep(string key, string choice)
    {
        _entries = Read(); // another process may have added some
        _entries[_prefix + key] = choice;
        CacheFile.Replace(FilePath, Text(_entries));
    }

    private static byte[] Text(Dictionary<string, string> entries)
    {
        using var text = new MemoryStream();
        using (var writer = new Utf8JsonWriter(text, new JsonWriterOptions { Indented = true }))
        {
            writer.WriteStartObject();
            writer.WriteNumber("format", Format);
            writer.WriteStartObject("choices");
            foreach (var (key, choice) in entries.OrderBy(entry => entry.Key, StringComparer.Ordinal)) writer.WriteString(key, choice);
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        return text.ToArray();
    }

    private Dictionary<string, string> Read()
    {
        var entries = new Dictionary<string, string>(StringComparer.Ordinal);
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(FilePath));
            var root = document.RootElement;
            if (root.GetProperty("format").GetInt32() != Format) return entries;
            foreach (var entry in root.GetProperty("choices").EnumerateObject()) entries[entry.Name] = entry.Value.GetString()!;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // not there yet, or not ours to read
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            entries.Clear(); // damaged: half of it is worth no more than nothing
        }

        return entries;
    }
}
