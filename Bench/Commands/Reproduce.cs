using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using GenEngine.Kernels;
using GenEngine.Models;
using GenEngine.Runs;

namespace GenEngine.Bench.Commands;

/// <summary>reproduce ROW: makes a row of the tables again by its recipe, run by run, and writes it to the ledger.</summary>
internal static class Reproduce
{
    private const string ScoreFile = "scores.json";

    public static ConsoleCommand Create()
    {
        var command = new ConsoleCommand("reproduce")
        {
            Examples =
            [
                ("reproduce", "the rows there are, and what the ledger has of them"),
                ("reproduce cgan-mnist", "trains, measures, writes the ledger; stopped, it goes on with the next run that is missing"),
                ("reproduce --table", "the ledger as a Markdown table"),
            ],
        };
        var row = new Argument<string?>("row") { Description = "Row; all are listed when not given.", Arity = ArgumentArity.ZeroOrOne };
        row.CompletionSources.Add(_ => Recipe.All.Select(recipe => new System.CommandLine.Completions.CompletionItem(recipe.Row)));
        command.Arguments.Add(row);
        var output = Options.Out("Folder of the runs; runs/reproduce/<row> when not given.");
        var ledger = new Option<string?>("--ledger") { HelpName = "FILE", Description = "Ledger to write; docs/ledger.json of the checkout when not given." };
        var table = new Option<bool>("--table") { Description = "Print the ledger as a Markdown table." };
        var likelihoods = new Option<bool>("--likelihoods") { Description = "Print the ledger's likelihoods as a Markdown table: of what, seeds, budget, machine." };
        var dataDir = Options.DataDir();
        foreach (Option option in (Option[])[output, ledger, table, likelihoods, dataDir]) command.Options.Add(option);
        var device = new DeviceOptions(command);
        command.OnRun(session =>
        {
            string file = session.Get(ledger) ?? Ledger.StandardPath;
            if (session.Get(table)) return Table(session, Ledger.Read(file));
            if (session.Get(likelihoods)) return LikelihoodTable.Print(session.Out, Ledger.Read(file));
            if (session.Get(row) is not { } name) return List(session, Ledger.Read(file));
            var recipe = Recipe.Find(name);
            string root = OutputPath.Folder(session.Get(output) ?? Path.Combine("runs", "reproduce", name));
            OutputPath.Folder(Path.GetDirectoryName(Path.GetFullPath(file))!);
            return Make(session, recipe, root, file, device, session.Get(dataDir));
        });
        return command;
    }

    private static int Make(Session session, Recipe recipe, string root, string file, DeviceOptions device, string? dataDir)
    {
        var results = new List<RunScores>();
        for (int i = 0; i < recipe.Runs.Count; i++)
        {
            session.Stop.ThrowIfCancellationRequested();
            string folder = Path.Combine(root, string.Create(CultureInfo.InvariantCulture, $"run-{i + 1}")), scores = Path.Combine(folder, ScoreFile);
            if (!File.Exists(scores))
            {
                var watch = Stopwatch.StartNew();
                int code = Train(session, recipe.Runs[i], folder, device, dataDir);
                if (code != ExitCode.Done) return code;
                var made = Measure(session, recipe, folder, device, dataDir) with { Minutes = watch.Elapsed.TotalMinutes };
                OutputPath.WriteFile(scores, JsonSerializer.Serialize(made, ConsoleJson.Default.RunScores) + "\n");
            }

            results.Add(Read(scores));
        }

        var row = Row(recipe, results, Ledger.Read(file));
        Ledger.Write(file, row);
        foreach (var figure in row.Figures) session.Out.WriteLine(Line(figure));
        session.Out.WriteLine($"ledger: {file}");
        return ExitCode.Done;
    }

    /// <summary>The recipe's own command line; a run of it that was stopped half-way goes on. The folder is this command's: what another line has left there goes.</summary>
    private static int Train(Session session, string line, string folder, DeviceOptions device, string? dataDir)
    {
        if (File.Exists(Path.Combine(folder, "done"))) return ExitCode.Done;
        string lineFile = $"{folder}.line";
        bool begun = File.Exists(Path.Combine(folder, RunFolder.ConfigName)) && File.Exists(lineFile) && File.ReadAllText(lineFile) == line;
        if (!begun && Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        OutputPath.WriteFile(lineFile, line);
        string[] own = begun ? ["train", "--resume", folder] : [.. line.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--out", folder];
        session.Error.WriteLine(string.Join(' ', own));
        string[] args = [.. own, .. device.Given(session), .. dataDir is null ? (string[])[] : ["--data-dir", dataDir]];
        int code = Program.Run(args, session.Error, session.Error, session.Stop);
        if (code == ExitCode.Done) File.WriteAllText(Path.Combine(folder, "done"), "");
        return code;
    }

    private static RunScores Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllText(path), ConsoleJson.Default.RunScores) ?? throw new JsonException("it is empty.");
        }
        catch (JsonException exception)
        {
            throw new EngineException($"'{path}' is damaged: {exception.Message} Delete it, and the run is measured again.", exception);
        }
    }

    private static RunScores Measure(Session session, Recipe recipe, string folder, DeviceOptions device, string? dataDir)
    {
        var run = RunFolder.Open(folder);
        if (Zoo.Find(run.Config.Model).NeedsSequences)
        {
            using var sequences = TrainedSequences.Open(session, run, device, 0, null, dataDir);
            var (scores, hash) = sequences.Measure();
            return Scores(scores, run.Config, hash, "");
        }

        using var trained = TrainedModel.Open(session, run, device, 0, null, dataDir);
        var found = FullEvaluation.Of(session, trained, recipe.ImportanceSamples);
        return Scores(found.Scores, trained.Run.Config, trained.TestSet.ContentHash, found.Judge);
    }

    private static RunScores Scores(IReadOnlyList<Score> scores, RunConfig config, string testHash, string judge) => new(
        scores, config.Steps * config.Batch, testHash, judge,
        $"{Devices.ProcessorName()}; {config.Device}", config.Engine, DateTime.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), 0, LikelihoodTable.Targets(config, scores));

    private static LedgerRow Row(Recipe recipe, List<RunScores> results, List<LedgerRow> ledger)
    {
        var figures = new List<LedgerFigure>();
        foreach (var figure in recipe.Figures)
        {
            var scores = results.Select(result => result.Scores.FirstOrDefault(score => score.Name == figure.Metric)
                ?? throw new EngineException($"The recipe '{recipe.Row}' asks for '{figure.Metric}', which its runs do not have; they have {string.Join(", ", result.Scores.Select(score => score.Name))}.")).ToList();
            double[] values = [.. scores.Select(score => score.Value)];
            double value = figure.Of(values);
            if (figure.Against is { } against)
            {
                var other = Other(recipe, figure, ledger);
                double compared = figure.Compare(value, other.Values.Average(), scores[0].Reference);
                figures.Add(new LedgerFigure(
                    $"{figure.Metric}: {figure.By} over {against}", scores[0].Unit, figure.Statistic, compared, values, other.Values.Average(), against, figure.Bar(), figure.Reached(compared, null)));
                continue;
            }

            figures.Add(new LedgerFigure(
                figure.Metric, scores[0].Unit, figure.Statistic, value, values, scores[0].Reference, scores[0].ReferenceName, figure.Bar(), figure.Reached(value, scores[0].Reference)));
        }

        return new LedgerRow
        {
            Row = recipe.Row,
            Claim = recipe.Claim,
            Date = results[^1].Date,
            Engine = results[^1].Engine,
            Machine = results[^1].Machine,
            Runs = recipe.Runs,
            ImagesSeen = [.. results.Select(result => result.ImagesSeen)],
            Targets = results[0].Targets,
            TestHash = results[0].TestHash,
            Judge = results[0].Judge,
            Minutes = Math.Round(results.Sum(result => result.Minutes), 1),
            Figures = figures,
        };
    }

    private static LedgerFigure Other(Recipe recipe, Figure figure, List<LedgerRow> ledger) =>
        ledger.FirstOrDefault(row => row.Row == figure.Against)?.Figures.FirstOrDefault(other => other.Metric == figure.Metric)
            ?? throw new EngineException($"The row '{recipe.Row}' holds its '{figure.Metric}' against '{figure.Against}', of which the ledger has none. Its runs are kept: first reproduce {figure.Against}, then this row again.");

    private static int List(Session session, List<LedgerRow> rows)
    {
        foreach (var recipe in Recipe.All)
        {
            var known = rows.FirstOrDefault(row => row.Row == recipe.Row);
            string state = known is null ? "not run yet" : $"run {known.Date}" + (known.Figures.Any(figure => figure.Reached == false) ? ", a bar not reached" : "");
            session.Out.WriteLine($"{recipe.Row,-22} {state,-30} {recipe.Claim}");
        }

        return ExitCode.Done;
    }

    private static int Table(Session session, List<LedgerRow> rows)
    {
        session.Out.WriteLine("| row | figure | of the runs | value | real data or baseline | bar | images a run | minutes |");
        session.Out.WriteLine("|---|---|---|---:|---:|---|---:|---:|");
        foreach (var row in rows)
        {
            foreach (var figure in row.Figures)
            {
                string bar = figure.Bar.Length == 0 ? "" : $"{figure.Bar} {(figure.Reached == true ? "reached" : "**missed**")}";
                string unit = figure.Unit.Length > 0 ? $" ({figure.Unit})" : "";
                string reference = figure.Reference is { } value ? $"{EvaluationTable.Number(value)} ({figure.ReferenceName})" : "";
                session.Out.WriteLine(string.Create(
                    CultureInfo.InvariantCulture, $"| {row.Row} | {figure.Metric}{unit} | {figure.Statistic} of {string.Join(", ", figure.Values.Select(EvaluationTable.Number))} | {EvaluationTable.Number(figure.Value)} | {reference} | {bar} | {row.ImagesSeen[0]:N0} | {row.Minutes:F1} |"));
            }
        }

        return ExitCode.Done;
    }

    private static string Line(LedgerFigure figure) => string.Create(
        CultureInfo.InvariantCulture, $"{figure.Metric}: {figure.Statistic} {EvaluationTable.Number(figure.Value)} of {string.Join(", ", figure.Values.Select(EvaluationTable.Number))}{(figure.Bar.Length > 0 ? $", bar {figure.Bar}: {(figure.Reached == true ? "reached" : "missed")}" : "")}");
}

/// <summary>What was measured of one run of a recipe; kept in its folder, so that a stopped 'reproduce' goes on.</summary>
internal sealed record RunScores(
    IReadOnlyList<Score> Scores, long ImagesSeen, string TestHash, string Judge, string Machine, string Engine, string Date, double Minutes, string? Targets = null);
