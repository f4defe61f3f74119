using System.CommandLine;
using System.CommandLine.Completions;
using System.CommandLine.Help;
using GenEngine.Bench.Commands;

namespace GenEngine.Bench.Completion;

/// <summary>A word that may come next.</summary>
/// <param name="Text">All of the word.</param>
/// <param name="About">A few words on it; empty where there is nothing to say.</param>
internal readonly record struct Suggestion(string Text, string About);

/// <summary>
/// What may come next on a command line, from the commands and options themselves. The line is walked through and not parsed: a shell asks
/// at every press of Tab, and the parser costs as long as the rest of the process.
/// </summary>
internal static class Suggestions
{
    /// <summary>Words that begin as the one at the cursor; none where only a file's name can stand, which shells complete themselves.</summary>
    public static IReadOnlyList<Suggestion> For(TypedLine line)
    {
        string[] words = [.. line.Words.Skip(1)];
        if (words.Length == 0)
            return Beginning(line.Current, line.Current.StartsWith('-') ? OptionsOf(new RootCommand()).Select(Named) : CommandList.Names.Select(name => new Suggestion(name, "")));
        if (!CommandList.Names.Contains(words[0])) return [];
        var place = new Place(CommandList.For(words).Single());
        foreach (string word in words.Skip(1)) place.Pass(word);
        return place.Next(line.Current);
    }

    private static List<Suggestion> Beginning(string current, IEnumerable<Suggestion> all) =>
        [.. all.Where(suggestion => suggestion.Text.StartsWith(current, StringComparison.Ordinal))];

    private static IEnumerable<Suggestion> Values(List<Func<CompletionContext, IEnumerable<CompletionItem>>> sources) =>
        sources.SelectMany(source => source(CompletionContext.Empty)).Select(item => new Suggestion(item.InsertText ?? item.Label, item.Detail ?? ""));

    private static IEnumerable<Option> OptionsOf(Command command)
    {
        foreach (var option in command.Options.Where(option => !option.Hidden)) yield return option;
        yield return Options.Verbose();
        if (command is not RootCommand) yield return new HelpOption(); // the root brings its own
    }

    private static Suggestion Named(Option option) => new(option.Name, FirstSentence(option.Description));

    private static string FirstSentence(string? text)
    {
        if (string.IsNullOrEmpty(text)) return "";
        int end = text.IndexOfAny(['.', ';', ':']);
        return end > 0 ? text[..end] : text;
    }

    /// <summary>Where a line stands after some of its words.</summary>
    private sealed class Place(Command command)
    {
        private readonly HashSet<string> _given = [];
        private Command _at = command;
        private Option? _awaiting;
        private int _arguments;

        /// <summary>Goes past a whole word.</summary>
        public void Pass(string word)
        {
            if (word.StartsWith("--", StringComparison.Ordinal))
            {
                string name = word.Split('=', 2)[0];
                _given.Add(name);
                _awaiting = name == word && Find(name) is { } option && option.ValueType != typeof(bool) && option.Arity.MaximumNumberOfValues > 0 ? option : null;
            }
            else if (_awaiting is not null)
            {
                _awaiting = null;
            }
            else if (_at.Subcommands.FirstOrDefault(sub => sub.Name == word) is { } sub)
            {
                _at = sub;
            }
            else
            {
                _arguments++;
            }
        }

        /// <summary>What the word that is being typed may become.</summary>
        public List<Suggestion> Next(string current)
        {
            if (current.StartsWith("--", StringComparison.Ordinal) && current.Split('=', 2) is [var name, _])
                return Find(name) is { } option ? Beginning(current, Values(option.CompletionSources).Select(value => value with { Text = $"{name}={value.Text}" })) : [];
            if (current.StartsWith('-')) return Beginning(current, OptionsOf(_at).Where(option => !_given.Contains(option.Name)).Select(Named));
            if (_awaiting is not null) return Beginning(current, Values(_awaiting.CompletionSources));
            if (_at.Subcommands.Count > 0) return Beginning(current, _at.Subcommands.Where(sub => !sub.Hidden).Select(sub => new Suggestion(sub.Name, FirstSentence(sub.Description))));
            if (_at.Arguments.Count == 0) return [];
            bool full = _arguments >= _at.Arguments.Count && _at.Arguments[^1].Arity.MaximumNumberOfValues <= 1;
            return full ? [] : Beginning(current, Values(_at.Arguments[Math.Min(_arguments, _at.Arguments.Count - 1)].CompletionSources));
        }

        private Option? Find(string name) => _at.Options.FirstOrDefault(option => option.Name == name);
    }
}
