using System.CommandLine;
using GenEngine.Data;
using GenEngine.Text;
using Spectre.Console;

namespace GenEngine.Bench.Commands;

/// <summary>data list, data fetch: which data sets there are, and bringing public ones onto this machine.</summary>
internal static class DataCommand
{
    public static ConsoleCommand Create()
    {
        var command = new ConsoleCommand("data")
        {
            Examples = [("data list", "all sets, and where they lie"), ("data fetch mnist", "download MNIST (12 MB) into the user's cache"), ("data show --data ~/faces --out sheet.png", "look at a folder of your own")],
        };
        command.Subcommands.Add(List());
        command.Subcommands.Add(Fetch());
        command.Subcommands.Add(DataShow.Create());
        return command;
    }

    private static ConsoleCommand List()
    {
        Option<string?> folder = Options.DataDir();
        var json = Options.Json();
        var command = new ConsoleCommand("list", "List the data sets: built in, on this machine, or to be fetched.")
        {
            Examples = [("data list", ""), ("data list --data-dir ~/sets --json", "look in a folder of your own first; for programs")],
        };
        command.Options.Add(folder);
        command.Options.Add(json);
        command.OnRun(session =>
        {
            var sets = DataCatalogue.List(new DataOptions { DataDir = session.Get(folder) });
            if (session.Get(json)) Json.Write(session.Out, ConsoleJson.Default.IReadOnlyListDataSetStatus, sets);
            else Print(session, sets);
            return ExitCode.Done;
        });
        return command;
    }

    private static ConsoleCommand Fetch()
    {
        var name = new Argument<string>("name") { Description = "The data set: mnist, fashion-mnist, ... ('genengine data list')." };
        name.CompletionSources.Add([.. DataCatalogue.Entries.Select(entry => entry.Name)]);
        name.Validators.Add(result =>
        {
            string[] known = [.. DataCatalogue.Entries.Select(entry => entry.Name)];
            string wanted = result.Tokens[0].Value;
            bool builtIn = DataSets.Sources.Any(source => source.BuiltIn && string.Equals(source.Name, wanted, StringComparison.OrdinalIgnoreCase));
            if (!builtIn && !known.Contains(wanted, StringComparer.OrdinalIgnoreCase)) result.AddError(NearestName.Unknown("data set", wanted, known));
        });
        Option<string?> folder = Options.DataDir();
        var command = new ConsoleCommand(
            "fetch", "Download a public data set into --data-dir, GENENGINE_DATA or the user's cache. A broken download continues where it stopped; what arrives is checked.")
        {
            Examples = [("data fetch mnist", "into the user's cache"), ("data fetch cifar10 --data-dir ~/sets", "into ~/sets/cifar10")],
        };
        command.Arguments.Add(name);
        command.Options.Add(folder);
        command.OnRun(session => Fetch(session, session.Get(name)!, new DataOptions { DataDir = session.Get(folder) }));
        return command;
    }

    private static int Fetch(Session session, string name, DataOptions options)
    {
        if (DataCatalogue.Entries.FirstOrDefault(entry => string.Equals(entry.Name, name, StringComparison.OrdinalIgnoreCase)) is { } set)
            session.Out.WriteLine($"{set.Name}: {set.Summary}. About {Sizes.Bytes(set.Bytes)}. Licence: {set.Licence}. {set.Homepage}");
        using var client = Downloader.NewClient();
        var progress = new FetchLines(session);
        try
        {
            var result = new DataFetcher(new Downloader(client)).FetchAsync(name, options, progress, session.Stop).GetAwaiter().GetResult();
            progress.End();
            session.Out.WriteLine($"{result.Downloaded} files downloaded, {result.Present} were there already: {result.Folder}");
            return ExitCode.Done;
        }
        catch (OperationCanceledException)
        {
            progress.End();
            session.Error.WriteLine($"Stopped; 'genengine data fetch {name}' continues from here.");
            throw;
        }
    }

    private static void Print(Session session, IReadOnlyList<DataSetStatus> sets)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumns("name", "what", "where", "download", "licence");
        foreach (var set in sets)
        {
            string where = set.BuiltIn ? "built in" : set.Folder ?? $"not here: genengine data fetch {set.Name}";
            table.AddRow(set.Name, Markup.Escape(set.Summary), Markup.Escape(where), Sizes.Bytes(set.DownloadBytes), Markup.Escape(set.Licence));
        }

        session.Console.Write(table);
    }
}
