using System.Text;
using System.Text.RegularExpressions;

namespace GenEngine.Kernels.Devices.Gpu.Cuda;

/// <summary>A CUDA source as it travels inside the assembly, its includes pasted in once each, with #line marks.</summary>
internal static partial class CudaSource
{
    public static string Load(string name)
    {
        var text = new StringBuilder();
        Paste(name, name, text, []);
        return text.ToString();
    }

    private static void Paste(string name, string wantedBy, StringBuilder text, HashSet<string> seen)
    {
        using var stream = typeof(CudaSource).Assembly.GetManifestResourceStream(name)
            ?? throw new EngineException($"{wantedBy}: no kernel source '{name}' in the engine.");
        using var reader = new StreamReader(stream, Encoding.UTF8);
        text.Append("#line 1 \"").Append(name).Append("\"\n");
        string[] lines = reader.ReadToEnd().ReplaceLineEndings("\n").Split('\n');
        for (int i = 0; i < lines.Length; i++)
        {
            if (Include().Match(lines[i]) is { Success: true } match && !match.Groups[1].Value.EndsWith("simt.h", StringComparison.Ordinal))
            {
                if (seen.Add(match.Groups[1].Value)) Paste(match.Groups[1].Value, name, text, seen);
                text.Append("#line ").Append(i + 2).Append(" \"").Append(name).Append("\"\n");
            }
            else
            {
                text.Append(lines[i].StartsWith("#pragma once", StringComparison.Ordinal) ? "" : lines[i]).Append('\n');
            }
        }
    }

    [GeneratedRegex("^[ \t]*#[ \t]*include[ \t]+\"([^\"]+)\"")]
    private static partial Regex Include();
}
