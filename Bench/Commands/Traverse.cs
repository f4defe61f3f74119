using System.CommandLine;
using System.Globalization;
using GenEngine.Models;

namespace GenEngine.Bench.Commands;

/// <summary>traverse MODEL: one part of the code at a time, the others held.</summary>
internal static class Traverse
{
    public static ConsoleCommand Create()
    {
        var command = new ConsoleCommand("traverse")
        {
            Examples = [("traverse vae", "the first ten dimensions around a drawn code"), ("traverse vae --index 7 --dimensions 4 --range 3", "around the code of a test image")],
        };
        var trained = new TrainedModelOptions(command);
        var chosen = new ChosenImages(command, 1, "Codes to start from.");
        var columns = Options.Number("--columns", "Values of a number.", 2, 10);
        var dimensions = Options.Number("--dimensions", "Dimensions to move along, of a code without named parts.", 1, 10);
        var range = Options.Number("--range", "Numbers go from minus this to this.", 0.0, 2.0);
        foreach (Option option in (Option[])[columns, dimensions, range]) command.Options.Add(option);
        var output = new PictureOutput(command, "traverse.png");
        command.OnRun(session =>
        {
            using var model = trained.Open(session);
            double[] codes;
            int[] labels;
            if (chosen.Given(session))
            {
                var images = chosen.Read(session, model);
                (codes, labels) = (ModelRuns.Codes(model.Model, images.Pixels, images.Labels), images.Labels ?? []);
            }
            else
            {
                int[] classes = chosen.Classes.ReadDrawn(session, model);
                codes = ModelRuns.DrawCodes(model.Model, chosen.Count(session));
                labels = [.. Enumerable.Range(0, chosen.Count(session)).Select(i => classes.Length > 0 ? classes[i % classes.Length] : i % Math.Max(1, model.Model.Data.Classes))];
            }

            output.Write(session, model, "traverse.png", Draw(model.Model, codes, labels, Parts(model.Model, session.Get(dimensions)), session.Get(columns), session.Get(range)));
            return ExitCode.Done;
        });
        return command;
    }

    private static List<CodePart> Parts(ZooModel model, int dimensions)
    {
        var parts = new List<CodePart>();
        foreach (var part in (model as ICodeParts)?.CodeParts ?? [new CodePart("z", 0, Math.Min(dimensions, model.Latent), CodePartKind.Continuous)])
        {
            if (part.Kind == CodePartKind.Categorical) parts.Add(part);
            else if (part.Kind == CodePartKind.Continuous)
                for (int i = 0; i < part.Size; i++) parts.Add(new CodePart(part.Size == 1 ? part.Name : string.Create(CultureInfo.InvariantCulture, $"{part.Name}{i + 1}"), part.Offset + i, 1, part.Kind));
        }

        return parts;
    }

    private static PictureSheet Draw(ZooModel model, double[] codes, int[] labels, List<CodePart> parts, int columns, double range)
    {
        int latent = model.Latent, wide = parts.Max(part => part.Kind == CodePartKind.Categorical ? part.Size : columns);
        var sheet = new PictureSheet(model) { Columns = wide };
        for (int start = 0; start < codes.Length / latent; start++)
        {
            foreach (var part in parts)
            {
                bool categorical = part.Kind == CodePartKind.Categorical;
                int count = categorical ? part.Size : columns;
                var z = new double[count * latent];
                for (int i = 0; i < count; i++)
                {
                    var code = z.AsSpan(i * latent, latent);
                    codes.AsSpan(start * latent, latent).CopyTo(code);
                    if (categorical) code.Slice(part.Offset, part.Size).Clear();
                    code[part.Offset + (categorical ? i : 0)] = categorical ? 1 : range * ((2.0 * i / (columns - 1)) - 1);
                }

                float[] made = ModelRuns.Images(model, count, z, labels: model.IsConditional ? [.. Enumerable.Repeat(labels[start], count)] : null);
                sheet.RowLabels.Add(part.Name);
                for (int i = 0; i < count; i++) sheet.Add(string.Create(CultureInfo.InvariantCulture, $"{start:000}-{part.Name}-{i:00}"), made.AsSpan(i * model.Data.Pixels, model.Data.Pixels));
                sheet.EndRow();
            }
        }

        return sheet;
    }
}
