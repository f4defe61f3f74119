using System.Text.Json.Nodes;
using GenEngine.Bench;
using GenEngine.Files;
using GenEngine.Kernels;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Models;
using GenEngine.Tests.Bench;
using GenEngine.Tests.Files;
using NUnit.Framework;

namespace GenEngine.Tests.Models;

/// <summary>Trained models as a program uses them.</summary>
[Parallelizable]
public sealed class ImageModelTests
{
    private const int Callers = 8;

    private string _root = "";

    [OneTimeSetUp]
    public void Train()
    {
        _root = Path.Combine(Path.GetTempPath(), $"genengine library {Guid.NewGuid():N}");
        foreach (string line in (string[])["vae --hidden 16 --latent 3", "cvae --backbone mlp --hidden 16 --latent 3", "ae --hidden 16 --latent 3", "pixelcnn --width 4 --layers 1"])
        {
            string[] words = line.Split(' ');
            var run = ConsoleRun.Of(["train", .. words, "--steps", "20", "--batch", "8", "--device", "cpu", "--out", Folder(words[0])]);
            Assert.That(run.Code, Is.EqualTo(ExitCode.Done), run.Error);
        }
    }

    [OneTimeTearDown]
    public void Remove() => Directory.Delete(_root, recursive: true);

    [TestCase("vae")]
    [TestCase("cvae")]
    [TestCase("ae")]
    [TestCase("pixelcnn")]
    public void Samples_are_those_of_the_console(string name)
    {
        string pictures = Path.Combine(_root, $"{name} pictures");
        var run = ConsoleRun.Of("sample", name, "--run", Folder(name), "--count", "12", "--seed", "7", "--separate", pictures);
        Assert.That(run.Code, Is.EqualTo(ExitCode.Done), run.Error);
        string[] files = [.. Directory.GetFiles(pictures).Order(StringComparer.Ordinal)];
        using var model = ImageModel.Load(Folder(name));
        model.Sample(3, seed: 1); // what was drawn before does not matter
        var images = model.Sample(12, seed: 7);
        Assert.That(images.Count, Is.EqualTo(12));
        for (int i = 0; i < files.Length; i++) Assert.That(images[i].ToArray(), Is.EqualTo(PictureFile.Decode(File.ReadAllBytes(files[i]), out _).Pixels.Where((_, at) => at % 3 == 0).ToArray()), files[i]);
        Assert.That(images[0].ToArray(), Is.Not.EqualTo(model.Sample(1, seed: 8)[0].ToArray()));
    }

    [Test]
    public void A_weights_file_says_what_model_it_is_of()
    {
        string alone = Path.Combine(_root, "alone.safetensors");
        File.Copy(Path.Combine(Folder("vae"), "weights.safetensors"), alone);
        using ImageModel of = ImageModel.Load(alone), folder = ImageModel.Load(Folder("vae"));
        Assert.That(of.Sample(2, seed: 3).Pixels.ToArray(), Is.EqualTo(folder.Sample(2, seed: 3).Pixels.ToArray()));
        Assert.That((of.Name, of.Latent, of.Shape.Height, of.ClassNames.Count), Is.EqualTo(("vae", 3, 28, 0)));
    }

    [Test]
    public void Weights_of_earlier_versions_are_described_by_the_run_beside_them()
    {
        string folder = Directory.CreateDirectory(Path.Combine(_root, "earlier")).FullName, weights = Path.Combine(folder, "weights.safetensors");
        File.WriteAllBytes(weights, TensorBytes.Of(Path.Combine(Folder("vae"), "weights.safetensors")));
        Assert.That(() => ImageModel.Load(weights), Throws.TypeOf<EngineException>().With.Message.Contains("run.json"));
        File.Copy(Path.Combine(Folder("vae"), "run.json"), Path.Combine(folder, "run.json"));
        using ImageModel earlier = ImageModel.Load(weights), now = ImageModel.Load(Folder("vae"));
        Assert.That(earlier.Sample(2).Pixels.ToArray(), Is.EqualTo(now.Sample(2).Pixels.ToArray()));
    }

    [Test]
    public void Codes_go_out_and_come_back()
    {
        using var model = ImageModel.Load(Folder("vae"));
        var images = model.Sample(3, seed: 5);
        double[][] codes = model.Encode(images);
        Assert.That(codes.Select(code => code.Length), Is.All.EqualTo(3));
        Assert.That(model.Encode(new ImageBatch(28, 28, 1, images[1]))[0], Is.EqualTo(codes[1]), "an image's code is its own");
        var path = model.Interpolate(codes[0], codes[2], steps: 5);
        var ends = model.Decode([codes[0], codes[2]]);
        Assert.That(path.Count, Is.EqualTo(5));
        Assert.That(path[0].ToArray(), Is.EqualTo(ends[0].ToArray()));
        Assert.That(path[4].ToArray(), Is.EqualTo(ends[1].ToArray()));
        string picture = Path.Combine(_root, "own.png");
        File.WriteAllBytes(picture, images.ToPng(2));
        Assert.That(model.Encode(model.ReadImages(picture))[0], Is.EqualTo(codes[2]), "a PNG loses nothing");
    }

    [Test]
    public void A_class_is_named_or_numbered()
    {
        using var model = ImageModel.Load(Folder("cvae"));
        Assert.That(model.ClassNames, Has.Count.EqualTo(10));
        byte[] seven = model.Sample(2, "7", seed: 4).Pixels.ToArray();
        Assert.That(model.Sample(2, "3", seed: 4).Pixels.ToArray(), Is.Not.EqualTo(seven));
        var all = model.Sample(10, seed: 4);
        Assert.That(all[0].ToArray(), Is.EqualTo(model.Sample(1, "0", seed: 4)[0].ToArray()), "class by class where none is named");
        Assert.That(model.Encode(all, "7"), Has.Length.EqualTo(10));
        Assert.That(model.Interpolate(new double[3], [1, 1, 1], 3, spherical: true).Count, Is.EqualTo(3));
    }

    [Test]
    public void What_a_model_cannot_do_is_said()
    {
        using ImageModel vae = ImageModel.Load(Folder("vae")), cvae = ImageModel.Load(Folder("cvae")), pixels = ImageModel.Load(Folder("pixelcnn"));
        Assert.Multiple(() =>
        {
            Assert.That(() => vae.Sample(1, "7"), Throws.TypeOf<EngineException>().With.Message.Contains("not told a class"));
            Assert.That(() => cvae.Sample(1, "77"), Throws.TypeOf<EngineException>().With.Message.Contains("77"));
            Assert.That(() => cvae.Encode(cvae.Sample(1)), Throws.TypeOf<EngineException>().With.Message.Contains("class of each image"));
            Assert.That(() => vae.Encode(new ImageBatch(2, 2, 1, new byte[4])), Throws.TypeOf<EngineException>().With.Message.Contains("28x28x1"));
            Assert.That(() => vae.Decode([[1.0]]), Throws.TypeOf<EngineException>().With.Message.Contains("3 numbers"));
            Assert.That(() => pixels.Decode([[1.0]]), Throws.TypeOf<EngineException>().With.Message.Contains("no images of codes"));
            Assert.That(() => pixels.Encode(pixels.Sample(1)), Throws.TypeOf<EngineException>());
            Assert.That(() => vae.Sample(0), Throws.TypeOf<ArgumentOutOfRangeException>());
            Assert.That(() => ImageModel.Load(Path.Combine(_root, "nothing.safetensors")), Throws.TypeOf<EngineException>().With.Message.Contains("nothing.safetensors"));
            Assert.That(() => ImageModel.Load(_root), Throws.TypeOf<EngineException>().With.Message.Contains("no run folder"));
        });
    }

    [Test]
    public void A_weights_file_of_a_newer_version_is_refused_by_name()
    {
        string newer = Path.Combine(_root, "newer.safetensors");
        using (var file = SafeTensorsReader.Open(Path.Combine(Folder("vae"), "weights.safetensors")))
        {
            var config = JsonNode.Parse(file.Metadata["run"])!;
            config["format"] = 99;
            SafeTensors.Write(newer, [], new Dictionary<string, string> { ["run"] = config.ToJsonString() });
        }

        Assert.That(() => ImageModel.Load(newer), Throws.TypeOf<EngineException>().With.Message.Contains("newer.safetensors").And.Message.Contains("99"));
    }

    [TestCase("cvae")]
    [TestCase("pixelcnn")]
    public void Eight_callers_of_one_model_get_what_a_lone_one_gets(string name)
    {
        using var model = ImageModel.Load(Folder(name));
        byte[][] alone = [.. Enumerable.Range(0, Callers).Select(seed => model.Sample(3, seed: (ulong)seed).Pixels.ToArray())];
        var together = new byte[Callers][];
        AtOnce(caller =>
        {
            for (int again = 0; again < 3; again++) together[caller] = model.Sample(3, seed: (ulong)caller).Pixels.ToArray();
        });
        Assert.That(together, Is.EqualTo(alone));
    }

    [Test]
    public void Eight_models_on_eight_devices_work_at_once()
    {
        using var model = ImageModel.Load(Folder("vae"));
        byte[] expected = model.Sample(4, seed: 2).Pixels.ToArray();
        double[][] codes = model.Encode(model.Sample(4, seed: 2));
        var results = new (byte[] Images, double[][] Codes)[Callers];
        AtOnce(caller =>
        {
            using var device = new CpuDevice(new CpuOptions(Threads: 1 + (caller % 2)));
            using var own = ImageModel.Load(Folder("vae"), device);
            var images = own.Sample(4, seed: 2);
            results[caller] = (images.Pixels.ToArray(), own.Encode(images));
        });
        Assert.That(results.Select(result => result.Images), Is.All.EqualTo(expected));
        Assert.That(results.Select(result => result.Codes), Is.All.EqualTo(codes));
    }

    [Test]
    public void Nothing_is_left_on_the_device()
    {
        using var device = new CpuDevice(new CpuOptions(Threads: 1));
        var model = ImageModel.Load(Folder("cvae"), device);
        model.Sample(2);
        Assert.That(device.Memory.LiveBytes, Is.Positive);
        model.Dispose();
        model.Dispose();
        Assert.That(device.Memory.LiveBytes, Is.Zero);
        Assert.That(() => model.Sample(1), Throws.TypeOf<ObjectDisposedException>());
    }

    [Test]
    public void A_batch_is_of_whole_images()
    {
        var images = new ImageBatch(2, 3, 1, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
        using var sheet = new MemoryStream();
        images.WriteSheet(sheet, columns: 2);
        Assert.Multiple(() =>
        {
            Assert.That(images[1].ToArray(), Is.EqualTo(new byte[] { 7, 8, 9, 10, 11, 12 }));
            Assert.That(PictureFile.Decode(sheet.ToArray(), out _).Height, Is.GreaterThanOrEqualTo(2));
            Assert.That(() => images[2].Length, Throws.TypeOf<ArgumentOutOfRangeException>());
            Assert.That(() => new ImageBatch(2, 3, 1, new byte[7]), Throws.ArgumentException);
            Assert.That(() => new ImageBatch(2, 3, 2, new byte[12]), Throws.ArgumentException);
        });
    }

    /// <summary>Runs the work on as many threads as there are callers, all let go at once; an exception of one is the test's.</summary>
    private static void AtOnce(Action<int> work)
    {
        using var gate = new Barrier(Callers);
        var failures = new List<Exception>();
        Thread[] threads =
        [
            .. Enumerable.Range(0, Callers).Select(caller => new Thread(() =>
            {
                gate.SignalAndWait();
                try
                {
                    work(caller);
                }
                catch (Exception failure)
                {
                    lock (failures) failures.Add(failure);
                }
            })),
        ];
        foreach (var thread in threads) thread.Start();
        foreach (var thread in threads) thread.Join();
        Assert.That(failures, Is.Empty);
    }

    private string Folder(string name) => Path.Combine(_root, name);
}
