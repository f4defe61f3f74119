using System.Text;

namespace GenEngine.Kernels.Devices.Gpu;

/// <summary>C++ text as a fingerprint sees it.</summary>
internal static class SourceText
{
    /// <summary>Without comments, empty lines, indentation and #line marks.</summary>
    public static string Bare(string text)
    {
        var bare = new StringBuilder(text.Length);
        foreach (string untrimmed in WithoutComments(text).Split('\n'))
        {
            string line = untrimmed.Trim();
            if (line.Length > 0 && !line.StartsWith("#line", StringComparison.Ordinal)) bare.Append(line).Append('\n');
        }

        return bare.ToString();
    }

    private static string WithoutComments(string text)
    {
        var kept = new StringBuilder(text.Length);
        for (int i = 0; i < text.Length;)
        {
            int end = i + 1;
            if (text.AsSpan(i).StartsWith("//"))
            {
                end = IndexOf(text, "\n", i);
            }
            else if (text.AsSpan(i).StartsWith("/*"))
            {
                end = Math.Min(text.Length, IndexOf(text, "*/", i + 2) + 2);
                kept.Append(' ');
            }
            else
            {
                // an apostrophe inside a number parts its digits
                if (text[i] == '"' || (text[i] == '\'' && (i == 0 || !char.IsAsciiLetterOrDigit(text[i - 1])))) end = EndOfLiteral(text, i);
                kept.Append(text, i, end - i);
            }

            i = end;
        }

        return kept.ToString();
    }

    private static int EndOfLiteral(string text, int begin)
    {
        int i = begin + 1;
        while (i < text.Length && text[i] != text[begin] && text[i] != '\n') i += text[i] == '\\' ? 2 : 1;
        return Math.Min(text.Length, i + 1);
    }

    private static int IndexOf(string text, string what, int from) => text.IndexOf(what, from, StringComparison.Ordinal) is >= 0 and var at ? at : text.Length;
}
