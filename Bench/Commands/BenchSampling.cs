using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using GenEngine.Bench.Shapes;
using GenEngine.Kernels;
using GenEngine.Kernels.Columns;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;
using GenEngine.Models;
using GenEngine.Plots;
using GenEngine.Runs;

namespace GenEngine.Bench.Commands;

/// <summary>bench sampling: what drawing a pixel costs, naively and incrementally, against the side of the image.</summary>
internal static class BenchSampling
{
    private const double Budget = 2; // seconds for one measurement of the naive sampler: it times as many pixels as that takes

    public static ConsoleCommand Create()
    {
        string[] models = [.. Zoo.OfImages.Where(model => model.Defaults[0].Layers is not null).Select(model => model.Name)];
        var command = new ConsoleCommand(
            "sampling", "Time drawing images pixel by pixel, with a whole forward pass a pixel and with one column a layer and pixel, against the image's side; plots both.")
        {
            Examples =
            [
                ("bench sampling", "a gated PixelCNN, 8 to 64 pixels a side"),
                ("bench sampling pixelcnn --side 8,16,28 --count 1", "one image at a time"),
                ("bench sampling pixelcnn --side 28 --count 128 --blocks cluster --device cuda", "on a GPU, by clusters of blocks"),
            ],
        };
        var name = new Argument<string>("model") { Description = $"One of {string.Join(", ", models)}; weights are those it begins with.", DefaultValueFactory = _ => "gated-pixelcnn" };
        name.CompletionSources.Add([.. models]);
        name.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && !models.Contains(result.Tokens[0].Value)) result.AddError(Text.NearestName.Unknown("pixel model", result.Tokens[0].Value, models));
        });
        var sides = Options.Sides("Sides of the images.", 1, 512, 32, 8, 16, 28, 32, 64);
        var count = Options.Number("--count", "Images at a time.", 1, 16);
        var output = Options.Out("PNG file of the plot; sampling-<model>.png when not given.");
        var blocks = Options.OneOf("--blocks", "How a GPU's blocks share images: as it chooses, each alone, or eight together in a cluster or a grid", "auto", "alone", "cluster", "grid");
        command.Arguments.Add(name);
        foreach (Option option in (Option[])[sides, count, output, blocks]) command.Options.Add(option);
        var device = new DeviceOptions(command);
        command.OnRun(session =>
        {
            using var opened = device.Open(session);
            using var kernel = Shared(opened, session.Get(blocks)!, session.Get(count)).Take();
            session.Out.WriteLine(Line("side", "naive ms", "incremental ms", "ratio", "evaluations"));
            List<double> xs = [], naive = [], incremental = [];
            foreach (int side in session.Get(sides)!)
            {
                session.Stop.ThrowIfCancellationRequested();
                using var context = new Context(opened, seed: 1);
                using var model = (PixelModel)Zoo.Find(session.Get(name)!).Build(context, new DataShape(side, side, 1, 0), new ModelOptions());
                (double slow, double fast) = (Naive(model, session.Get(count)), Incremental(model, session.Get(count)));
                xs.Add(side);
                naive.Add(slow);
                incremental.Add(fast);
                session.Out.WriteLine(Line($"{side}", Format(slow), Format(fast), string.Create(CultureInfo.InvariantCulture, $"{slow / fast:F0}"), $"{side * side} whole passes, or one pass's worth of columns"));
            }

            string path = session.Get(output) ?? $"sampling-{session.Get(name)}.png";
            var plot = new LinePlot
            {
                Title = string.Create(CultureInfo.InvariantCulture, $"{session.Get(name)}, {session.Get(count)} images at a time"),
                XLabel = "side of the image, pixels",
                YLabel = "ms a pixel of the batch",
                LogX = true,
                LogY = true,
                Dots = true,
                XTicks = xs,
                Series = [new LineSeries("a whole forward pass a pixel", xs, naive), new LineSeries("one column a layer and pixel", xs, incremental)],
            };
            new Provenance(session).On(opened).WritePng(path, plot.Render());
            session.Out.WriteLine(path);
            return ExitCode.Done;
        });
        return command;
    }

    private static ForcedColumns Shared(Device device, string blocks, int count)
    {
        if (blocks == "auto") return new ForcedColumns(null, null);
        if (device is not GpuDevice gpu) throw new EngineException($"--blocks {blocks} is for a GPU and its emulator; '{device.Kind.Name()}' has none.");
        int multiprocessors = gpu.Driver.MultiprocessorCount;
        if (blocks == "alone") return new ForcedColumns(ColumnsGpu.ImagesABlock(count, multiprocessors), null);
        return new ForcedColumns(null, (blocks == "grid" ? TeamKind.Grid : TeamKind.Cluster, ColumnTeamGpu.ImagesATeam(count, multiprocessors)));
    }

    /// <summary>Milliseconds a position of the batch: a forward pass and its draws, the median of what fits into the budget.</summary>
    private static double Naive(PixelModel model, int count)
    {
        int positions = model.Data.Height * model.Data.Width;
        var times = new List<double>();
        var all = Stopwatch.StartNew();
        for (int position = 0; position < positions && (times.Count < 3 || all.Elapsed.TotalSeconds < Budget); position++)
        {
            // all given but one value: one pass is what it costs, wherever the value is
            int[] given = new int[count * positions];
            for (int n = 0; n < count; n++) given[(n * positions) + position] = -1;
            var watch = Stopwatch.StartNew();
            PixelRuns.DrawOne(model, given, count, position);
            times.Add(watch.Elapsed.TotalMilliseconds);
        }

        return Median(times);
    }

    private static double Incremental(PixelModel model, int count)
    {
        int positions = model.Data.Height * model.Data.Width;
        using var sampler = PixelRuns.Sampler(model, count, null);
        if (ColumnTeamGpu.Forced is not null && sampler.Team is null) throw new EngineException("No team of blocks can run this model here: cells and what runs from right to left are for --blocks alone, and so is what overflows shared memory.");
        int[] values = new int[count * positions];
        var times = new List<double>();
        var all = Stopwatch.StartNew();
        while (times.Count < 3 || all.Elapsed.TotalSeconds < Budget / 2)
        {
            Array.Fill(values, -1);
            var watch = Stopwatch.StartNew();
            sampler.Run(values, (ulong)times.Count);
            times.Add(watch.Elapsed.TotalMilliseconds / positions);
        }

        return Median(times);
    }

    private static double Median(List<double> times)
    {
        times.Sort();
        return times[times.Count / 2];
    }

    private static string Format(double value) => value.ToString("G4", CultureInfo.InvariantCulture);

    private static string Line(string side, string naive, string incremental, string ratio, string evaluations) => $"{side,5} {naive,12} {incremental,16} {ratio,8}   {evaluations}";
}
