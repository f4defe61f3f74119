using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using GenEngine.Runs;

namespace GenEngine.Bench.Configuration;

/// <summary>The other way: every option of a command with its value, as a file that can be fed back.</summary>
internal static class ConfigPrinter
{
    // what people edit need not have + and ' escaped
    private static readonly JsonSerializerOptions s_layout = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>All of the options, defaults filled in; null where a default depends on the machine.</summary>
    /// <param name="model">Name of the model.</param>
    /// <param name="options">In their order.</param>
    /// <param name="filled">Values by name that the command has worked out itself: in place of what was typed.</param>
    /// <param name="leftOut">Names that do not apply.</param>
    public static string Print(Session session, string model, IEnumerable<Option> options, JsonObject filled, IReadOnlyCollection<string> leftOut)
    {
        var all = new JsonObject { ["model"] = model };
        foreach (var option in options)
        {
            string name = option.Name[2..];
            if (leftOut.Contains(name)) continue;
            all[name] = filled.TryGetPropertyValue(name, out var value) ? value?.DeepClone() : Value(session, option);
        }

        return all.ToJsonString(s_layout);
    }

    /// <summary>A model's options by their names on the command line: properties are called as options are.</summary>
    /// <param name="nulls">With those that are null: that the model does not take.</param>
    public static JsonObject Options(ModelOptions options, bool nulls = false)
    {
        var all = (JsonObject)JsonSerializer.SerializeToNode(options, ModelOptionsJson.Default.ModelOptions)!;
        all.Remove("steps"); // the run's
        if (nulls) return all;
        foreach (string name in all.Where(option => option.Value is null).Select(option => option.Key).ToList()) all.Remove(name);
        return all;
    }

    /// <summary>A value as it is typed behind its option.</summary>
    public static string Typed(JsonNode value) => value switch
    {
        JsonArray { Count: 0 } => ModelArguments.None,
        JsonArray list => string.Join(',', list.Select(item => item!.ToJsonString())),
        _ => value.ToString(),
    };

    private static JsonValue? Value(Session session, Option option) => option switch
    {
        Option<string> text => session.Get(text) is { } given ? JsonValue.Create(given) : null,
        Option<bool> flag => JsonValue.Create(session.Get(flag)),
        Option<int> number => JsonValue.Create(session.Get(number)),
        Option<int?> number => session.Get(number) is { } given ? JsonValue.Create(given) : null,
        Option<ulong> number => JsonValue.Create(session.Get(number)),
        Option<double> number => JsonValue.Create(session.Get(number)),
        Option<double?> number => session.Get(number) is { } given ? JsonValue.Create(given) : null,
        _ => throw new NotSupportedException($"{option.Name} is of a type that no configuration holds."),
    };
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.KebabCaseLower)]
[JsonSerializable(typeof(ModelOptions))]
internal sealed partial class ModelOptionsJson : JsonSerializerContext;
