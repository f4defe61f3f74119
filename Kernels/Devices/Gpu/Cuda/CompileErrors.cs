using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace GenEngine.Kernels.Devices.Gpu.Cuda;

/// <summary>A compiler's log made readable: the lines it names, with their numbers and neighbours, and the options.</summary>
internal static partial class CompileErrors
{
    private const int MostExcerpts = 3;

    /// <param name="text">The program; #line directives say which lines came from which file.</param>
    public static string Explain(string name, string text, IReadOnlyList<string> options, string log, string result, Version version)
    {
        var message = new StringBuilder();
        message.Append(CultureInfo.InvariantCulture, $"{name} does not compile (NVRTC {version}, {result}).\noptions: {string.Join(' ', options)}\n");
        message.Append(log.Trim()).Append('\n');
        var lines = Number(name, text);
        foreach (var place in Places(log).Distinct().Take(MostExcerpts)) Excerpt(message, lines, place.File, place.Line);
        if (log.Contains("builtins", StringComparison.Ordinal))
            message.Append("NVRTC lacks its builtins library: libnvrtc-builtins must lie in the folder of libnvrtc and have its version.\n");
        return message.ToString().TrimEnd();
    }

    private static IEnumerable<(string File, int Line)> Places(string log)
    {
        foreach (Match match in Place().Matches(log))
            yield return (match.Groups["file"].Value, int.Parse(match.Groups["line"].ValueSpan, CultureInfo.InvariantCulture));
    }

    /// <summary>Each line of a program under the file and number that a compiler calls it by.</summary>
    private static Dictionary<(string File, int Line), string> Number(string file, string text)
    {
        var lines = new Dictionary<(string, int), string>();
        int number = 1;
        foreach (string line in text.Split('\n'))
        {
            if (LineMark().Match(line) is { Success: true } mark)
            {
                number = int.Parse(mark.Groups["line"].ValueSpan, CultureInfo.InvariantCulture);
                file = mark.Groups["file"].Value;
            }
            else
            {
                lines[(file, number++)] = line.TrimEnd();
            }
        }

        return lines;
    }

    private static void Excerpt(StringBuilder message, Dictionary<(string File, int Line), string> lines, string file, int line)
    {
        message.Append(CultureInfo.InvariantCulture, $"--- {file}\n");
        for (int i = line - 2; i <= line + 2; i++)
        {
            if (lines.TryGetValue((file, i), out string? text)) message.Append(CultureInfo.InvariantCulture, $"{(i == line ? '>' : ' ')}{i,5} | {text}\n");
        }
    }

    [GeneratedRegex(@"^(?<file>[^()\s][^()\n]*)\((?<line>\d+)\): (catastrophic )?error", RegexOptions.Multiline)]
    private static partial Regex Place();

    [GeneratedRegex("^#line (?<line>[0-9]+) \"(?<file>[^\"]+)\"")]
    private static partial Regex LineMark();
}
