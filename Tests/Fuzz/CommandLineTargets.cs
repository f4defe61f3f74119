using System.CommandLine;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using System.Reflection;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using GenEngine.Bench;
using GenEngine.Bench.Commands;
using GenEngine.Numerics;

namespace GenEngine.Tests.Fuzz;

/// <summary>Command lines: what people may type instead of what they mean. Nothing of what they ask for is done.</summary>
internal static partial class CommandLineTargets
{
    private static readonly MethodInfo s_value = typeof(CommandLineTargets).GetMethod(nameof(Value), BindingFlags.NonPublic | BindingFlags.Static)!;

    public static IEnumerable<FuzzTarget> All()
    {
        RootCommand root = Program.CreateRoot(CommandList.Create());
        byte[][] lines = [.. Examples(root).Select(line => Encoding.UTF8.GetBytes(string.Join('\n', CommandLineParser.SplitCommandLine(line))))];
        string[] vocabulary = [.. Words(root).Distinct().Order(StringComparer.Ordinal), "", "-", "--", "---", "=", "@file", "[suggest]", "[diagram]", "-?", "--help", "--version", "1,2,,3", "cpu", "mnist", "none", " ", "\t", "数字", "--no-such", "/", "..", "~"];
        Mutation words = (ref SplitMix64 random, byte[] line) => Mutator.Words(ref random, line, vocabulary);
        yield return new FuzzTarget("command-line", lines, (_, line) => Parse(root, Split(line))) { FileName = null, Mutate = words, Place = Complaint(), Constant = 4 << 20, BytesPerByte = 4096 };

        // options that say more than a parser can check: everything of train but the training
        byte[][] trains = [.. lines.Where(line => Encoding.UTF8.GetString(line).StartsWith("train", StringComparison.Ordinal))];
        yield return new FuzzTarget("train-options", trains, (_, line) => Run(Train(), Split(line))) { FileName = null, Mutate = words, Place = Complaint(), Constant = 2 << 20, BytesPerByte = 4096 };
    }

    private static string[] Split(byte[] line) => Encoding.UTF8.GetString(line).Replace("\0", "", StringComparison.Ordinal).Split('\n'); // no argument holds a zero

    private static void Parse(RootCommand root, string[] args)
    {
        var parse = Program.Parse(root, args);
        if (parse.Action is ParseErrorAction)
        {
            string complaint = UsageErrors.Describe(parse);
            if (!complaint.StartsWith("error: ", StringComparison.Ordinal) || !complaint.Contains("--help", StringComparison.Ordinal)) throw new InvalidOperationException($"a complaint without help: {complaint}");
            throw new UsageException(complaint);
        }

        if (parse.Action != parse.CommandResult.Command.Action) // --help, --version, a directive: they do nothing but print
        {
            using StringWriter printed = new();
            parse.Invoke(new InvocationConfiguration { Output = printed, Error = printed, EnableDefaultExceptionHandler = false });
            return;
        }

        foreach (var option in parse.CommandResult.Command.Options.Where(option => option.ValueType != typeof(void)))
            s_value.MakeGenericMethod(option.ValueType).Invoke(null, BindingFlags.DoNotWrapExceptions, null, [parse, option], null);
    }

    private static T? Value<T>(ParseResult parse, Option<T> option) => parse.GetValue(option);

    private static void Run(Command command, string[] args)
    {
        using StringWriter output = new(), error = new();
        int code = Program.Run([command], args, output, error);
        if (code is ExitCode.Usage or ExitCode.Failed) throw new UsageException(error.ToString());
        if (code != ExitCode.Done) throw new InvalidOperationException(error.ToString());
    }

    private static ConsoleCommand Train()
    {
        var command = new ConsoleCommand("train", "Everything of train but the training.");
        var model = new Argument<string?>("model") { Arity = ArgumentArity.ZeroOrOne };
        var options = new TrainOptions(command, model);
        command.Arguments.Add(model);
        command.OnRun(session =>
        {
            foreach (bool sequences in (bool[])[false, true])
            {
                var settings = options.Read(session, sequences);
                JsonSerializer.Serialize(settings.Model); // as run.json would have it
            }

            _ = options.Device.Kind(session);
            _ = options.Device.Real(session);
            return ExitCode.Done;
        });
        return command;
    }

    /// <summary>Lines of --help, without where a shell puts their output.</summary>
    private static IEnumerable<string> Examples(Command command) =>
        (command is ConsoleCommand { Examples: var own } ? own.Select(example => example.Line.Split(" > ")[0]) : []).Concat(command.Subcommands.SelectMany(Examples));

    private static IEnumerable<string> Words(Command command) =>
        command.Subcommands.SelectMany(Words).Concat(command.Options.Select(option => option.Name)).Append(command.Name);

    [GeneratedRegex("'|--|needs|takes")]
    private static partial Regex Complaint();
}
