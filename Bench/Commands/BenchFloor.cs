using System.CommandLine;
using GenEngine.Bench.Compare;
using GenEngine.Bench.Shapes;
using Spectre.Console;
using static System.FormattableString;

namespace GenEngine.Bench.Commands;

/// <summary>bench floor: the least time of a training step on a GPU that need not be there, and what it is made of.</summary>
internal static class BenchFloor
{
    public static ConsoleCommand Create()
    {
        var command = new ConsoleCommand(
            "floor",
            "The least time that a captured training step can take on a GPU, from what its launches declare: arithmetic over the rate, bytes over the bandwidth, and the longest chain of launches. Nothing runs; no GPU is needed.")
        {
            Examples = [("bench floor step-vae --precision tf32", "an H200, by its public figures"), ("bench floor step-dcgan64-paper --precision bf16 --top 20", "more lines of what it is made of"),
                ("bench floor step-pixelcnn-h128 --precision bf16 --float32-between", "were images not stored in BF16")],
        };
        var step = new StepArguments(command, "A step as 'bench step' has them.");
        var chain = new Option<bool>("--chain") { Description = "List the launches of the longest chain too." };
        var top = Options.Number("--top", "Lines of the table.", 1, 12);
        var precision = Options.Precision(Options.Precisions);
        var json = Options.JsonFile();
        foreach (Option option in (Option[])[precision, top, chain, json]) command.Options.Add(option);
        command.OnRun(session =>
        {
            var choice = step.Get(session);
            var report = StepFloor.Of(AssumedGpu.H200, Options.PrecisionNamed(session.Get(precision)!), choice);
            string? path = session.Get(json);
            if (path is not null) Json.Write(session, path, ConsoleJson.Default.StepFloorReport, report);
            if (path is not "") Print(session, choice.Entry, report, session.Get(top), session.Get(chain));
            return ExitCode.Done;
        });
        return command;
    }

    private static void Print(Session session, StepEntry entry, StepFloorReport report, int top, bool chain)
    {
        session.Out.WriteLine(Invariant($"training step: {entry.Purpose}, batch {report.Batch}, {report.Precision}, on an {report.Gpu} by its public figures: a floor, not a measurement"));
        session.Out.WriteLine(Invariant($"{report.Launches} launches, {report.SerialMicroseconds:F1} us one after another"));
        session.Out.WriteLine(Invariant($"longest chain: {report.Chain.Count} launches, {report.ChainMicroseconds:F1} us with {1e6 * AssumedGpu.H200.NodeSeconds:F1} us a launch"));
        session.Out.WriteLine(Invariant(
            $"with a second-level cache of {AssumedGpu.H200.CacheBytes / 1e6:F0} MB, {AssumedGpu.H200.CacheBytesPerSecond / 1e12:F0} TB/s: {report.CachedMicroseconds:F1} us one after another, {report.CachedChainMicroseconds:F1} us the longest chain"));
        var table = new Table().Border(TableBorder.Simple).AddColumns("operation", "kernel");
        foreach (string title in (string[])["launches", "us", "share", "of it arithmetic", "MB", "GFLOP", "cached us", "MB of memory"]) table.AddColumn(new TableColumn(title).RightAligned());
        foreach (var line in report.Lines.Take(top))
        {
            table.AddRow(
                Markup.Escape(line.Op), Markup.Escape(line.Kernel), Invariant($"{line.Launches}"), Invariant($"{line.Microseconds:F1}"), Invariant($"{100 * line.Microseconds / report.SerialMicroseconds:F0} %"),
                Invariant($"{100 * line.ArithmeticMicroseconds / line.Microseconds:F0} %"), Invariant($"{line.MegaBytes:F1}"), Invariant($"{line.Gflop:F2}"),
                Invariant($"{line.CachedMicroseconds:F1}"), Invariant($"{line.MemoryMegaBytes:F1}"));
        }

        session.Console.Write(table);
        if (!chain) return;
        foreach (var link in report.Chain) session.Out.WriteLine(Invariant($"{link.Microseconds,8:F2} us  {link.Kernel}, {link.Op}"));
    }
}
