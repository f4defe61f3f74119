using System.CommandLine;
using System.Globalization;
using GenEngine.Bench.Completion;
using GenEngine.Data;
using GenEngine.Files;
using GenEngine.Kernels;
using GenEngine.Models;
using GenEngine.Plots;
using GenEngine.Runs;

namespace GenEngine.Bench.Commands;

/// <summary>versus RUN RUN ...: trained models side by side on the same classes and codes, with figures and with their own worst mistakes.</summary>
internal static class Versus
{
    public static ConsoleCommand Create()
    {
        var command = new ConsoleCommand("versus")
        {
            Examples =
            [
                ("versus cvae cgan", "the newest runs of two models"),
                ("versus ae vae --standard-normal", "both on codes from N(0, 1), which only one of them was trained for"),
                ("versus runs/ae-fashion-mnist-1 runs/gan-fashion-mnist-1 --out ae-gan.png", "two runs of your choice"),
            ],
        };
        var names = new Argument<string[]>("runs") { Description = "Run folders, or models for their newest runs; all of the same data.", Arity = ArgumentArity.OneOrMore };
        names.CompletionSources.Add([.. Zoo.Names]);
        names.CompletionSources.Add(LiveNames.Runs);
        command.Arguments.Add(names);
        var count = Options.Number("--count", "Images of each model that the figures are taken from.", 100, 5_000);
        var columns = Options.Number("--columns", "Images in a row.", 1, 20);
        var seed = Options.Seed();
        var dataDir = Options.DataDir();
        var output = Options.Out("PNG file to write; versus.png when not given.");
        var json = Options.Json();
        var normal = Options.StandardNormal();
        foreach (Option option in (Option[])[count, columns, seed, dataDir, normal, output, json]) command.Options.Add(option);
        var device = new DeviceOptions(command);
        command.OnRun(session =>
        {
            var runs = session.Get(names)!.Select(name => Directory.Exists(name) || !Zoo.Names.Contains(name) ? RunFolder.Open(name) : RunFolder.Newest(name)).ToList();
            var contenders = new List<Contender>();
            ImageDataset? shown = null;
            Provenance? made = null;
            foreach (var run in runs)
            {
                using var trained = TrainedModel.Open(session, run, device, session.Get(seed), null, session.Get(dataDir));
                if (shown is not null && shown.ContentHash != trained.TestSet.ContentHash) throw new EngineException($"'{run.Path}' was trained on {trained.TestSet.Name}, '{runs[0].Path}' on {shown.Name}: only models of the same images can be compared.");
                if (trained.TestSet.ClassNames.Count < 2) throw new EngineException($"{trained.TestSet.Name} has no classes, and the judge needs them.");
                shown = trained.TestSet;
                made ??= trained.Provenance(session, runs);
                using var judge = trained.Judge(session);
                bool standard = session.Get(normal) && trained.Model is IFittedPrior;
                if (standard) trained.DrawStandardNormal();
                contenders.Add(Contender.Of(standard ? $"{Name(run, runs)}, N(0,1)" : Name(run, runs), trained.Model, judge, shown, Math.Min(session.Get(count), shown.Count), session.Get(columns), session.Stop));
            }

            string path = session.Get(output) ?? "versus.png";
            made!.WritePng(path, Sheet(contenders, shown!, session.Get(columns)));
            Report(session, contenders, path, session.Get(json));
            return ExitCode.Done;
        });
        return command;
    }

    private static string Name(RunFolder run, List<RunFolder> all) =>
        all.Count(other => other.Config.Model == run.Config.Model) == 1 ? run.Config.Model : Path.GetFileName(Path.TrimEndingDirectorySeparator(run.Path));

    private static Bitmap Sheet(List<Contender> contenders, ImageDataset test, int columns)
    {
        int classes = test.ClassNames.Count;
        var rows = new List<float>();
        var labels = new List<string> { "real" };
        for (int column = 0; column < columns; column++)
        {
            int wanted = column % classes, skip = column / classes;
            int index = test.Labels is null ? column : Enumerable.Range(0, test.Count).Where(i => test.Labels[i] == wanted).Skip(skip).DefaultIfEmpty(column).First();
            foreach (byte value in test.Item(index)) rows.Add(value / 255f);
        }

        foreach (var contender in contenders)
        {
            rows.AddRange(contender.Images);
            rows.AddRange(contender.Worst);
            labels.Add(contender.Name);
            labels.Add("its worst");
        }

        return ImageGrid.Tile(ImageGrid.ToBytes([.. rows]), test.Height, test.Width, test.Channels, new GridOptions
        {
            Columns = columns,
            Gap = 1,
            Scale = LatentPictures.ScaleOf(test.Width),
            RowLabels = labels,
            ColumnLabels = [.. Enumerable.Range(0, columns).Select(column => test.ClassNames[column % classes])],
        });
    }

    private static void Report(Session session, List<Contender> contenders, string path, bool json)
    {
        if (json)
        {
            Json.Write(session.Out, ConsoleJson.Default.ListVersusLine, [.. contenders.Select(one => new VersusLine(one.Name, one.Sharpness, one.Frechet, one.Recognised, one.Top1, one.GrossErrors))]);
            return;
        }

        session.Out.WriteLine($"{"",-24} {"sharpness",10} {"Frechet",10} {"recognised",11} {"top-1",8} {"gross errors",13}");
        foreach (var one in contenders)
        {
            string top1 = one.Top1?.ToString("P1", CultureInfo.InvariantCulture) ?? "-";
            session.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{one.Name,-24} {one.Sharpness,10:F3} {one.Frechet,10:F4} {one.Recognised,11:P1} {top1,8} {one.GrossErrors,13:P1}"));
        }

        session.Out.WriteLine("sharpness over real images'; Frechet distance of classifier features over their trace; recognised above 0.9; gross errors: another class, or none above 0.5");
        session.Out.WriteLine(path);
    }
}

/// <summary>What 'versus --json' prints of a model.</summary>
internal sealed record VersusLine(string Name, double Sharpness, double Frechet, double Recognised, double? Top1, double GrossErrors);
