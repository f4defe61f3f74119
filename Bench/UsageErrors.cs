using System.CommandLine;
using System.CommandLine.Parsing;
using GenEngine.Text;

namespace GenEngine.Bench;

/// <summary>Says what is wrong with a command line, and the nearest thing that would be right.</summary>
internal static class UsageErrors
{
    public static string Describe(ParseResult parse)
    {
        var command = parse.CommandResult.Command;
        string path = PathOf(parse.CommandResult);
        string message = Unmatched(parse, command, path) ?? MissingSubcommand(command, path) ?? string.Join(' ', parse.Errors.Select(error => error.Message).Distinct());
        return $"error: {message}\nSee '{path} --help'.";
    }

    private static string? Unmatched(ParseResult parse, Command command, string path)
    {
        if (parse.UnmatchedTokens.Count == 0) return null;
        string token = parse.UnmatchedTokens[0];
        if (token.StartsWith('-'))
        {
            string name = token.Split('=', 2)[0];
            string[] options = [.. OptionsOf(parse.CommandResult).Where(option => !option.Hidden).Select(option => option.Name)];
            string near = NearestName.Of(name, options) is { } nearest ? $" Did you mean '{nearest}'?" : "";
            return $"'{path}' has no option '{name}'.{near}";
        }

        string[] commands = [.. command.Subcommands.Where(sub => !sub.Hidden).Select(sub => sub.Name)];
        return commands.Length > 0 ? NearestName.Unknown("command", token, commands) : $"'{path}' does not know what to do with '{token}'.";
    }

    private static string? MissingSubcommand(Command command, string path) =>
        command.Subcommands.Count > 0 && command.Action is null
            ? $"'{path}' needs one of: {string.Join(", ", command.Subcommands.Select(sub => sub.Name))}."
            : null;

    private static IEnumerable<Option> OptionsOf(CommandResult result)
    {
        foreach (var option in result.Command.Options) yield return option;
        for (var parent = result.Parent as CommandResult; parent is not null; parent = parent.Parent as CommandResult)
        {
            foreach (var option in parent.Command.Options.Where(option => option.Recursive)) yield return option;
        }
    }

    private static string PathOf(CommandResult result)
    {
        string path = result.Command is RootCommand ? "genengine" : result.Command.Name;
        for (var parent = result.Parent as CommandResult; parent is not null; parent = parent.Parent as CommandResult)
            path = (parent.Command is RootCommand ? "genengine" : parent.Command.Name) + " " + path;
        return path;
    }
}
