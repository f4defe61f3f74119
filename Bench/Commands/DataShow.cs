using System.CommandLine;
using GenEngine.Data;
using GenEngine.Files;
using GenEngine.Plots;
using Spectre.Console;

namespace GenEngine.Bench.Commands;

/// <summary>One split of a set for data show.</summary>
/// <param name="Classes">Images of each class; of a set without classes, none.</param>
internal sealed record DataSplit(string Split, int Images, IReadOnlyDictionary<string, int> Classes, string Sha256);

/// <summary>What data show says of a set.</summary>
internal sealed record DataReport(
    string Data, int Height, int Width, int Channels, IReadOnlyList<string> ClassNames, IReadOnlyList<string> Factors, IReadOnlyList<DataSplit> Splits,
    IReadOnlyList<string> Notes, IReadOnlyList<UnreadableFile> Unreadable);

/// <summary>data show: how many images of which class a set has, what was left out, and a sheet of pictures.</summary>
internal static class DataShow
{
    private const int FactorColumns = 9;

    public static ConsoleCommand Create()
    {
        var command = new ConsoleCommand("show", "Load a data set as training would: images or clips a class and split, files left out, and pictures with --out.")
        {
            Examples =
            [
                ("data show --data avatars --out avatars.png", "eight pictures of everybody"),
                ("data show --data avatars --factors --out factors.png", "one factor a row, from its least to its greatest"),
                ("data show --data ~/faces --size 32 --out faces.png", "a folder of your own, as a model would see it"),
                ("data show --data fsdd:jackson --out digits.png", "sound: clips of each class, their waveforms and spectrograms"),
                ("data show --data cifar10 --json", "for programs"),
            ],
        };
        var data = new DataArguments(command);
        var count = Options.Number("--count", "Pictures a class; of a set without classes, as many rows of ten.", 1, 8);
        var factors = new Option<bool>("--factors") { Description = "Sheet of the known factors instead: a row for each, over its range (avatars)." };
        var output = Options.Out("PNG file to write; no picture when not given.");
        var json = Options.Json();
        foreach (Option option in (Option[])[count, factors, output, json]) command.Options.Add(option);
        command.OnRun(session =>
        {
            string name = data.Name(session);
            if (DataShowSequences.Means(name))
            {
                if (session.Get(factors)) throw new UsageException("--factors draws avatars; other sets know no factors.");
                DataShowSequences.Run(session, name, data.Folder(session), session.Get(count), session.Get(output), session.Get(json));
                return ExitCode.Done;
            }

            DataOptions options = data.Read(session);
            var source = DataSets.Source(name);
            if (session.Get(factors) && source is not AvatarSource) throw new UsageException("--factors draws avatars; other sets know no factors.");
            ImageDataset[] sets = [.. source.Splits.Select(split => DataSets.Load(name, split, options))];
            var report = Report(sets);
            if (session.Get(json)) Json.Write(session.Out, ConsoleJson.Default.DataReport, report);
            else Print(session, report);
            if (session.Get(output) is { } path)
            {
                new Provenance(session).With("Data", sets[0].Name).WritePng(path, session.Get(factors) ? Factors(sets[0]) : Sheet(sets[0], session.Get(count)));
                (session.Get(json) ? session.Error : session.Out).WriteLine(path);
            }

            return ExitCode.Done;
        });
        return command;
    }

    private static DataReport Report(ImageDataset[] sets)
    {
        ImageDataset first = sets[0];
        return new DataReport(
            first.Name, first.Height, first.Width, first.Channels, first.ClassNames, first.FactorNames,
            [.. sets.Select(set => new DataSplit(set.Split, set.Count, Classes(set), set.ContentHash))],
            [.. first.Notes], first.Unreadable);
    }

    private static Dictionary<string, int> Classes(ImageDataset set)
    {
        var counts = new int[set.ClassNames.Count];
        foreach (int label in set.Labels ?? []) counts[label]++;
        var classes = new Dictionary<string, int>();
        for (int i = 0; i < counts.Length; i++) classes[set.ClassNames[i]] = counts[i];
        return classes;
    }

    private static void Print(Session session, DataReport report)
    {
        session.Out.WriteLine($"{report.Data}: {report.Width}x{report.Height} {(report.Channels == 1 ? "grey" : "colour")}, {(report.ClassNames.Count > 0 ? $"{report.ClassNames.Count} classes" : "no classes")}");
        if (report.Factors.Count > 0) session.Out.WriteLine($"known factors: {string.Join(", ", report.Factors)}");
        foreach (string note in report.Notes) session.Out.WriteLine(note);
        var table = new Table().Border(TableBorder.Simple).AddColumn("class");
        foreach (DataSplit split in report.Splits) table.AddColumn(split.Split, column => column.RightAligned());
        foreach (string name in report.ClassNames)
            table.AddRow([Markup.Escape(name), .. report.Splits.Select(split => FormattableString.Invariant($"{split.Classes[name]}"))]);
        table.AddRow(["all", .. report.Splits.Select(split => FormattableString.Invariant($"{split.Images}"))]);
        session.Console.Write(table);
    }

    /// <summary>A row of pictures for each class, the first ones of the split.</summary>
    private static Bitmap Sheet(ImageDataset set, int count)
    {
        int scale = Math.Max(1, 64 / set.Width);
        if (set.Labels is not { } labels)
        {
            ImageDataset few = set.Take(10 * count);
            return ImageGrid.Tile(few.Items, few.Height, few.Width, few.Channels, new GridOptions { Columns = 10, Scale = scale });
        }

        var items = new byte[set.ClassNames.Count * count * set.ItemSize];
        items.AsSpan().Fill(255);
        var filled = new int[set.ClassNames.Count];
        for (int i = 0; i < set.Count; i++)
        {
            if (filled[labels[i]] == count) continue;
            set.Item(i).CopyTo(items.AsSpan((labels[i] * count + filled[labels[i]]++) * set.ItemSize));
        }

        return ImageGrid.Tile(items, set.Height, set.Width, set.Channels, new GridOptions { Columns = count, Scale = scale, RowLabels = set.ClassNames });
    }

    private static Bitmap Factors(ImageDataset set)
    {
        int people = AvatarSource.Names.Count, size = set.Height;
        var who = new int[AvatarFactors.Count * FactorColumns];
        var rows = new float[who.Length * AvatarFactors.Count];
        for (int i = 0; i < who.Length; i++)
        {
            int factor = i / FactorColumns;
            (float low, float high) = AvatarFactors.Range(factor);
            who[i] = 2 * factor % people;
            AvatarFactors.Neutral.With(factor, low + (high - low) * (i % FactorColumns) / (FactorColumns - 1)).CopyTo(rows.AsSpan(i * AvatarFactors.Count));
        }

        return ImageGrid.Tile(AvatarSource.DrawAll(who, rows, size), size, size, 3, new GridOptions { Columns = FactorColumns, RowLabels = AvatarFactors.Names });
    }
}
