using GenEngine.Models;

namespace GenEngine.Bench.Commands;

/// <summary>reconstruct MODEL: images above what is left of them after encoding and decoding.</summary>
internal static class Reconstruct
{
    public static ConsoleCommand Create()
    {
        var command = new ConsoleCommand("reconstruct")
        {
            Examples = [("reconstruct vae", "the first test images"), ("reconstruct cvae --images me.jpg you.png --class ann bob", "your own pictures"), ("reconstruct ae --index 3,14,15 --separate pictures", "a file each")],
        };
        var trained = new TrainedModelOptions(command);
        var chosen = new ChosenImages(command, 48);
        var columns = Options.Number("--columns", "Images in a row.", 1, 12);
        command.Options.Add(columns);
        var output = new PictureOutput(command, "reconstruct.png");
        command.OnRun(session =>
        {
            using var model = trained.Open(session);
            _ = LatentPictures.Encoder(model.Model);
            var images = chosen.Read(session, model);
            float[] copies = ModelRuns.Images(model.Model, images.Count, ModelRuns.Codes(model.Model, images.Pixels, images.Labels), model.Model.IsConditional ? images.Labels : null);
            int pixels = model.Model.Data.Pixels, row = Math.Min(images.Count, session.Get(columns));
            var sheet = new PictureSheet(model.Model) { Columns = row };
            for (int start = 0; start < images.Count; start += row)
            {
                int end = Math.Min(images.Count, start + row);
                for (int i = start; i < end; i++) sheet.Add($"{images.Names[i]}-original", images.Pixels.AsSpan(i * pixels, pixels));
                sheet.EndRow();
                for (int i = start; i < end; i++) sheet.Add($"{images.Names[i]}-reconstruction", copies.AsSpan(i * pixels, pixels));
                sheet.EndRow();
            }

            output.Write(session, model, "reconstruct.png", sheet);
            return ExitCode.Done;
        });
        return command;
    }
}
