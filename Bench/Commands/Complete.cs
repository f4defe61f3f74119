using System.CommandLine;
using GenEngine.Files;
using GenEngine.Kernels;
using GenEngine.Models;

namespace GenEngine.Bench.Commands;

/// <summary>complete MODEL: images of which a part is given, the rest drawn pixel by pixel.</summary>
internal static class Complete
{
    public static ConsoleCommand Create()
    {
        var command = new ConsoleCommand("complete")
        {
            Examples =
            [
                ("complete gated-pixelcnn", "the lower halves of eight test images, five times each"),
                ("complete pixelcnn --images me.png --keep 0.3", "a picture of your own, of which the upper third is kept"),
                ("complete gated-pixelcnn --mask hole.png", "what is black in a mask of the images' size is drawn, what is white stays"),
            ],
        };
        var trained = new TrainedModelOptions(command);
        var chosen = new ChosenImages(command, 8);
        var keep = Options.OptionalNumber("--keep", "Share of the rows, from above, that is kept; a half when not given.", 0.0, 1.0);
        var mask = new Option<string?>("--mask") { HelpName = "FILE", Description = "A picture of the images' size: what is black is drawn anew." };
        var draws = Options.Number("--draws", "Completions of each image.", 1, 5);
        foreach (Option option in (Option[])[keep, mask, draws]) command.Options.Add(option);
        var drawing = new DrawOptions(command);
        var output = new PictureOutput(command, "completions-seed<seed>.png");
        command.OnRun(session =>
        {
            if (session.Given(keep) && session.Given(mask)) throw new UsageException("--keep and --mask both say what is given; give one of them.");
            using var model = trained.Open(session);
            var pixels = model.Any as PixelModel
                ?? throw new EngineException($"'{model.Any.Name}' makes an image at once, so it cannot fill in a part. Models that can: pixelcnn, gated-pixelcnn.");
            var known = session.Get(mask) is { } file ? Mask(file, pixels.Data) : Rows(session.Get(keep) ?? 0.5, pixels.Data);
            var images = chosen.Read(session, model);
            if (pixels.IsConditional && images.Labels is null) throw new EngineException($"'{pixels.Name}' was trained with classes; say with --class what the images are.");
            output.Write(session, model, FormattableString.Invariant($"completions-seed{model.Context.Seed}.png"), Draw(session, pixels, images, known, session.Get(draws), drawing));
            return ExitCode.Done;
        });
        return command;
    }

    /// <summary>A row an image: itself, what is given of it, its completions.</summary>
    private static PictureSheet Draw(Session session, PixelModel model, ImageChoice images, bool[] known, int draws, DrawOptions drawing)
    {
        int size = model.Data.Pixels, channels = model.Data.Channels;
        int[] levels = PixelRuns.ToLevels(model, images.Pixels), given = new int[images.Count * draws * size];
        for (int i = 0; i < given.Length; i++) given[i] = known[i % size / channels] ? levels[(i / (draws * size) * size) + (i % size)] : -1;
        int[]? labels = model.IsConditional ? [.. Enumerable.Range(0, images.Count * draws).Select(i => images.Labels![i / draws])] : null;
        float[] made = PixelRuns.ToPixels(model, drawing.Run(session, model, images.Count * draws, labels, given));
        var sheet = new PictureSheet(model) { Columns = draws + 2, ColumnLabels = ["image", "given", .. Enumerable.Range(1, draws).Select(draw => FormattableString.Invariant($"{draw}"))] };
        for (int image = 0; image < images.Count; image++)
        {
            var whole = images.Pixels.AsSpan(image * size, size);
            var part = whole.ToArray();
            for (int i = 0; i < size; i++) part[i] = known[i / channels] ? part[i] : 0.5f;
            sheet.Add($"{images.Names[image]}-image", whole);
            sheet.Add($"{images.Names[image]}-given", part);
            for (int draw = 0; draw < draws; draw++) sheet.Add(FormattableString.Invariant($"{images.Names[image]}-{draw + 1}"), made.AsSpan(((image * draws) + draw) * size, size));
        }

        return sheet;
    }

    private static bool[] Rows(double share, DataShape data)
    {
        if (share > 1) throw new UsageException($"--keep is a share of the rows, 0 to 1, not {share}.");
        int rows = (int)Math.Round(share * data.Height);
        return [.. Enumerable.Range(0, data.Height * data.Width).Select(position => position / data.Width < rows)];
    }

    private static bool[] Mask(string file, DataShape data)
    {
        Bitmap picture;
        try
        {
            picture = PictureFile.Decode(File.ReadAllBytes(file), out _);
        }
        catch (Exception e) when (e is PictureException or IOException or UnauthorizedAccessException)
        {
            throw new EngineException($"Cannot read the mask '{file}': {e.Message.TrimEnd('.')}.", e);
        }

        if (picture.Width != data.Width || picture.Height != data.Height)
            throw new EngineException($"The mask '{file}' is {picture.Width}x{picture.Height}; the model's images are {data.Width}x{data.Height}, and the mask must be as large.");
        int channels = picture.Channels;
        return [.. Enumerable.Range(0, data.Height * data.Width).Select(position => picture.Pixels[position * channels] >= 128)];
    }
}
