using System.CommandLine;

namespace GenEngine.Bench.Commands;

/// <summary>The commands, in the order of --help. A new command is a class here with a Create method, and a line below.</summary>
internal static class CommandList
{
    private static readonly (string Name, Func<Command> Create)[] s_commands =
    [
        ("models", ModelsCommand.Create),
        ("train", Train.Create),
        ("import", Import.Create),
        ("runs", RunsCommand.Create),
        ("sample", Sample.Create),
        ("complete", Complete.Create),
        ("manifold", Manifold.Create),
        ("reconstruct", Reconstruct.Create),
        ("interpolate", Interpolate.Create),
        ("swap", Swap.Create),
        ("traverse", Traverse.Create),
        ("encode", Codes.CreateEncode),
        ("decode", Codes.CreateDecode),
        ("export", Export.Create),
        ("evaluate", Evaluate.Create),
        ("versus", Versus.Create),
        ("remake", Remake.Create),
        ("augment", Augment.Create),
        ("reproduce", Reproduce.Create),
        ("prove", Prove.Create),
        ("gradcheck", Gradcheck.Create),
        ("devices", Devices.Create),
        ("doctor", DoctorCommand.Create),
        ("data", DataCommand.Create),
        ("kernels", KernelsCommand.Create),
        ("evidence", EvidenceCommand.Create),
        ("bench", BenchCommand.Create),
        ("compare", CompareCommand.Create),
        ("completion", CompletionCommand.Create),
        (CurvesCommand.Name, CurvesCommand.Create),
        (StartupProbe.Name, StartupProbe.Create),
    ];

    /// <summary>Names of the commands that --help shows, for which none of them need be made.</summary>
    public static IEnumerable<string> Names => s_commands.Select(command => command.Name).Where(name => name is not (StartupProbe.Name or CurvesCommand.Name));

    /// <summary>All commands.</summary>
    public static IEnumerable<Command> Create() => [.. s_commands.Select(command => command.Create())];

    /// <summary>
    /// The command that a command line begins with, alone: building the options of all others costs a tenth of a second of a short
    /// command. All commands when it begins with none of them, for help and for the nearest name.
    /// </summary>
    public static IEnumerable<Command> For(string[] args)
    {
        foreach (var (name, create) in s_commands)
        {
            if (args.Length > 0 && args[0] == name) return [create()];
        }

        return Create();
    }
}
