using System.CommandLine;
using System.Globalization;
using GenEngine.Kernels;
using GenEngine.Models;

namespace GenEngine.Bench.Commands;

/// <summary>interpolate MODEL: paths between codes, or between classes.</summary>
internal static class Interpolate
{
    public static ConsoleCommand Create()
    {
        var command = new ConsoleCommand("interpolate")
        {
            Examples =
            [
                ("interpolate vae --index 3,8", "from one test image to another"), ("interpolate gan --spherical --count 4", "four paths between drawn codes"),
                ("interpolate cvae --path cat dog", "from class to class, the code held"), ("interpolate vae --images me.jpg you.jpg", "your own pictures"),
            ],
        };
        var trained = new TrainedModelOptions(command);
        var chosen = new ChosenImages(command, 8, "Paths between drawn codes.");
        var path = new ClassOption(command, "--path", "Two classes or more: the class goes from one to the next, the code stays.");
        var columns = Options.Number("--columns", "Images from end to end.", 2, 12);
        var spherical = new Option<bool>("--spherical") { Description = "Along the great circle, and not the straight line: codes of many dimensions keep their length." };
        foreach (Option option in (Option[])[columns, spherical]) command.Options.Add(option);
        var output = new PictureOutput(command, "interpolate.png");
        command.OnRun(session =>
        {
            using var model = trained.Open(session);
            int[] way = path.ReadDrawn(session, model);
            if (way.Length == 1) throw new UsageException("--path goes from one class to another; name two or more.");
            bool images = chosen.Given(session);
            double[] codes, classes = [];
            int kinds = model.Model.Data.Classes;
            if (images)
            {
                var choice = chosen.Read(session, model);
                if (choice.Count < 2 && way.Length == 0) throw new UsageException("A path needs two images; give --index I,J or --images FILE FILE.");
                codes = ModelRuns.Codes(model.Model, choice.Pixels, choice.Labels);
                if (model.Model.IsConditional) classes = ModelRuns.OneHot(choice.Labels!, kinds);
            }
            else
            {
                int[] given = chosen.Classes.ReadDrawn(session, model);
                int count = way.Length > 0 ? chosen.Count(session) : 2 * chosen.Count(session);
                codes = ModelRuns.DrawCodes(model.Model, count);
                if (model.Model.IsConditional) classes = ModelRuns.OneHot([.. Enumerable.Range(0, count).Select(i => given.Length > 0 ? given[i % given.Length] : i / 2 % kinds)], kinds);
            }

            output.Write(session, model, "interpolate.png", Draw(model.Model, codes, classes, way, images, session.Get(columns), session.Get(spherical)));
            return ExitCode.Done;
        });
        return command;
    }

    /// <summary>A row a path: along the classes of <paramref name="way"/> for each code, from image to the next, or between pairs of drawn codes.</summary>
    private static PictureSheet Draw(ZooModel model, double[] codes, double[] classes, int[] way, bool chain, int columns, bool spherical)
    {
        int latent = model.Latent, kinds = model.Data.Classes, count = codes.Length / latent;
        int rows = way.Length > 0 ? count * (way.Length - 1) : chain ? count - 1 : count / 2;
        double[] z = new double[rows * columns * latent], c = new double[rows * columns * (model.IsConditional ? kinds : 0)];
        for (int row = 0; row < rows; row++)
        {
            int from = way.Length > 0 ? row / (way.Length - 1) : chain ? row : 2 * row, to = way.Length > 0 ? from : from + 1;
            for (int column = 0; column < columns; column++)
            {
                double share = column / (columns - 1.0);
                int at = (row * columns) + column;
                CodePath.Between(codes.AsSpan(from * latent, latent), codes.AsSpan(to * latent, latent), share, spherical, z.AsSpan(at * latent, latent));
                if (!model.IsConditional) continue;
                double[] ends = way.Length > 0 ? ModelRuns.OneHot([way[row % (way.Length - 1)], way[(row % (way.Length - 1)) + 1]], kinds) : [.. classes.AsSpan(from * kinds, kinds), .. classes.AsSpan(to * kinds, kinds)];
                CodePath.Between(ends.AsSpan(0, kinds), ends.AsSpan(kinds), share, false, c.AsSpan(at * kinds, kinds));
            }
        }

        float[] made = ModelRuns.Images(model, rows * columns, z, classes: model.IsConditional ? c : null);
        var sheet = new PictureSheet(model) { Columns = columns };
        for (int i = 0; i < rows * columns; i++) sheet.Add(string.Create(CultureInfo.InvariantCulture, $"{i / columns:000}-{i % columns:000}"), made.AsSpan(i * model.Data.Pixels, model.Data.Pixels));
        return sheet;
    }
}
