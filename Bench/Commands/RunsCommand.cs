using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using GenEngine.Bench.Completion;
using GenEngine.Files;
using GenEngine.Kernels;
using GenEngine.Plots;
using GenEngine.Runs;
using Spectre.Console;

namespace GenEngine.Bench.Commands;

/// <summary>runs: what has been trained; two or more beside each other.</summary>
internal static class RunsCommand
{
    /// <summary>Properties of run.json that say nothing about why two runs differ.</summary>
    private static readonly string[] s_silent = ["format", "trainHash", "testHash", "classNames", "engine"];

    public static ConsoleCommand Create()
    {
        var command = new ConsoleCommand("runs")
        {
            Examples =
            [
                ("runs", "all under runs/, the newest first: finished, or where they stand and how to go on"),
                ("runs runs/vae-mnist-1 runs/vae-mnist-2", "what differs, and the losses overlaid in compared.png"),
                ("runs runs/vae-mnist-1 runs/vae-mnist-2 --out compared.svg", "as lines that stay sharp at any size"),
            ],
        };
        var folders = new Argument<string[]>("run") { Description = "Run folders to compare; all are listed when none is given.", Arity = ArgumentArity.ZeroOrMore };
        folders.CompletionSources.Add(LiveNames.Runs);
        command.Arguments.Add(folders);
        var root = Options.Text("--root", "FOLDER", "Where to look for runs.", "runs");
        var output = Options.Out("PNG or SVG file of the comparison; compared.png here when not given.");
        var json = Options.Json();
        foreach (Option option in (Option[])[root, output, json]) command.Options.Add(option);
        command.OnRun(session => session.Get(folders) is { Length: > 0 } chosen
            ? Compare(session, chosen, session.Get(output) ?? "compared.png", session.Get(json))
            : List(session, session.Get(root)!, session.Get(json)));
        return command;
    }

    private static int List(Session session, string root, bool json)
    {
        if (!Directory.Exists(root)) throw new EngineException($"There is no folder '{root}'; 'train' makes it, or say with --root where runs are.");
        var options = new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 3, IgnoreInaccessible = true };
        var lines = Directory.EnumerateFiles(root, RunFolder.ConfigName, options).OrderByDescending(File.GetLastWriteTimeUtc).Select(file => Read(session, Path.GetDirectoryName(file)!)).OfType<RunLine>().ToList();
        if (json) Json.Write(session.Out, ConsoleJson.Default.ListRunLine, lines);
        else if (lines.Count == 0) session.Out.WriteLine($"No runs under '{root}' yet; train one: train vae");
        else Print(session, lines);
        return ExitCode.Done;
    }

    private static int Compare(Session session, string[] folders, string output, bool json)
    {
        if (folders.Length < 2) throw new UsageException("Comparing takes two run folders or more.");
        var runs = folders.Select(RunFolder.Open).ToList();
        var metrics = runs.Select(run => run.Metrics()).ToList();
        var lines = runs.Zip(metrics, (run, each) => Line(run, each)).ToList();
        var options = folders.Select(Properties).ToList();
        string[] differing = [.. options.SelectMany(each => each.Keys).Distinct().Where(key => !s_silent.Contains(key) && options.Select(each => each.GetValueOrDefault(key)).Distinct().Count() > 1)];
        string[] names = ShortNames(folders);
        bool one = lines.Select(line => line.Loss).Distinct().Count() == 1;
        var points = metrics.Select(each => each.Points).ToList();
        if (points.All(each => each.Count == 0)) throw new EngineException("None of these runs has losses yet.");
        var plot = new LinePlot
        {
            Title = "training losses",
            XLabel = "step",
            YLabel = one ? lines[0].Loss : "loss",
            YRange = Range(points),
            Series = [.. points.Select((each, i) => new LineSeries(one ? names[i] : $"{names[i]}: {lines[i].Loss}", [.. each.Select(point => (double)point.Step)], [.. each.Select(point => point.Losses[0])]))],
        };
        if (Path.GetExtension(output).Equals(".svg", StringComparison.OrdinalIgnoreCase)) AtomicFile.WriteText(output, plot.RenderSvg());
        else new Provenance(session).WritePng(output, plot.Render());
        if (json)
        {
            Json.Write(session.Out, ConsoleJson.Default.ListRunLine, lines);
            return ExitCode.Done;
        }

        Print(session, lines);
        var table = new Table().Border(TableBorder.Simple).AddColumn("option");
        foreach (string name in names) table.AddColumn(Markup.Escape(name));
        foreach (string key in differing) table.AddRow([key, .. options.Select(each => Markup.Escape(each.GetValueOrDefault(key) ?? ""))]);
        if (differing.Length > 0) session.Console.Write(table);
        else session.Out.WriteLine("Their options are the same.");
        session.Out.WriteLine(output);
        return ExitCode.Done;
    }

    /// <summary>The folders without what their paths begin and end with alike.</summary>
    private static string[] ShortNames(string[] folders)
    {
        string[][] parts = [.. folders.Select(folder => Path.GetFullPath(folder).Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries))];
        int least = parts.Min(each => each.Length), head = 0, tail = 0;
        while (head < least - 1 && parts.All(each => each[head] == parts[0][head])) head++;
        while (head + tail < least - 1 && parts.All(each => each[^(tail + 1)] == parts[0][^(tail + 1)])) tail++;
        return [.. parts.Select(each => string.Join('/', each[head..^tail]))];
    }

    /// <summary>What the losses cross after the first tenth of each run: the fall at the beginning would press the rest flat.</summary>
    private static (double Low, double High)? Range(List<IReadOnlyList<MetricsPoint>> runs)
    {
        double[] later = [.. runs.SelectMany(points => points.Skip(points.Count / 10)).Select(point => point.Losses[0])];
        double margin = 0.05 * (later.Max() - later.Min());
        return margin > 0 ? (later.Min() - margin, later.Max() + margin) : null;
    }

    private static void Print(Session session, List<RunLine> lines)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumns("run", "model", "data", "state", "steps", "last training loss");
        foreach (var line in lines)
        {
            string steps = string.Create(CultureInfo.InvariantCulture, $"{line.Step:N0} of {line.Steps:N0}"), loss = line.Value is { } value ? string.Create(CultureInfo.InvariantCulture, $"{line.Loss} {value:F4}") : "";
            table.AddRow([.. new[] { line.Run, line.Model, line.Data, line.State, steps, loss }.Select(Markup.Escape)]);
        }

        session.Console.Write(table);
    }

    /// <summary>A run of the list; one that cannot be read is said and left out.</summary>
    private static RunLine? Read(Session session, string folder)
    {
        try
        {
            var run = RunFolder.Open(folder);
            return Line(run, run.Metrics());
        }
        catch (EngineException damaged)
        {
            session.Error.WriteLine($"note: {damaged.Message}");
            return null;
        }
    }

    private static RunLine Line(RunFolder run, (IReadOnlyList<string> Names, IReadOnlyList<MetricsPoint> Points) metrics)
    {
        var (names, points) = metrics;
        var last = points.Count > 0 ? points[^1] : null;
        long step = Math.Max(last?.Step ?? 0, new Checkpoints(run).Entries is { Count: > 0 } entries ? entries[^1].Point.Step : 0);
        bool weights = File.Exists(run.WeightsPath);
        string state = weights && step >= run.Config.Steps ? "finished" : weights ? "stopped" : "not finished";
        return new RunLine(run.Path, run.Config.Model, Path.GetFileName(run.Config.Data), state, step, run.Config.Steps, names.Count > 0 ? names[0] : "", last?.Losses[0], File.GetLastWriteTimeUtc(run.File(RunFolder.ConfigName)));
    }

    private static Dictionary<string, string> Properties(string folder)
    {
        using var json = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, RunFolder.ConfigName)));
        return json.RootElement.EnumerateObject().ToDictionary(property => property.Name, property => property.Value.ValueKind == JsonValueKind.Null ? "" : property.Value.ToString());
    }
}

/// <summary>A run as 'runs' tells it.</summary>
/// <param name="State">finished; stopped, with weights; not finished, killed or still training.</param>
/// <param name="Loss">Name of the first loss.</param>
/// <param name="Value">Its mean over the last window of steps.</param>
internal sealed record RunLine(string Run, string Model, string Data, string State, long Step, long Steps, string Loss, double? Value, DateTime Begun);
