using System.CommandLine;
using System.Globalization;
using System.Text;
using GenEngine.Files;
using GenEngine.Kernels;
using GenEngine.Models;

namespace GenEngine.Bench.Commands;

/// <summary>encode MODEL and decode MODEL: codes of images as files, and images of such files.</summary>
internal static class Codes
{
    private static readonly string[] s_kinds = [".npy", ".csv"];

    public static ConsoleCommand CreateEncode()
    {
        var command = new ConsoleCommand("encode")
        {
            Examples = [("encode vae --out codes.csv", "all test images"), ("encode ae --images a.jpg b.png --out codes.npy", "your own pictures")],
        };
        var trained = new TrainedModelOptions(command);
        var chosen = new ChosenImages(command, 1, "Test images, the first ones; all when not given.");
        var output = Options.Out("File to write, .npy or .csv; codes.npy in the run folder when not given. Classes go to NAME-labels.npy, or the column 'label'.");
        command.Options.Add(output);
        command.OnRun(session =>
        {
            string? given = session.Get(output);
            if (given is not null) CheckKind(given);
            using var model = trained.Open(session);
            _ = LatentPictures.Encoder(model.Model);
            var images = chosen.Read(session, model, all: true);
            double[] codes = ModelRuns.Codes(model.Model, images.Pixels, images.Labels);
            string path = given ?? model.Run.File("codes.npy");
            if (Path.GetExtension(path) == ".csv") OutputPath.WriteFile(path, Csv(codes, model.Model.Latent, images.Labels));
            else Npy.Write(path, Array.ConvertAll(codes, code => (float)code), model.Model.Latent);
            session.Out.WriteLine(path);
            if (Path.GetExtension(path) != ".npy" || images.Labels is null) return ExitCode.Done;
            string labels = $"{path[..^4]}-labels.npy";
            Npy.Write(labels, images.Labels);
            session.Out.WriteLine(labels);
            return ExitCode.Done;
        });
        return command;
    }

    public static ConsoleCommand CreateDecode()
    {
        var command = new ConsoleCommand("decode")
        {
            Examples = [("decode vae --codes codes.npy", "as one sheet"), ("decode cvae --codes codes.csv --class cat --separate pictures", "all as cats, a file each")],
        };
        var trained = new TrainedModelOptions(command);
        var file = new Option<string>("--codes") { HelpName = "FILE", Description = "Codes: .npy, float32 or float64, or .csv with a header and the column 'label' if it is to say the classes.", Required = true };
        var classes = new ClassOption(command, "--class", "The class of the images: one for all, or one each.");
        var columns = Options.Number("--columns", "Images in a row.", 1, 12);
        foreach (Option option in (Option[])[file, columns]) command.Options.Add(option);
        var output = new PictureOutput(command, "decode.png");
        command.OnRun(session =>
        {
            string path = session.Get(file)!;
            CheckKind(path);
            using var model = trained.Open(session);
            var (codes, rows, width, labels) = Read(path);
            if (width != model.Model.Latent) throw new EngineException($"'{path}' has codes of {width} numbers; those of this '{model.Model.Name}' have {model.Model.Latent}.");
            if (rows == 0) throw new EngineException($"'{path}' has no codes.");
            int[] given = classes.ReadDrawn(session, model);
            if (given.Length > 1 && given.Length != rows) throw new EngineException($"--class names {given.Length} classes for {rows} codes; give one for all or one each.");
            if (given.Length > 0) labels = [.. Enumerable.Range(0, rows).Select(i => given[given.Length == 1 ? 0 : i])];
            if (model.Model.IsConditional && labels is null) throw new EngineException($"'{model.Model.Name}' makes images of a class; say with --class which: {string.Join(", ", model.ClassNames)}.");
            if (labels?.FirstOrDefault(label => label >= model.ClassNames.Count, -1) is { } wrong and >= 0 && model.Model.IsConditional) _ = model.ClassOf(wrong.ToString(CultureInfo.InvariantCulture));
            float[] made = ModelRuns.Images(model.Model, rows, codes, labels: model.Model.IsConditional ? labels : null);
            var sheet = new PictureSheet(model.Model) { Columns = Math.Min(rows, session.Get(columns)) };
            for (int i = 0; i < rows; i++) sheet.Add(string.Create(CultureInfo.InvariantCulture, $"{i:00000}"), made.AsSpan(i * model.Model.Data.Pixels, model.Model.Data.Pixels));
            sheet.EndRow();
            output.Write(session, model, "decode.png", sheet);
            return ExitCode.Done;
        });
        return command;
    }

    private static void CheckKind(string path)
    {
        if (!s_kinds.Contains(Path.GetExtension(path))) throw new UsageException($"Codes are .npy or .csv files, and '{path}' is neither.");
    }

    private static string Csv(double[] codes, int latent, int[]? labels)
    {
        var text = new StringBuilder();
        text.AppendJoin(',', Enumerable.Range(1, latent).Select(i => string.Create(CultureInfo.InvariantCulture, $"z{i}"))).Append(labels is null ? "\n" : ",label\n");
        for (int row = 0; row < codes.Length / latent; row++)
        {
            text.AppendJoin(',', Enumerable.Range(row * latent, latent).Select(i => ((float)codes[i]).ToString("R", CultureInfo.InvariantCulture)));
            if (labels is not null) text.Append(CultureInfo.InvariantCulture, $",{labels[row]}");
            text.Append('\n');
        }

        return text.ToString();
    }

    private static (double[] Codes, int Rows, int Width, int[]? Labels) Read(string path)
    {
        try
        {
            if (Path.GetExtension(path) == ".csv") return ReadCsv(path);
            var (values, rows, columns) = Npy.Read(path);
            return (values, rows, columns, null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new EngineException($"Cannot read '{path}': {e.Message}", e);
        }
    }

    private static (double[] Codes, int Rows, int Width, int[]? Labels) ReadCsv(string path)
    {
        string[] lines = [.. File.ReadAllLines(path).Where(line => line.Length > 0)];
        if (lines.Length == 0) throw new EngineException($"'{path}' is empty; its first line names the columns: z1,z2,...");
        string[] header = lines[0].Split(',', StringSplitOptions.TrimEntries);
        int label = Array.IndexOf(header, "label"), width = label >= 0 ? header.Length - 1 : header.Length;
        var codes = new List<double>();
        var labels = new List<int>();
        for (int line = 1; line < lines.Length; line++)
        {
            string[] cells = lines[line].Split(',', StringSplitOptions.TrimEntries);
            if (cells.Length != header.Length) throw new EngineException($"'{path}', line {line + 1}: {cells.Length} columns where the header has {header.Length}.");
            for (int i = 0; i < cells.Length; i++)
            {
                bool fits = i == label
                    ? Add(labels, int.TryParse(cells[i], NumberStyles.None, CultureInfo.InvariantCulture, out int whole), whole)
                    : Add(codes, double.TryParse(cells[i], NumberStyles.Float, CultureInfo.InvariantCulture, out double number), number);
                if (!fits) throw new EngineException($"'{path}', line {line + 1}: '{cells[i]}' in the column {header[i]} is no {(i == label ? "class number" : "number")}.");
            }
        }

        return ([.. codes], lines.Length - 1, width, label >= 0 ? [.. labels] : null);
    }

    private static bool Add<T>(List<T> list, bool parsed, T value)
    {
        if (parsed) list.Add(value);
        return parsed;
    }
}
