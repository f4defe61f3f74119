using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace GenEngine.Kernels.Devices.Gpu;

/// <summary>Lines of a pasted source (<see cref="KernelSource.Text"/>) under the file and number that compilers call them by.</summary>
internal sealed partial class SourceExcerpt
{
    private const int MostExcerpts = 3;
    private const int Around = 2;

    private readonly Dictionary<(string File, int Line), string> _lines = [];

    /// <param name="name">The file that the text begins with where no #line mark says another.</param>
    public SourceExcerpt(string name, string text)
    {
        foreach (var (file, number, line) in KernelSource.Number(name, text)) _lines[(file, number)] = line;
    }

    /// <summary>Appends the places that a compiler's log calls errors, the first three, each with its neighbours.</summary>
    /// <param name="places">Finds the groups "file" and "line".</param>
    public void Append(StringBuilder message, Regex places, string log)
    {
        var found = places.Matches(log).Select(match => (File: match.Groups["file"].Value, Line: int.Parse(match.Groups["line"].ValueSpan, CultureInfo.InvariantCulture)));
        foreach (var (file, line) in found.Distinct().Take(MostExcerpts))
        {
            message.Append(CultureInfo.InvariantCulture, $"--- {file}\n");
            for (int i = line - Around; i <= line + Around; i++)
            {
                if (_lines.TryGetValue((file, i), out string? text)) message.Append(CultureInfo.InvariantCulture, $"{(i == line ? '>' : ' ')}{i,5} | {text}\n");
            }
        }
    }
}
