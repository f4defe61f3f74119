using System.CommandLine;
using System.Globalization;
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
    private const string Onnx = ".onnx", SafeTensors = ".safetensors";

    public static ConsoleCommand Create()
    {
        var command = new ConsoleCommand("export")
        {
            Examples =
            [
                ("export vae", "encoder.onnx and decoder.onnx of the newest VAE, in its run folder"),
                ("export gan --part generator --out faces.onnx", "one network, to a file of your choice"),
                ("export cvae --out cvae.safetensors", "all weights by PyTorch's names and in its layouts; 'import' is the way back"),
                ("export wavenet --run runs/wavenet-text-1", "codes to logits, for sequences of any length"),
            ],
        };
        var trained = new TrainedModelOptions(command);
        var part = new Option<string?>("--part") { HelpName = "NAME", Description = "Which network to write as ONNX: encoder, decoder, generator, discriminator, classifier, recogniser or network; all that the model has when not given." };
        var output = Options.Out("File to write: .onnx, of several networks FILE-NAME.onnx, or .safetensors for PyTorch. export/NAME.onnx in the run folder when not given.");
        foreach (Option option in (Option[])[part, output]) command.Options.Add(option);
        command.OnRun(session =>
        {
            string? file = session.Get(output);
            CheckKind(file ?? Onnx, session.Get(part));
            var run = trained.Find(session);
            if (Zoo.Find(run.Config.Model).NeedsSequences)
            {
                using var sequences = trained.OpenSequences(session, run);
                return Write(session, sequences.Model, run, session.Get(part), file);
            }

            using var model = trained.Open(session, run);
            return Write(session, model.Any, run, session.Get(part), file);
        });
        return command;
    }

    private static void CheckKind(string file, string? part)
    {
        if (Path.GetExtension(file) is not (Onnx or SafeTensors)) throw new UsageException($"Networks are written as {Onnx} files and weights as {SafeTensors} files, and '{file}' is neither.");
        if (Path.GetExtension(file) == SafeTensors && part is not null) throw new UsageException($"A {SafeTensors} file holds the weights of all networks; leave --part out.");
    }

    private static int Write(Session session, IModel model, RunFolder run, string? part, string? file)
    {
        var metadata = Metadata(run);
        if (Path.GetExtension(file) == SafeTensors)
        {
            PyTorchWeights.Export(file!, model.Groups, new Dictionary<string, string>(metadata) { ["model"] = model.Name });
            session.Out.WriteLine(file);
            session.Error.WriteLine("Its tensors are called NETWORK.LAYER.weight and so on, by the names of 'models'; load_state_dict takes them where modules are called alike.");
            return ExitCode.Done;
        }

        var parts = OnnxExport.Parts(model);
        string[] names = [.. parts.Select(each => each.Name)];
        if (part is not null && !names.Contains(part)) throw new EngineException(NearestName.Unknown("part", part, names));
        var chosen = parts.Where(each => part is null || each.Name == part).ToList();
        foreach (var each in chosen)
        {
            session.Stop.ThrowIfCancellationRequested();
            string path = file is null ? Path.Combine(run.Path, "export", $"{each.Name}{Onnx}")
                : chosen.Count == 1 ? file
                : Path.Combine(Path.GetDirectoryName(file) ?? "", $"{Path.GetFileNameWithoutExtension(file)}-{each.Name}{Path.GetExtension(file)}");
            OnnxExport.Write(path, model, each.Name, metadata);
            session.Out.WriteLine(path);
            foreach (var port in each.Inputs) session.Out.WriteLine($"  takes {port}");
            foreach (var port in each.Outputs) session.Out.WriteLine($"  gives {port}");
        }

        session.Error.WriteLine($"To run one from C#, by the package Microsoft.ML.OnnxRuntime: {Use(chosen[0])}");
        return ExitCode.Done;
    }

    private static Dictionary<string, string> Metadata(RunFolder run)
    {
        var said = new Dictionary<string, string>
        {
            ["data"] = DataSets.ShortName(run.Config.Data),
            ["engine"] = run.Config.Engine,
            ["weights.sha256"] = run.WeightsHash()!,
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
