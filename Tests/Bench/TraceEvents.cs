using System.Text.Json;

namespace GenEngine.Tests.Bench;

/// <summary>A complete event of a Chrome trace.</summary>
internal sealed record TraceEvent(string Name, string Category, double Start, double End, JsonElement Args)
{
    public bool Holds(TraceEvent other) => other.Start >= Start && other.End <= End;
}

internal static class TraceEvents
{
    /// <summary>The events of a file in their order; durations become ends.</summary>
    public static List<TraceEvent> Read(string path)
    {
        var root = JsonDocument.Parse(File.ReadAllText(path)).RootElement;
        return
        [
            .. root.GetProperty("traceEvents").EnumerateArray().Where(entry => entry.GetProperty("ph").GetString() == "X").Select(entry =>
            {
                double start = entry.GetProperty("ts").GetDouble();
                return new TraceEvent(entry.GetProperty("name").GetString()!, entry.GetProperty("cat").GetString()!, start, Math.Round(start + entry.GetProperty("dur").GetDouble(), 3), entry.GetProperty("args"));
            }),
        ];
    }
}
