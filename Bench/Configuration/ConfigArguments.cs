using System.CommandLine;
using System.CommandLine.Parsing;
using GenEngine.Kernels;
using GenEngine.Models;
using GenEngine.Text;

namespace GenEngine.Bench.Configuration;

/// <summary>
/// Puts what a configuration file says onto the command line, as if it had been typed: the same names, the same parsers and checks, so that there is no second list of options.
/// What is typed wins over the file.
/// </summary>
/// <param name="command">Whose options the file may hold.</param>
/// <param name="model">The command's argument, the property "model".</param>
internal sealed class ConfigArguments(Command command, Argument<string?> model)
{
    private const string ModelName = "model";

    /// <summary>Options that are about one invocation and not about what is trained.</summary>
    public required IReadOnlyList<Option> NotInFile { get; init; }

    /// <summary>Options of which a line has one: one that is typed puts those of the file out of force.</summary>
    public required IReadOnlyList<Option> Alternatives { get; init; }

    /// <summary>Options that a file may hold, in the order of --help.</summary>
    public IEnumerable<Option> InFile => command.Options.Where(option => option is not System.CommandLine.Help.HelpOption && !NotInFile.Contains(option));

    /// <summary>The session as if the file's options had been typed.</summary>
    /// <exception cref="UsageException">An unknown name, or a value that its option refuses: says where, what would be right, and the nearest name.</exception>
    public Session Apply(Session session, string path)
    {
        var entries = ConfigFile.Read(path);
        var options = InFile.ToDictionary(option => option.Name[2..]);
        foreach (var entry in entries) Check(session, path, entry, options);

        List<string> line = [.. session.Parse.Tokens.Select(token => token.Value)];
        bool alternative = Alternatives.Any(session.Given);
        foreach (var entry in entries.Where(entry => entry.Value is not null))
        {
            if (entry.Name == ModelName)
            {
                if (session.Get(model) is null) line.Insert(1, entry.Value!);
                continue;
            }

            var option = options[entry.Name];
            if (session.Given(option) || (alternative && Alternatives.Contains(option))) continue;
            line.Add($"{option.Name}={entry.Value}");
        }

        var parse = Parse(session, line);
        if (parse.Errors.Count > 0) throw new UsageException($"{path}: {string.Join(' ', parse.Errors.Select(error => error.Message).Distinct())}");
        return session.With(parse);
    }

    private void Check(Session session, string path, ConfigEntry entry, Dictionary<string, Option> options)
    {
        string place = $"{path}, line {entry.Line}";
        if (entry.Name == ModelName)
        {
            if (entry.Value is { } name && !Zoo.Names.Contains(name)) throw new UsageException($"{place}: {NearestName.Unknown("model", name, Zoo.Names)}");
            return;
        }

        if (!options.TryGetValue(entry.Name, out var option))
        {
            string near = NearestName.Of(entry.Name, options.Keys.Append(ModelName)) is { } nearest ? $" Did you mean '{nearest}'?" : "";
            string why = command.Options.Any(other => other.Name[2..] == entry.Name) ? "is typed, and cannot stand in a file" : $"is no option of {command.Name}";
            throw new UsageException($"{place}: '{entry.Name}' {why}.{near} '{command.Name} MODEL --print-config' prints all of them.");
        }

        if (entry.Value is null) return;
        if (option.ValueType == typeof(bool) && entry.Value is not ("true" or "false")) throw new UsageException($"{place}: '{entry.Name}' is true or false, not '{entry.Value}'.");
        var alone = Parse(session, [command.Name, $"{option.Name}={entry.Value}"]);
        if (alone.Errors.Count > 0) throw new UsageException($"{place}: {string.Join(' ', alone.Errors.Select(error => error.Message).Distinct())}");
    }

    private static ParseResult Parse(Session session, IReadOnlyList<string> line) =>
        CommandLineParser.Parse(session.Parse.RootCommandResult.Command, line, new ParserConfiguration { ResponseFileTokenReplacer = null });
}
