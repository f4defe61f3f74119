using System.CommandLine;

namespace GenEngine.Bench.Commands;

/// <summary>The commands, in the order of --help. A new command is a class here with a Create method, and a line below.</summary>
internal static class CommandList
{
    public static IEnumerable<Command> Create() =>
    [
        Train.Create(),
        Sample.Create(),
        Manifold.Create(),
        Evaluate.Create(),
        Gradcheck.Create(),
        Devices.Create(),
        DataCommand.Create(),
        KernelsCommand.Create(),
        EvidenceCommand.Create(),
        BenchCommand.Create(),
        CompareCommand.Create(),
        StartupProbe.Create(),
    ];
}
