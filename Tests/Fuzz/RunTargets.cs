using System.Security.Cryptography;
using System.Text.Json;
using System.Text.RegularExpressions;
using GenEngine.Data;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Models;
using GenEngine.Runs;

namespace GenEngine.Tests.Fuzz;

/// <summary>What a run leaves in its folder: run.json, metrics.jsonl, the manifest and the checkpoints. Each target has a run of its own.</summary>
internal sealed partial class RunTargets : IDisposable
{
    private readonly string _root;
    private readonly CpuDevice _device = new(new CpuOptions(1));
    private readonly Context _context;
    private readonly DeviceDataset _data;
    private readonly IModel _model;
    private readonly ModelOptions _options;

    /// <param name="root">Folder of the runs, one a target.</param>
    public RunTargets(string root)
    {
        _root = root;
        _context = new Context(_device, seed: 5);
        _data = new DeviceDataset(_context, DataSets.Load("digits", "train", new DataOptions { Limit = 16 }));
        var vae = Zoo.Find("vae");
        _options = vae.Resolve(new ModelOptions { Hidden = [1], Latent = 1, Steps = 10 }, _data.Shape);
        _model = vae.Build(_context, _data.Shape, _options);
    }

    /// <summary>A checkpoint is as long as what it is made of, however it is damaged: what is read back is the model's.</summary>
    private static long CheckpointBytes => 128 << 10;

    public IEnumerable<FuzzTarget> All()
    {
        RunFolder of = NewRun("run"), measured = NewRun("metrics"), named = NewRun("manifest"), saved = NewRun("checkpoint");
        yield return new FuzzTarget("run", [File.ReadAllBytes(of.File("run.json")), .. OtherRuns()], (_, _) => RunFolder.Open(of.Path)) { FileName = "run.json", Mutate = Mutator.Json, Place = Field() };

        var metrics = new RunMetrics(["loss", "kl"], 400);
        for (int step = 1; step <= 40; step++) metrics.Add(step, [1.0 / step, step]);
        yield return new FuzzTarget("metrics", [System.Text.Encoding.UTF8.GetBytes(metrics.Lines())], (_, _) => measured.Metrics()) { FileName = "metrics.jsonl", Mutate = Mutator.Json, Place = Field() };

        foreach (var run in (RunFolder[])[named, saved])
        {
            var checkpoints = new Checkpoints(run);
            checkpoints.Save(_model, _data, 3, 2.5, metrics.State);
            if (run == named) checkpoints.Save(_model, _data, 6, 1.5, metrics.State);
        }

        yield return new FuzzTarget("manifest", [File.ReadAllBytes(Manifest(named))], (_, _) => Load(named)) { FileName = Path.Combine(Checkpoints.FolderName, Checkpoints.ManifestName), Mutate = Mutator.Json, Place = Field(), Constant = 2 * CheckpointBytes };

        string manifest = File.ReadAllText(Manifest(saved)), file = Path.Combine(Checkpoints.FolderName, Checkpoints.FileName(3));
        var entry = new Checkpoints(saved).Entries.Single();
        yield return new FuzzTarget("checkpoint", [File.ReadAllBytes(saved.File(file))], (_, bytes) =>
        {
            // as if the damage had been there before the hash was taken, else that would find it
            string mended = manifest.Replace(entry.Sha256, Convert.ToHexStringLower(SHA256.HashData(bytes)), StringComparison.Ordinal)
                .Replace($"\"bytes\": {entry.Bytes}", FormattableString.Invariant($"\"bytes\": {bytes.Length}"), StringComparison.Ordinal);
            File.WriteAllText(Manifest(saved), mended);
            Load(saved);
        })
        { FileName = file, Mutate = FuzzFormats.Metadata, Place = Field(), Constant = 2 * CheckpointBytes };
    }

    public void Dispose()
    {
        _model.Dispose();
        _data.Dispose();
        _context.Dispose();
        _device.Dispose();
    }

    private static string Manifest(RunFolder run) => run.File(Path.Combine(Checkpoints.FolderName, Checkpoints.ManifestName));

    private void Load(RunFolder run)
    {
        if (new Checkpoints(run).Load(_model, _data) is { } loaded) new RunMetrics(["loss", "kl"], 400).Restore(loaded.Metrics, run.File(Checkpoints.FolderName));
    }

    private RunFolder NewRun(string name) => RunFolder.Create(new RunConfig(_options)
    {
        Model = "vae",
        Data = "digits",
        ImageHeight = 28,
        ImageWidth = 28,
        Channels = 1,
        ClassNames = ["zero", "one"],
        TrainHash = "ab",
        TestHash = "cd",
        Batch = 8,
        Seed = 7,
        Device = "a CPU",
        Isa = "avx2",
    }, Path.Combine(_root, name));

    private static IEnumerable<byte[]> OtherRuns()
    {
        foreach (var config in (RunConfig[])
        [
            new RunConfig { Model = "wavenet", Data = "text", ImageWidth = 512, Alphabet = 256, Clips = "joined", Stacks = 2, Layers = 4, Residual = 8, Skip = 16, Condition = "none", LearningRate = 1e-3, Steps = 500 },
            new RunConfig { Model = "pixelgan-ae", Data = "/home/x/faces", Binarize = "dynamic", Labelled = 100, Prior = "categorical", Lambdas = [3, 1, 1e-3], Pairwise = [1, 2, 3], Flip = true, Noise = 0.25, Schedule = "cosine" },
        ]) yield return JsonSerializer.SerializeToUtf8Bytes(config, s_json);
    }

    private static readonly JsonSerializerOptions s_json = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    [GeneratedRegex("LineNumber|its |line [0-9]|format|checkpoints|'|step")]
    private static partial Regex Field();
}
