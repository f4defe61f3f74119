using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace GenEngine.Kernels.Devices.Gpu.Cuda;

/// <summary>A compiler's log made readable: the lines it names, with their numbers and neighbours, and the options.</summary>
internal static partial class CompileErrors
{
    /// <param name="text">The program; #line directives say which lines came from which file.</param>
    public static string Explain(string name, string text, IReadOnlyList<string> options, string log, string result, Version version)
    {
        var message = new StringBuilder();
        message.Append(CultureInfo.InvariantCulture, $"{name} does not compile (NVRTC {version}, {result}).\noptions: {string.Join(' ', options)}\n");
        message.Append(log.Trim()).Append('\n');
        new SourceExcerpt(name, text).Append(message, Place(), log);
        if (log.Contains("builtins", StringComparison.Ordinal))
            message.Append("NVRTC lacks its builtins library: libnvrtc-builtins must lie in the folder of libnvrtc and have its version.\n");
        return message.ToString().TrimEnd();
    }

    [GeneratedRegex(@"^(?<file>[^()\s][^()\n]*)\((?<line>\d+)\): (catastrophic )?error", RegexOptions.Multiline)]
    private static partial Regex Place();
}
