using System.CommandLine;
using GenEngine.Models;

namespace GenEngine.Bench.Commands;

/// <summary>manifold MODEL: a map of the code's plane.</summary>
internal static class Manifold
{
    public static ConsoleCommand Create()
    {
        var command = new ConsoleCommand("manifold")
        {
            Examples = [("manifold vae", "20 x 20 images over the plane of the code"), ("manifold vae --side 40 --out map.png", "a finer map")],
        };
        var trained = new TrainedModelOptions(command);
        var side = Options.Sides("Images along each side.", 2, 1000, 1, 20);
        command.Options.Add(side);
        var classes = new ClassOption(command, "--class", "The class of the images, for a conditional model; the first when not given.");
        var output = new PictureOutput(command, "manifold-<side>.png");
        command.OnRun(session =>
        {
            using var model = trained.Open(session);
            int[] given = classes.ReadDrawn(session, model);
            if (given.Length > 1) throw new UsageException("A map is of one class; give --class one name.");
            int count = session.Get(side)![0] * session.Get(side)![0], pixels = model.Model.Data.Pixels;
            int[]? labels = model.Model.IsConditional ? [.. Enumerable.Repeat(given.FirstOrDefault(), count)] : null;
            float[] images = ModelRuns.Images(model.Model, count, LatentPictures.ManifoldCodes(model.Model, session.Get(side)![0]), labels: labels);
            var sheet = new PictureSheet(model.Model) { Columns = session.Get(side)![0], Gap = 0 };
            for (int i = 0; i < count; i++) sheet.Add(FormattableString.Invariant($"{i / session.Get(side)![0]:000}-{i % session.Get(side)![0]:000}"), images.AsSpan(i * pixels, pixels));
            string name = given.Length > 0 ? FormattableString.Invariant($"manifold-{session.Get(side)![0]}-class{given[0]}.png") : FormattableString.Invariant($"manifold-{session.Get(side)![0]}.png");
            output.Write(session, model, name, sheet);
            return ExitCode.Done;
        });
        return command;
    }
}
