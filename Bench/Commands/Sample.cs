using System.CommandLine;
using GenEngine.Files;
using GenEngine.Models;

namespace GenEngine.Bench.Commands;

/// <summary>sample MODEL: new images from the prior.</summary>
internal static class Sample
{
    public static Command Create()
    {
        var command = new ConsoleCommand("sample", "Draw new images from a trained model.")
        {
            Examples = [("sample vae", "144 images from the newest VAE"), ("sample vae --count 400 --columns 20 --seed 7 --out digits.png", "another draw, to a file of your choice")],
        };
        var trained = new TrainedModelOptions(command);
        var count = Options.Number("--count", "Images.", 1, 144);
        var columns = Options.Number("--columns", "Images in a row.", 1, 12);
        var output = Options.Out("PNG file to write; samples-seed<seed>.png in the run folder when not given.");
        foreach (Option option in (Option[])[count, columns, output]) command.Options.Add(option);
        command.OnRun(session =>
        {
            using var model = trained.Open(session);
            string path = session.Get(output) ?? model.Run.File(FormattableString.Invariant($"samples-seed{model.Context.Seed}.png"));
            Png.Write(path, Draw(model.Model, session.Get(count), session.Get(columns)), ("Software", "GenEngine"), ("Run", model.Run.Path));
            session.Out.WriteLine(path);
            return ExitCode.Done;
        });
        return command;
    }

    /// <summary>A conditional model goes through its classes, one image after another.</summary>
    private static Bitmap Draw(GenerativeModel model, int count, int columns) =>
        LatentPictures.Samples(model, count, columns, model.IsConditional ? [.. Enumerable.Range(0, count).Select(i => i % model.Data.Classes)] : null);
}
