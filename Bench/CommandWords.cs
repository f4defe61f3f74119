using System.Text;

namespace GenEngine.Bench;

/// <summary>Command lines as one text and back, and what a line says besides where its results go.</summary>
internal static class CommandWords
{
    private const string Plain = "_-./:=,+@%~\\";

    /// <summary>The words apart by spaces; those that a shell would not take as they are in double quotes, as shells and <see cref="Split"/> read them.</summary>
    public static string Join(IEnumerable<string> words) => string.Join(' ', words.Select(Quoted));

    /// <summary>The words of a line that <see cref="Join"/> made, or that a person typed alike.</summary>
    public static string[] Split(string line)
    {
        var words = new List<string>();
        StringBuilder? word = null;
        bool quoted = false;
        for (int i = 0; i < line.Length; i++)
        {
            char character = line[i];
            if (!quoted && character == ' ')
            {
                if (word is not null) words.Add(word.ToString());
                word = null;
                continue;
            }

            word ??= new StringBuilder();
            if (character == '"') quoted = !quoted;
            else if (quoted && character == '\\' && i + 1 < line.Length) word.Append(line[++i] == 'n' ? '\n' : line[i]);
            else word.Append(character);
        }

        if (word is not null) words.Add(word.ToString());
        return [.. words];
    }

    /// <summary>The words without some options and the one value of each, however they are joined.</summary>
    public static string[] Without(IReadOnlyList<string> words, params IReadOnlyList<string> options)
    {
        var kept = new List<string>();
        for (int i = 0; i < words.Count; i++)
        {
            if (options.Contains(words[i])) i++;
            else if (!options.Any(option => words[i].StartsWith(option + "=", StringComparison.Ordinal) || words[i].StartsWith(option + ":", StringComparison.Ordinal))) kept.Add(words[i]);
        }

        return [.. kept];
    }

    private static string Quoted(string word)
    {
        if (word.Length > 0 && word.All(character => char.IsLetterOrDigit(character) || Plain.Contains(character, StringComparison.Ordinal))) return word;
        var text = new StringBuilder("\"");
        foreach (char character in word)
        {
            if (character == '\n') text.Append("\\n");
            else if (character is '"' or '\\') text.Append('\\').Append(character);
            else text.Append(character);
        }

        return text.Append('"').ToString();
    }
}
