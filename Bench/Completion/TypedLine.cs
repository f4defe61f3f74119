using System.Text;

namespace GenEngine.Bench.Completion;

/// <summary>A command line that is being typed: its words up to the cursor.</summary>
/// <param name="Words">Whole words before the one at the cursor, quotes taken off, the program's name first.</param>
/// <param name="Current">What there is of the word at the cursor, quotes taken off; empty after a space.</param>
/// <param name="Typed">The same as it is typed, quotes and all.</param>
internal sealed record TypedLine(IReadOnlyList<string> Words, string Current, string Typed)
{
    /// <summary>Splits as a POSIX shell does, expanding nothing: spaces, single and double quotes, and, but on Windows, where it stands in paths, the backslash.</summary>
    /// <param name="line">The line.</param>
    /// <param name="cursor">UTF-16 units of it before the cursor.</param>
    public static TypedLine Split(string line, int cursor)
    {
        var words = new List<string>();
        var word = new StringBuilder();
        bool open = false;
        int start = 0, end = Math.Clamp(cursor, 0, line.Length);
        char quote = '\0';
        for (int i = 0; i < end; i++)
        {
            char c = line[i];
            if (quote == '\0' && char.IsWhiteSpace(c))
            {
                if (open) words.Add(word.ToString());
                word.Clear();
                (open, start) = (false, i + 1);
                continue;
            }

            open = true;
            if (c == quote) quote = '\0';
            else if (quote == '\0' && c is '"' or '\'') quote = c;
            else if (c == '\\' && quote != '\'' && !OperatingSystem.IsWindows() && i + 1 < end) word.Append(line[++i]);
            else word.Append(c);
        }

        return new TypedLine(words, word.ToString(), line[start..end]);
    }
}
