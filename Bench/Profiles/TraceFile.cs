using System.Text;
using System.Text.Json;
using GenEngine.Bench.Shapes;
using GenEngine.Kernels.Devices;
using static System.FormattableString;

namespace GenEngine.Bench.Profiles;

/// <summary>
/// A profile as Chrome trace events (the format that ui.perfetto.dev and chrome://tracing read): steps, in them operations, in them
/// launches with kernel, extents, bytes and share of the roof. Times in microseconds.
/// </summary>
internal static class TraceFile
{
    /// <param name="roof">Null leaves the shares out.</param>
    public static void Write(string path, Device device, LaunchProfile profile, Roof? roof) => OutputPath.WriteFile(path, Text(device, profile, roof));

    private static string Text(Device device, LaunchProfile profile, Roof? roof)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            json.WriteString("displayTimeUnit", "ms");
            json.WriteStartObject("otherData");
            json.WriteString("device", device.Kind.Name());
            json.WriteString("description", device.Description);
            json.WriteString("roof", roof?.ToString() ?? "none");
            json.WriteEndObject();
            json.WriteStartArray("traceEvents");
            Name(json, "process_name", "GenEngine");
            Name(json, "thread_name", device.Kind.Name());
            var launches = profile.Launches;
            foreach (var step in profile.Steps) Step(json, step, [.. launches.Where(launch => launch.Step == step.Step)], roof);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray()) + "\n";
    }

    private static void Step(Utf8JsonWriter json, ProfiledStep step, List<ProfiledLaunch> launches, Roof? roof)
    {
        Begin(json, Invariant($"step {step.Step}"), "step", step.Start, step.End);
        json.WriteNumber("launches", launches.Count);
        End(json);
        for (int first = 0, next; first < launches.Count; first = next)
        {
            var label = launches[first].Label;
            for (next = first + 1; next < launches.Count && launches[next].Label == label;) next++;
            Begin(json, label.ToString() is { Length: > 0 } op ? op : "no operation", "op", launches[first].Start, launches[next - 1].End);
            json.WriteNumber("launches", next - first);
            End(json);
            for (int i = first; i < next; i++) Launch(json, launches[i], roof);
        }
    }

    private static void Launch(Utf8JsonWriter json, ProfiledLaunch launch, Roof? roof)
    {
        Begin(json, launch.Kernel, "launch", launch.Start, launch.End);
        json.WriteString("op", launch.Label.ToString());
        json.WriteString("shape", launch.Extents);
        if (launch.Shape.BlockX > 0)
        {
            json.WriteString("grid", Invariant($"{launch.Shape.GridX}x{launch.Shape.GridY}x{launch.Shape.GridZ}"));
            json.WriteNumber("block", launch.Shape.BlockX);
        }

        json.WriteNumber("bytes_read", launch.Work.BytesRead);
        json.WriteNumber("bytes_written", launch.Work.BytesWritten);
        if (launch.Work.Flops > 0) json.WriteNumber("flops", launch.Work.Flops);
        double ms = (launch.End - launch.Start) / 1e3;
        if (roof is not null && ms > 0) Share(json, roof.FloorMs(launch.Work.Flops, launch.Work.BytesRead + launch.Work.BytesWritten) / ms);
        End(json);
    }

    private static void Share(Utf8JsonWriter json, double share)
    {
        if (share <= 1) json.WriteNumber("roof_share", Math.Round(share, 4));
        else json.WriteString("roof_note", "faster than memory: caches hold the data, or the launch touches less than it declares");
    }

    // rounded ends, not rounded lengths: what lies in something else stays in it
    private static void Begin(Utf8JsonWriter json, string name, string category, double start, double end)
    {
        double from = Math.Round(start, 3), to = Math.Round(end, 3);
        json.WriteStartObject();
        json.WriteString("name", name);
        json.WriteString("cat", category);
        json.WriteString("ph", "X");
        json.WriteNumber("ts", from);
        json.WriteNumber("dur", Math.Round(to - from, 3));
        json.WriteNumber("pid", 1);
        json.WriteNumber("tid", 1);
        json.WriteStartObject("args");
    }

    private static void End(Utf8JsonWriter json)
    {
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void Name(Utf8JsonWriter json, string what, string name)
    {
        json.WriteStartObject();
        json.WriteString("name", what);
        json.WriteString("ph", "M");
        json.WriteNumber("pid", 1);
        json.WriteNumber("tid", 1);
        json.WriteStartObject("args");
        json.WriteString("name", name);
        End(json);
    }
}
