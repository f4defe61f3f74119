using System.CommandLine;
using GenEngine.Models;

namespace GenEngine.Bench.Commands;

/// <summary>sample MODEL: new images from the prior.</summary>
internal static class Sample
{
    public static Command Create()
    {
        var command = new ConsoleCommand("sample", "Draw new images from a trained model.")
        {
            Examples = [("sample vae", "144 images from the newest VAE"), ("sample vae --count 400 --columns 20 --seed 7 --out digits.png", "another draw, to a file of your choice"), ("sample ae --standard-normal", "what an autoencoder makes of a VAE's codes")],
        };
        var trained = new TrainedModelOptions(command);
        var count = Options.Number("--count", "Images.", 1, 144);
        var columns = Options.Number("--columns", "Images in a row.", 1, 12);
        var normal = Options.StandardNormal();
        foreach (Option option in (Option[])[count, columns, normal]) command.Options.Add(option);
        var classes = new ClassOption(command, "--class", "Classes to draw in turn, for a conditional model; all when not given.");
        var output = new PictureOutput(command, "samples-seed<seed>.png");
        command.OnRun(session =>
        {
            using var model = trained.Open(session);
            if (session.Get(normal)) model.DrawStandardNormal();
            int[] given = classes.ReadDrawn(session, model);
            output.Write(session, model, FormattableString.Invariant($"samples-seed{model.Context.Seed}.png"), Draw(model.Model, session.Get(count), session.Get(columns), given));
            return ExitCode.Done;
        });
        return command;
    }

    /// <summary>A conditional model goes through its classes, one image after another.</summary>
    private static PictureSheet Draw(GenerativeModel model, int count, int columns, int[] classes)
    {
        int[]? labels = model.IsConditional ? [.. Enumerable.Range(0, count).Select(i => classes.Length > 0 ? classes[i % classes.Length] : i % model.Data.Classes)] : null;
        float[] images = ModelRuns.Images(model, count, codes: null, labels: labels);
        var sheet = new PictureSheet(model) { Columns = columns };
        for (int i = 0; i < count; i++) sheet.Add(FormattableString.Invariant($"{i:00000}"), images.AsSpan(i * model.Data.Pixels, model.Data.Pixels));
        sheet.EndRow();
        return sheet;
    }
}
