using System.CommandLine;
using Spectre.Console;

namespace GenEngine.Bench;

/// <summary>What a command works with while it runs: its options, its output, and the token that Ctrl-C cancels.</summary>
internal sealed class Session : IDisposable
{
    private readonly Invocation _invocation;
    private IAnsiConsole? _console;

    public Session(ParseResult parse) : this(parse, (Invocation)parse.InvocationConfiguration) { }

    private Session(ParseResult parse, Invocation invocation) => (Parse, _invocation) = (parse, invocation);

    public ParseResult Parse { get; }

    /// <summary>The command line's words, without the program's name.</summary>
    public IReadOnlyList<string> Words => [.. Parse.Tokens.Select(token => token.Value)];

    /// <summary>Results go here, and with --json nothing but JSON.</summary>
    public TextWriter Out => _invocation.Output;

    /// <summary>Notices and progress that are no result.</summary>
    public TextWriter Error => _invocation.Error;

    /// <summary>Cancelled by Ctrl-C; long work looks at it between steps, keeps what it made, and returns.</summary>
    public CancellationToken Stop => _invocation.Stop;

    public bool Verbose => Parse.GetValue<bool>(Options.VerboseName);

    /// <summary>True when a person watches: live progress and colours. False in pipes and logs, where plain lines serve better.</summary>
    public bool IsTerminal => ReferenceEquals(Out, System.Console.Out) && !System.Console.IsOutputRedirected;

    /// <summary>Tables and progress on <see cref="Out"/>; made on first use, since commands with plain output should not pay for it.</summary>
    public IAnsiConsole Console => _console ??= CreateConsole();

    public T? Get<T>(Option<T> option) => Parse.GetValue(option);

    public T? Get<T>(Argument<T> argument) => Parse.GetValue(argument);

    /// <summary>True when the user gave the option; false when its default stands in.</summary>
    public bool Given(Option option) => Parse.GetResult(option) is { Implicit: false };

    /// <summary>The same, of another command line: that of a configuration file.</summary>
    public Session With(ParseResult parse) => new(parse, _invocation);

    public void Dispose() => Out.Flush();

    private IAnsiConsole CreateConsole()
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Out) });
        if (!IsTerminal) console.Profile.Width = 200; // a pipe has no width to wrap at
        return console;
    }
}
