using GenEngine.Bench;
using GenEngine.Files;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Models;
using GenEngine.Runs;
using GenEngine.Tests.Export;
using GenEngine.Tests.Files;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using NUnit.Framework;

namespace GenEngine.Tests.Bench;

/// <summary>export as a user types it.</summary>
public sealed class ExportCommandTests
{
    private readonly TemporaryFolder _folder = new();

    [OneTimeSetUp]
    public void MakeRuns()
    {
        var images = new DataShape(12, 8, 3, 2);
        MakeRun("cvae", images, new ModelOptions { Backbone = "mlp", Hidden = [8], Latent = 3 });
        MakeRun("row-lstm", new DataShape(4, 4, 1, 2), new ModelOptions { Layers = 1, Width = 4 });
        MakeRun("wavenet", new DataShape(1, 32, 1, 0) { Alphabet = 256 }, new ModelOptions { Layers = 3, Residual = 4, Skip = 4 });
    }

    [OneTimeTearDown]
    public void Remove() => _folder.Dispose();

    [Test]
    public void All_networks_land_in_the_run_folder_and_say_where_they_come_from()
    {
        var export = ConsoleRun.Of("export", "cvae", "--run", _folder["cvae"]);
        Assert.That(export.Code, Is.EqualTo(ExitCode.Done), export.Error);
        string encoder = _folder["cvae", "export", "encoder.onnx"], decoder = _folder["cvae", "export", "decoder.onnx"];
        Assert.That(export.Out, Does.Contain(encoder).And.Contain(decoder).And.Contain("takes images [batch, 3, 12, 8]: pixels in [0, 1]").And.Contain("gives logvar [batch, 3]").And.Contain("takes classes [batch, 2]"));
        Assert.That(export.Error, Does.Contain("Microsoft.ML.OnnxRuntime").And.Contain("CreateFromTensor(\"images\", new DenseTensor<float>(new[] { 1, 3, 12, 8 }))"));
        var metadata = new OnnxFile(File.ReadAllBytes(decoder)).Metadata;
        Assert.That(metadata.Keys, Is.EquivalentTo((string[])["classes", "data", "data.sha256", "engine", "model", "part", "weights.sha256"]));
        Assert.That(metadata["classes"], Is.EqualTo("[\"c0\",\"c1\"]"));
        Assert.That((metadata["model"], metadata["part"], metadata["data"]), Is.EqualTo(("cvae", "decoder", "pictures")), "no path of this machine");
        Assert.That(metadata["weights.sha256"], Is.EqualTo(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(_folder["cvae", "weights.safetensors"])))));

        // as the printed line says
        using var session = new InferenceSession(decoder);
        using var images = session.Run([NamedOnnxValue.CreateFromTensor("codes", new DenseTensor<float>(new[] { 2, 3 })), NamedOnnxValue.CreateFromTensor("classes", new DenseTensor<float>(new[] { 2, 2 }))]);
        Assert.That(images.Single().AsTensor<float>().Dimensions.ToArray(), Is.EqualTo((int[])[2, 3, 12, 8]));
        Assert.That(session.ModelMetadata.ProducerName, Is.EqualTo("GenEngine"));
    }

    [Test]
    public void Files_are_named_by_the_user_and_the_part()
    {
        Assert.That(ConsoleRun.Of("export", "cvae", "--run", _folder["cvae"], "--out", _folder["out", "both.onnx"]).Code, Is.EqualTo(ExitCode.Done));
        Assert.That(ConsoleRun.Of("export", "cvae", "--run", _folder["cvae"], "--part", "decoder", "--out", _folder["out", "one.onnx"]).Code, Is.EqualTo(ExitCode.Done));
        var sound = ConsoleRun.Of("export", "wavenet", "--run", _folder["wavenet"], "--out", _folder["out", "sound.onnx"]);
        Assert.That(sound.Code, Is.EqualTo(ExitCode.Done), sound.Error);
        Assert.That(sound.Out, Does.Contain("takes codes int64 [batch, length]").And.Contain("gives logits [batch, 256, length]"));
        Assert.That(sound.Error, Does.Contain("DenseTensor<long>(new[] { 1, 100 })"));
        Assert.That(Directory.GetFiles(_folder["out"]).Select(Path.GetFileName), Is.EquivalentTo((string[])["both-decoder.onnx", "both-encoder.onnx", "one.onnx", "sound.onnx"]));
        Assert.That(File.ReadAllBytes(_folder["out", "one.onnx"]), Is.EqualTo(File.ReadAllBytes(_folder["out", "both-decoder.onnx"])));
    }

    [Test]
    public void Weights_for_pytorch_are_one_file_and_come_back()
    {
        string file = _folder["out", "cvae.safetensors"], back = _folder["back"];
        var export = ConsoleRun.Of("export", "cvae", "--run", _folder["cvae"], "--out", file);
        Assert.That(export.Code, Is.EqualTo(ExitCode.Done), export.Error);
        using var written = SafeTensorsReader.Open(file);
        Assert.That((written.Metadata["format"], written.Metadata["model"]), Is.EqualTo(("pt", "cvae")));
        using var device = new CpuDevice(new CpuOptions(Threads: 1));
        using var context = new Context(device, seed: 2);
        using var model = Zoo.Find("cvae").Build(context, new DataShape(12, 8, 3, 2), new ModelOptions { Backbone = "mlp", Hidden = [8], Latent = 3 });
        PyTorchWeights.Import(file, model);
        WeightFile.Save(back, model.Groups);
        using SafeTensorsReader ours = SafeTensorsReader.Open(_folder["cvae", "weights.safetensors"]), again = SafeTensorsReader.Open(back);
        foreach (var tensor in ours.Tensors) Assert.That(again.Read<float>(tensor.Name), Is.EqualTo(ours.Read<float>(tensor.Name)), tensor.Name);
    }

    [Test]
    public void What_cannot_be_exported_is_refused()
    {
        Assert.Multiple(() =>
        {
            Assert.That(ConsoleRun.Of("export", "row-lstm", "--run", _folder["row-lstm"]).Error, Does.Contain("recurrent").And.Contain("gated-pixelcnn"));
            Assert.That(ConsoleRun.Of("export", "cvae", "--run", _folder["cvae"], "--part", "generator").Error, Does.Contain("encoder, decoder"));
            Assert.That(ConsoleRun.Of("export", "cvae", "--run", _folder["cvae"], "--out", "model.pb").Error, Does.Contain(".onnx").And.Contain(".safetensors").And.Contain("model.pb"));
            Assert.That(ConsoleRun.Of("export", "cvae", "--run", _folder["cvae"], "--part", "decoder", "--out", "model.safetensors").Error, Does.Contain("leave --part out"));
            Assert.That(ConsoleRun.Of("export", "cvae", "--run", _folder["none"]).Error, Does.Contain("no run folder"));
            Assert.That(ConsoleRun.Of("export", "cvae", "--run", _folder["cvae"], "--part", "decoder", "--out", _folder["cvae", "run.json", "x.onnx"]).Error, Does.Contain("could not be written"));
        });
    }

    /// <summary>A run folder as 'train' leaves it, of a model as it begins.</summary>
    private void MakeRun(string name, DataShape data, ModelOptions options)
    {
        using var device = new CpuDevice(new CpuOptions(Threads: 1));
        using var context = new Context(device, seed: 1);
        using var model = Zoo.Find(name).Build(context, data, options);
        var config = new RunConfig(options)
        {
            Model = name,
            Data = _folder["pictures"],
            ImageHeight = data.Height,
            ImageWidth = data.Width,
            Channels = data.Channels,
            Alphabet = data.Alphabet,
            ClassNames = [.. Enumerable.Range(0, data.Classes).Select(i => $"c{i}")],
            TrainHash = "1234",
        };
        WeightFile.Save(RunFolder.Create(config, _folder[name]).WeightsPath, model.Groups);
    }
}
