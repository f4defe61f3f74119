using System.CommandLine;
using System.Globalization;
using System.Security.Cryptography;
using GenEngine.Data;
using GenEngine.Export;
using GenEngine.Kernels;
using GenEngine.Models;
using GenEngine.Runs;
using GenEngine.Text;

namespace GenEngine.Bench.Commands;

/// <summary>export MODEL: the networks of a trained model as files that others can run.</summary>
internal static class Export
{
    private const string Onnx = ".onnx";

    /// <summary>Writes a part of a model to a file.</summary>
    private delegate void Writer(string path, IModel model, string part, IReadOnlyDictionary<string, string> metadata);

    public static Command Create()
    {
        var command = new ConsoleCommand("export", "Write the networks of a trained model as ONNX files, which any runtime of that format runs.")
        {
            Examples =
            [
                ("export vae", "encoder.onnx and decoder.onnx of the newest VAE, in its run folder"),
                ("export gan --part generator --out faces.onnx", "one network, to a file of your choice"),
                ("export wavenet --run runs/wavenet-text-1", "codes to logits, for sequences of any length"),
            ],
        };
        var trained = new TrainedModelOptions(command);
        var part = new Option<string?>("--part") { HelpName = "NAME", Description = "Which network: encoder, decoder, generator, discriminator, classifier, recogniser or network; all that the model has when not given." };
        var output = Options.Out("File to write, .onnx; of several networks FILE-NAME.onnx. export/NAME.onnx in the run folder when not given.");
        foreach (Option option in (Option[])[part, output]) command.Options.Add(option);
        command.OnRun(session =>
        {
            string? file = session.Get(output);
            var write = WriterOf(file ?? Onnx);
            var run = trained.Find(session);
            if (Zoo.Find(run.Config.Model).NeedsSequences)
            {
                using var sequences = trained.OpenSequences(session, run);
                return Write(session, sequences.Model, run, session.Get(part), file, write);
            }

            using var model = trained.Open(session, run);
            return Write(session, model.Any, run, session.Get(part), file, write);
        });
        return command;
    }

    /// <summary>The format that a file's name asks for.</summary>
    private static Writer WriterOf(string file) => Path.GetExtension(file) switch
    {
        Onnx => OnnxExport.Write,
        _ => throw new UsageException($"Networks are written as {Onnx} files, and '{file}' is none."),
    };

    private static int Write(Session session, IModel model, RunFolder run, string? part, string? file, Writer write)
    {
        var parts = OnnxExport.Parts(model);
        string[] names = [.. parts.Select(each => each.Name)];
        if (part is not null && !names.Contains(part)) throw new EngineException(NearestName.Unknown("part", part, names));
        var chosen = parts.Where(each => part is null || each.Name == part).ToList();
        var metadata = Metadata(run);
        foreach (var each in chosen)
        {
            session.Stop.ThrowIfCancellationRequested();
            string path = file is null ? Path.Combine(run.Path, "export", $"{each.Name}{Onnx}")
                : chosen.Count == 1 ? file
                : Path.Combine(Path.GetDirectoryName(file) ?? "", $"{Path.GetFileNameWithoutExtension(file)}-{each.Name}{Path.GetExtension(file)}");
            write(path, model, each.Name, metadata);
            session.Out.WriteLine(path);
            foreach (var port in each.Inputs) session.Out.WriteLine($"  takes {port}");
            foreach (var port in each.Outputs) session.Out.WriteLine($"  gives {port}");
        }

        session.Error.WriteLine($"To run one from C#, by the package Microsoft.ML.OnnxRuntime: {Use(chosen[0])}");
        return ExitCode.Done;
    }

    private static Dictionary<string, string> Metadata(RunFolder run)
    {
        using var weights = File.OpenRead(run.RequireWeights());
        var said = new Dictionary<string, string>
        {
            ["data"] = DataSets.ShortName(run.Config.Data),
            ["engine"] = run.Config.Engine,
            ["weights.sha256"] = Convert.ToHexStringLower(SHA256.HashData(weights)),
        };
        if (run.Config.TrainHash is { } hash) said["data.sha256"] = hash;
        if (run.Config.ClassNames is { Count: > 0 } names) said["classes"] = OnnxExport.Names(names);
        return said;
    }

    /// <summary>A line that runs the part on one example.</summary>
    private static string Use(NetworkPart part)
    {
        var inputs = part.Inputs.Select(port =>
        {
            string type = port.Kind == PortKind.Codes ? "long" : "float";
            var extents = port.FileExtents.Select(extent => extent is "length" ? "100" : extent is string ? "1" : Convert.ToString(extent, CultureInfo.InvariantCulture));
            return $"NamedOnnxValue.CreateFromTensor(\"{port.Name}\", new DenseTensor<{type}>(new[] {{ {string.Join(", ", extents)} }}))";
        });
        return $"new InferenceSession(file).Run([{string.Join(", ", inputs)}])";
    }
}
