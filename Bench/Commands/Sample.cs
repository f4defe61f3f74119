using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using GenEngine.Kernels;
using GenEngine.Models;
using GenEngine.Plots;

namespace GenEngine.Bench.Commands;

/// <summary>sample MODEL: new images from the prior, or pixel by pixel.</summary>
internal static class Sample
{
    public static ConsoleCommand Create()
    {
        var command = new ConsoleCommand("sample")
        {
            Examples =
            [
                ("sample vae", "144 images from the newest VAE"),
                ("sample vae --count 400 --columns 20 --seed 7 --out digits.png", "another draw, to a file of your choice"),
                ("sample ae --standard-normal", "what an autoencoder makes of a VAE's codes"),
                ("sample wavenet --seconds 3 --class seven", "sound to a WAV, with its waveform and spectrogram beside a real one"),
                ("sample wavenet --prime \"Once upon\" --length 400", "text that goes on from yours"),
                ("sample gated-pixelcnn --trace", "one image as it grows, pixel by pixel"),
                ("sample gated-pixelcnn --count 16 --sampler naive", "pixel by pixel with a whole forward pass each, to see what the incremental sampler saves"),
            ],
        };
        var trained = new TrainedModelOptions(command);
        var count = Options.Number("--count", "Images.", 1, 144);
        var columns = Options.Number("--columns", "Images in a row.", 1, 12);
        var normal = Options.StandardNormal();
        var trace = new Option<bool>("--trace") { Description = "Draw one image of a pixel model and show how it grows: a sheet, and an animation (APNG), with the entropy of each pixel and the distribution of the next one." };
        foreach (Option option in (Option[])[count, columns, normal, trace]) command.Options.Add(option);
        var classes = new ClassOption(command, "--class", "Classes to draw in turn, for a conditional model; all when not given.");
        var drawing = new DrawOptions(command);
        var sequences = new SampleSequences(command);
        var output = new PictureOutput(command, "samples-seed<seed>.png");
        command.OnRun(session =>
        {
            var run = trained.Find(session);
            if (Zoo.Find(run.Config.Model).NeedsSequences)
            {
                using var opened = trained.OpenSequences(session, run);
                sequences.Run(session, opened, session.Given(count) ? session.Get(count) : 1, classes.Names(session), drawing, output.Path(session));
                return ExitCode.Done;
            }

            sequences.Refuse(session, run.Config.Model);
            using var model = trained.Open(session, run);
            if (session.Get(normal)) model.DrawStandardNormal();
            int[] given = classes.ReadDrawn(session, model);
            if (session.Get(trace)) return Trace(session, model, given, output.Path(session));
            float[] images = Draw(session, model.Any, session.Get(count), given, drawing);
            var sheet = new PictureSheet(model.Any) { Columns = session.Get(columns) };
            for (int i = 0; i < session.Get(count); i++) sheet.Add(FormattableString.Invariant($"{i:00000}"), images.AsSpan(i * model.Any.Data.Pixels, model.Any.Data.Pixels));
            sheet.EndRow();
            output.Write(session, model, FormattableString.Invariant($"samples-seed{model.Context.Seed}.png"), sheet);
            return ExitCode.Done;
        });
        return command;
    }

    private static int Trace(Session session, TrainedModel model, int[] classes, string? output)
    {
        var pixels = model.Any as PixelModel ?? throw new EngineException($"--trace shows how an image grows pixel by pixel; '{model.Any.Name}' makes it at once.");
        string path = output ?? model.Run.File(FormattableString.Invariant($"trace-seed{model.Context.Seed}.png"));
        string animation = Path.Combine(Path.GetDirectoryName(path) ?? "", $"{Path.GetFileNameWithoutExtension(path)}-animated.png");
        var options = new SamplingTraceOptions { Title = pixels.Name };
        int? label = pixels.IsConditional ? classes.Length > 0 ? classes[0] : 0 : null;
        var trace = PixelTraces.Of(pixels, label, [options.Columns, options.Frames]);
        model.Provenance(session).WriteTrace(path, animation, trace, options);
        session.Out.WriteLine(path);
        session.Out.WriteLine(animation);
        return ExitCode.Done;
    }

    /// <summary>A conditional model goes through its classes, one image after another.</summary>
    private static float[] Draw(Session session, ZooModel model, int count, int[] classes, DrawOptions drawing)
    {
        int[]? labels = model.IsConditional ? [.. Enumerable.Range(0, count).Select(i => classes.Length > 0 ? classes[i % classes.Length] : i % model.Data.Classes)] : null;
        if (model is PixelModel pixels) return PixelRuns.ToPixels(pixels, drawing.Run(session, pixels, count, labels));
        drawing.Refuse(session, model);
        return ModelRuns.Images(model, count, codes: null, labels: labels);
    }
}

/// <summary>--sampler and --temperature of commands that draw pixel by pixel.</summary>
internal sealed class DrawOptions
{
    private readonly Option<string> _sampler = Options.OneOf("--sampler", "How a pixel model draws; the images are the same: incremental, one column a layer and pixel, or naive, a whole forward pass a value", "incremental", "naive");
    private readonly Option<double?> _temperature = Options.OptionalNumber("--temperature", "Of a pixel model's draws: 1 is its own distribution, less makes likely values likelier.", 0.0);

    public DrawOptions(Command command)
    {
        command.Options.Add(_sampler);
        command.Options.Add(_temperature);
    }

    /// <summary>Draws, and says how fast.</summary>
    /// <param name="given">Levels that stay, [count, pixels], -1 elsewhere; null draws everything.</param>
    public int[] Run(Session session, PixelModel model, int count, IReadOnlyList<int>? labels, int[]? given = null)
    {
        int positions = model.Data.Height * model.Data.Width, passes = positions * (model.Law == Kernels.Columns.ColumnLaw.LogisticMixture ? 1 : model.Data.Channels);
        return Timed(
            session,
            (naive, temperature, progress) => PixelRuns.Levels(model, count, labels, new PixelDraw { Temperature = temperature, Naive = naive, Given = given, Progress = progress, Stop = session.Stop }),
            (naive, seconds) => $"{count} images in {seconds:F2} s, {1e3 * seconds / positions / count:G3} ms a pixel and image; {(naive ? $"{passes} full evaluations of the network" : "1 full evaluation's worth of columns")} a batch");
    }

    /// <summary>Draws sequences, and says how fast.</summary>
    /// <param name="prime">What each begins with.</param>
    public int[] Run(Session session, ISequenceModel model, int count, int length, IReadOnlyList<int>? labels, int[] prime) => Timed(
        session,
        (naive, temperature, progress) => SequenceRuns.Codes(
            model, count, length, labels, new SequenceDraw { Temperature = temperature, Naive = naive, Prime = prime, Progress = progress, Stop = session.Stop }),
        (naive, seconds) => $"{count} x {length} codes in {seconds:F2} s, {count * (length - prime.Length) / seconds:F0} a second; {(naive ? $"a whole evaluation over {Math.Min(model.Field, length)} codes each" : "one column a layer each")}");

    /// <param name="draw">By which sampler, at which temperature, telling how many of how many are done.</param>
    /// <param name="report">What to say of it and of the seconds that it took.</param>
    private int[] Timed(Session session, Func<bool, double, Action<int, int>, int[]> draw, Func<bool, double, FormattableString> report)
    {
        bool naive = session.Get(_sampler) == "naive";
        var watch = Stopwatch.StartNew();
        double told = 0;
        int[] drawn = draw(naive, session.Get(_temperature) ?? 1, (done, all) =>
        {
            if (watch.Elapsed.TotalSeconds < told + 2) return;
            told = watch.Elapsed.TotalSeconds;
            session.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{100.0 * done / all:F0} % of {all}, {told * (all - done) / Math.Max(done, 1):F0} s to go"));
        });
        session.Error.WriteLine($"{session.Get(_sampler)} sampler: {FormattableString.Invariant(report(naive, watch.Elapsed.TotalSeconds))}");
        return drawn;
    }

    /// <summary>A model that does not draw pixel by pixel takes neither.</summary>
    public void Refuse(Session session, ZooModel model)
    {
        if (!session.Given(_sampler) && !session.Given(_temperature)) return;
        throw new UsageException($"--sampler and --temperature are of models that draw pixel by pixel; '{model.Name}' makes an image at once.");
    }
}
