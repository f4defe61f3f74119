using System.CommandLine;

namespace GenEngine.Bench;

/// <summary>A command whose --help ends with examples that can be copied.</summary>
/// <param name="name">Its word on the command line.</param>
/// <param name="description">The first lines of its --help; those of a command of the program stand in <see cref="Commands.CommandList"/>.</param>
internal sealed class ConsoleCommand(string name, string? description = null) : Command(name, description)
{
    /// <summary>Command lines without the program's name, each with a word on what it does: ("train vae", "a VAE on the built-in digits").</summary>
    public IReadOnlyList<(string Line, string Purpose)> Examples { get; init; } = [];

    /// <summary>Written to --help behind the options, where the line says enough to say more.</summary>
    public Action<ParseResult, TextWriter>? MoreHelp { get; set; }

    /// <summary>What the command does. It returns an <see cref="ExitCode"/> and throws <see cref="Kernels.EngineException"/> for what the user should know.</summary>
    public void OnRun(Func<Session, int> run) => SetAction(parse =>
    {
        using var session = new Session(parse);
        return run(session);
    });
}
