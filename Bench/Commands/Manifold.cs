using System.CommandLine;
using GenEngine.Files;
using GenEngine.Models;

namespace GenEngine.Bench.Commands;

/// <summary>manifold MODEL: a map of the code's plane.</summary>
internal static class Manifold
{
    public static Command Create()
    {
        var command = new ConsoleCommand("manifold", "Draw the map of a trained model's two-dimensional code.")
        {
            Examples = [("manifold vae", "20 x 20 images over the plane of the code"), ("manifold vae --side 40 --out map.png", "a finer map")],
        };
        var trained = new TrainedModelOptions(command);
        var side = Options.Number("--side", "Images along each side.", 2, 20);
        var output = Options.Out("PNG file to write; manifold-<side>.png in the run folder when not given.");
        foreach (Option option in (Option[])[side, output]) command.Options.Add(option);
        command.OnRun(session =>
        {
            using var model = trained.Open(session);
            string path = session.Get(output) ?? model.Run.File(FormattableString.Invariant($"manifold-{session.Get(side)}.png"));
            Png.Write(path, LatentPictures.Manifold(model.Model, session.Get(side)), ("Software", "GenEngine"), ("Run", model.Run.Path));
            session.Out.WriteLine(path);
            return ExitCode.Done;
        });
        return command;
    }
}
