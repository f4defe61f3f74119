using System.Text;

namespace GenEngine.Kernels.Devices.Gpu;

/// <summary>C++ text as a fingerprint sees it.</summary>
internal static class SourceText
{
    /// <summary>Without comments, empty lines and #line marks, and with a mark of line 1 before whatever begins at the beginning of a line: compilers note lines.</summary>
    public static string Bare(string text)
    {
        var bare = new StringBuilder(text.Length);
        bool continues = false; // the line before ends with a backslash
        foreach (string untrimmed in WithoutComments(text).Split('\n'))
        {
            string line = untrimmed.TrimEnd();
            if (line.Length == 0 || line.StartsWith("#line", StringComparison.Ordinal)) continue;
            if (!continues && (char.IsAsciiLetter(line[0]) || line[0] == '_')) bare.Append("#line 1\n");
            bare.Append(line).Append('\n');
            continues = line[^1] == '\\';
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
