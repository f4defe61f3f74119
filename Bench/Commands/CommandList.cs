using System.CommandLine;

namespace GenEngine.Bench.Commands;

/// <summary>The commands, in the order of --help. A new command is a class here with a Create method, and a line below.</summary>
internal static class CommandList
{
    private static readonly Entry[] s_commands =
    [
        new("models", ModelsCommand.Create, "List the models: what each is, needs and takes, and its paper."),
        new("train", Train.Create, "Train a model, write its weights and pictures to a run folder."),
        new("import", Import.Create, "Make a run folder of weights that were trained in PyTorch: a safetensors file of its names and layouts."),
        new("runs", RunsCommand.Create, "List the runs, or compare some: where their options differ, and their losses in one picture."),
        new("sample", Sample.Create, "Draw new images from a trained model."),
        new("complete", Complete.Create, "Let a pixel model draw what is missing of an image."),
        new("manifold", Manifold.Create, "Draw the map of a trained model's two-dimensional code."),
        new("reconstruct", Reconstruct.Create, "Encode and decode images: each above its reconstruction."),
        new("interpolate", Interpolate.Create, "Draw the path between two images, two drawn codes, or from class to class."),
        new("swap", Swap.Create, "Swap the class of images while their code stays: a row an image, a column a class."),
        new("traverse", Traverse.Create, "Move along one part of the code at a time: categories, or values from -2 to 2; a row each."),
        new("encode", Codes.CreateEncode, "Write the codes of images as .npy (float32) or .csv, with their classes."),
        new("decode", Codes.CreateDecode, "Draw the images of codes in a .npy or .csv file, a code a row."),
        new("export", Export.Create, "Write the networks of a trained model as ONNX files, which any runtime of that format runs, or its weights for PyTorch."),
        new("evaluate", Evaluate.Create, "Measure a trained model on the test set."),
        new("versus", Versus.Create, "Hold trained models against each other: a sheet of images, figures, and each one's worst mistakes."),
        new("remake", Remake.Create, "Draw a picture or a sound again from what its notes say, and say whether it is identical."),
        new("augment", Augment.Create, "Train a classifier on real images, on generated ones and on both, and compare on the test set."),
        new("reproduce", Reproduce.Create, "Make a row of the README's tables again, by the recipe kept with the models."),
        new("prove", Prove.Create, "Show that an autoregressive model is what its paper says: causal, with its field of view, a distribution, and sampled as it was trained."),
        new("gradcheck", Gradcheck.Create, "Check gradients against central differences in float64."),
        new("devices", Devices.Create, "Show the devices of this machine, what is missing for the others, versions and memory."),
        new("doctor", DoctorCommand.Create, "Check this machine: devices, NVRTC, compiler, caches, data, disk and memory, and what to do about what is missing. Exit code 0 when training works on a device."),
        new("data", DataCommand.Create, "Data sets: what is here, downloads of public ones, and a look at any."),
        new("kernels", KernelsCommand.Create, "The hand-written CUDA kernels: list, compile for any GPU, show, check on the CPU; and run one of your own in their place."),
        new("evidence", EvidenceCommand.Create, "Show which kernel variants have evidence from a GPU (Bench/Evidence) and which have none."),
        new("bench", BenchCommand.Create, "Time this engine's kernels: one shape on any device (gemm, conv, step, ladder), or without a sub-command the micro-benchmarks on the CPU (BenchmarkDotNet), whose results go to BenchmarkDotNet.Artifacts."),
        new("compare", CompareCommand.Create, "Measure this engine against TorchSharp (tuned) on the CPU: peer, ours, peer, ours ... in one run; medians and ratios (peer / ours). "
            + "The peer is published once into the user's cache: 135 MB to download, 480 MB on disk."),
        new("completion", CompletionCommand.Create, "Print the script that completes commands, options, models, data sets and runs at Tab; its head says where it goes."),
        new(CurvesCommand.Name, CurvesCommand.Create, "Make a reference curve of finished runs that differ in their seeds alone; those in Models/Curves are built into the program.", Hidden: true),
        new(StartupProbe.Name, StartupProbe.Create, "One VAE training step from nothing.", Hidden: true),
    ];

    /// <summary>Names of the commands that --help shows, for which none of them need be made.</summary>
    public static IEnumerable<string> Names => s_commands.Where(entry => !entry.Hidden).Select(entry => entry.Name);

    /// <summary>All commands.</summary>
    public static IEnumerable<Command> Create() => [.. s_commands.Select(entry => entry.Command())];

    /// <summary>The commands without their options and sub-commands: as much of them as the program's own --help shows.</summary>
    public static IEnumerable<Command> Outline() => [.. s_commands.Select(entry => new Command(entry.Name, entry.Purpose) { Hidden = entry.Hidden })];

    /// <summary>
    /// As much of the commands as a line needs: the one that it begins with, alone; their outline for the program's own --help and
    /// --version; all of them when it begins with anything else, for the nearest name. To build the options of all commands takes a tenth
    /// of a second.
    /// </summary>
    public static IEnumerable<Command> For(string[] args)
    {
        if (args is [] or ["--help" or "-h" or "-?" or "/h" or "/?" or "--version"]) return Outline();
        return args.Length > 0 && Array.Find(s_commands, entry => entry.Name == args[0]) is { } wanted ? [wanted.Command()] : Create();
    }

    private sealed record Entry(string Name, Func<ConsoleCommand> Create, string Purpose, bool Hidden = false)
    {
        public ConsoleCommand Command()
        {
            var command = Create();
            (command.Description, command.Hidden) = (Purpose, Hidden);
            return command;
        }
    }
}
