namespace GenEngine.Bench.Completion;

/// <summary>suggest SHELL CURSOR LINE: what the scripts of 'completion' call at each press of Tab. Answered before there is a parser.</summary>
internal static class SuggestEntry
{
    public const string Name = "suggest";

    /// <summary>What a shell takes as the end of a word besides spaces: what stands before it in the word must not be repeated.</summary>
    private const char Colon = ':', Equal = '=';

    private const string BashSpecial = " \t\"'\\$`&|;<>()*?[]{}!#~";

    /// <summary>Prints one suggestion a line: for bash the rest of the word behind its last break, quoted; for others the word, a tab, and what it is.</summary>
    /// <param name="args">suggest, the shell, UTF-16 units before the cursor, the line.</param>
    public static int Run(string[] args, TextWriter output)
    {
        if (args is not [_, var shell, var at, var line] || !int.TryParse(at, out int cursor)) return ExitCode.Usage;
        var words = TypedLine.Split(line, cursor);
        var found = Suggestions.For(words);
        bool bash = shell == "bash";
        int skip = bash ? words.Current.AsSpan().LastIndexOfAny(Colon, Equal) + 1 : 0;
        bool quoted = words.Typed.StartsWith('"') || words.Typed.StartsWith('\'');
        foreach (var (text, about) in found)
            output.Write(bash ? $"{(quoted ? text[skip..] : Escaped(text[skip..]))}\n" : $"{text}\t{about}\n");
        return ExitCode.Done;
    }

    private static string Escaped(string text) => string.Concat(text.Select(c => BashSpecial.Contains(c, StringComparison.Ordinal) ? $"\\{c}" : $"{c}"));
}
