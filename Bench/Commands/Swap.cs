using System.CommandLine;
using GenEngine.Data;
using GenEngine.Kernels;
using GenEngine.Models;

namespace GenEngine.Bench.Commands;

/// <summary>swap MODEL: the class changes, the code stays.</summary>
internal static class Swap
{
    public static ConsoleCommand Create()
    {
        var command = new ConsoleCommand("swap")
        {
            Examples = [("swap cvae", "eight test images as every class"), ("swap cvae --images me.jpg --class ann --to bob", "your own picture of ann as bob"), ("swap cvae --index 5 --truth false", "avatars without the true drawings")],
        };
        var trained = new TrainedModelOptions(command);
        var chosen = new ChosenImages(command, 8);
        var to = new ClassOption(command, "--to", "Classes to swap to; all when not given.");
        var truth = new Option<bool?>("--truth") { HelpName = "true|false", Description = "Under each swap the true drawing of that person with the source's pose and light; avatars only, where it is the default." };
        command.Options.Add(truth);
        var output = new PictureOutput(command, "swap.png");
        command.OnRun(session =>
        {
            using var model = trained.Open(session);
            if (!model.Model.IsConditional)
                throw new EngineException($"'{model.Model.Name}' is not told a class, so there is none to swap. Train a model that is: {Zoo.NamesOf(other => other is { NeedsClasses: true, HasEncoder: true })}.");
            _ = LatentPictures.Encoder(model.Model);
            int[] targets = to.Read(session, model);
            if (targets.Length == 0) targets = [.. Enumerable.Range(0, model.ClassNames.Count)];
            var images = chosen.Read(session, model);
            bool known = model.Run.Config.Data == AvatarSource.SetName && images.Indices is not null && model.TestSet.Factors is not null;
            if (session.Get(truth) == true && !known) throw new EngineException("--truth draws avatars, for test images of the set 'avatars'.");
            output.Write(session, model, "swap.png", Draw(model, images, targets, session.Get(truth) ?? known));
            return ExitCode.Done;
        });
        return command;
    }

    private static PictureSheet Draw(TrainedModel trained, ImageChoice images, int[] targets, bool truth)
    {
        var model = trained.Model;
        int pixels = model.Data.Pixels, each = targets.Length + 1, latent = model.Latent;
        double[] found = ModelRuns.Codes(model, images.Pixels, images.Labels), codes = new double[images.Count * each * latent];
        var labels = new int[images.Count * each];
        for (int i = 0; i < labels.Length; i++)
        {
            found.AsSpan(i / each * latent, latent).CopyTo(codes.AsSpan(i * latent));
            labels[i] = i % each == 0 ? images.Labels![i / each] : targets[(i % each) - 1];
        }

        float[] made = ModelRuns.Images(model, labels.Length, codes, labels);
        string[] names = [.. targets.Select(target => trained.ClassNames[target])];
        var sheet = new PictureSheet(model) { Columns = each + 1, ColumnLabels = ["original", "copy", .. names] };
        for (int image = 0; image < images.Count; image++)
        {
            sheet.RowLabels.Add(trained.ClassNames[images.Labels![image]]);
            sheet.Add($"{images.Names[image]}-original", images.Pixels.AsSpan(image * pixels, pixels));
            for (int i = 0; i < each; i++) sheet.Add($"{images.Names[image]}-{(i == 0 ? "reconstruction" : names[i - 1])}", made.AsSpan(((image * each) + i) * pixels, pixels));
            if (truth) AddTruth(sheet, trained, images, image, targets, names);
        }

        return sheet;
    }

    private static void AddTruth(PictureSheet sheet, TrainedModel trained, ImageChoice images, int image, int[] targets, string[] names)
    {
        float[] factors = trained.TestSet.Factors!;
        var rows = new float[targets.Length * AvatarFactors.Count];
        for (int i = 0; i < targets.Length; i++) factors.AsSpan(images.Indices![image] * AvatarFactors.Count, AvatarFactors.Count).CopyTo(rows.AsSpan(i * AvatarFactors.Count));
        var drawn = UserPictures.Avatars(targets, rows, trained.Model.Data.Height, trained.Model.Data.Channels);
        sheet.RowLabels.Add("truth");
        sheet.AddBlank();
        sheet.AddBlank();
        for (int i = 0; i < targets.Length; i++) sheet.Add($"{images.Names[image]}-{names[i]}-truth", Array.ConvertAll(drawn.Item(i).ToArray(), value => value / 255f));
    }
}
