using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using GenEngine.Data;
using GenEngine.Files;
using GenEngine.Numerics;
using GenEngine.Runs;
using GenEngine.Tests.Files;
using NUnit.Framework;

namespace GenEngine.Tests.Fuzz;

/// <summary>What our writers write, our readers read as it was: for anything that may be written.</summary>
public sealed class RoundTripTests
{
    private static readonly Config s_many = Config.QuickThrowOnFailure.WithMaxTest(60).WithQuietOnSuccess(true);

    private TemporaryFolder _folder = null!;

    [SetUp]
    public void Make() => _folder = new TemporaryFolder();

    [TearDown]
    public void Remove() => _folder.Dispose();

    [Test]
    public void Safetensors() =>
        Prop.ForAll((from names in Gen.ListOf(ArbMap.Default.GeneratorFor<NonEmptyString>())
                     from notes in ArbMap.Default.GeneratorFor<Dictionary<NonEmptyString, NonEmptyString>>()
                     from seed in Gen.Choose(0, int.MaxValue)
                     select (Names: names.Select(name => Plain(name.Get)).Where(name => name != "__metadata__").Distinct().ToArray(), Notes: notes.GroupBy(note => Plain(note.Key.Get)).ToDictionary(same => same.Key, same => Plain(same.First().Value.Get)), Seed: seed)).ToArbitrary(), file =>
        {
            var random = new SplitMix64((ulong)file.Seed);
            var tensors = new Dictionary<string, (int[] Shape, float[] Values)>();
            foreach (string name in file.Names)
            {
                int[] shape = new int[random.Next(4)];
                for (int i = 0; i < shape.Length; i++) shape[i] = random.Next(5);
                var values = new float[shape.Aggregate(1, (a, b) => a * b)];
                for (int i = 0; i < values.Length; i++) values[i] = BitConverter.UInt32BitsToSingle((uint)random.Next());
                tensors[name] = (shape, values);
            }

            string path = _folder["a.safetensors"];
            SafeTensors.Write(path, tensors.Select(tensor => SafeTensor.Of<float>(tensor.Key, tensor.Value.Values, tensor.Value.Shape)), file.Notes);
            using var read = SafeTensorsReader.Open(path);
            Assert.That(read.Tensors.Select(tensor => tensor.Name), Is.EquivalentTo(tensors.Keys));
            Assert.That(read.Metadata, Is.EquivalentTo(file.Notes));
            foreach (var (name, tensor) in tensors)
            {
                Assert.That(read[name].Shape, Is.EqualTo(tensor.Shape));
                Assert.That(read.Read<float>(name).Select(BitConverter.SingleToUInt32Bits), Is.EqualTo(tensor.Values.Select(BitConverter.SingleToUInt32Bits)), "the bits, of numbers that are none too");
            }
        }).Check(s_many);

    [Test]
    public void Png() =>
        Prop.ForAll((from width in Gen.Choose(1, 40) from height in Gen.Choose(1, 40) from channels in Gen.Elements(1, 3) from seed in Gen.Choose(0, 999) select (width, height, channels, seed)).ToArbitrary(), shape =>
        {
            var image = new Bitmap(shape.width, shape.height, shape.channels, Noise(shape.seed, shape.width * shape.height * shape.channels));
            GenEngine.Files.Png.Write(_folder["a.png"], image, ("Title", $"seed {shape.seed}"));
            var read = GenEngine.Files.Png.Read(_folder["a.png"], out var text);
            Assert.That((read.Width, read.Height, read.Channels, text["Title"]), Is.EqualTo((shape.width, shape.height, shape.channels, $"seed {shape.seed}")));
            Assert.That(read.Pixels, Is.EqualTo(image.Pixels));
        }).Check(s_many);

    /// <summary>Samples are rounded to 16 bits once: what is read is written again as the same file.</summary>
    [Test]
    public void Wav() =>
        Prop.ForAll((from count in Gen.Choose(1, 300) from rate in Gen.Choose(WavFile.LeastRate, 96000) from seed in Gen.Choose(0, 999) select (count, rate, seed)).ToArbitrary(), sound =>
        {
            float[] samples = [.. Noise(sound.seed, sound.count).Select(b => (b - 128) / 100f)]; // some of them beyond what can be written
            WavWriter.Write(_folder["a.wav"], samples, sound.rate, ("Seed", $"{sound.seed}"));
            var read = WavFile.Read(_folder["a.wav"]);
            Assert.That(read.SampleRate, Is.EqualTo(sound.rate));
            Assert.That(read.Samples, Is.EqualTo(samples.Select(x => Math.Clamp(x, -1f, 32767 / 32768f))).Within(1 / 65536f));
            WavWriter.Write(_folder["b.wav"], read.Samples, sound.rate, ("Seed", $"{sound.seed}"));
            Assert.That(File.ReadAllBytes(_folder["b.wav"]), Is.EqualTo(File.ReadAllBytes(_folder["a.wav"])));
        }).Check(s_many);

    [Test]
    public void Idx() =>
        Prop.ForAll((from count in Gen.Choose(1, 6) from height in Gen.Choose(1, 9) from width in Gen.Choose(1, 9) from packed in Gen.Elements(true, false) select (count, height, width, packed)).ToArbitrary(), shape =>
        {
            byte[] file = FuzzTargets.Idx(3, shape.count, shape.height, shape.width);
            File.WriteAllBytes(_folder["a.idx"], shape.packed ? FuzzFormats.Packed(file) : file);
            byte[] items = IdxFile.Read(_folder["a.idx"], 3, out int[] extents);
            Assert.That(extents, Is.EqualTo(new[] { shape.count, shape.height, shape.width }));
            Assert.That(items, Is.EqualTo(file[16..]));
        }).Check(s_many);

    [Test]
    public void Npy() =>
        Prop.ForAll((from rows in Gen.Choose(1, 9) from columns in Gen.Choose(1, 9) from seed in Gen.Choose(0, 999) select (rows, columns, seed)).ToArbitrary(), shape =>
        {
            float[] values = [.. Noise(shape.seed, shape.rows * shape.columns).Select(b => b / 7f)];
            GenEngine.Files.Npy.Write(_folder["a.npy"], values, shape.columns);
            var (read, rows, columns) = GenEngine.Files.Npy.Read(_folder["a.npy"]);
            Assert.That((rows, columns), Is.EqualTo((shape.rows, shape.columns)));
            Assert.That(read, Is.EqualTo(values.Select(value => (double)value)));
        }).Check(s_many);

    [Test]
    public void Manifests() =>
        Prop.ForAll((from steps in Gen.ListOf(Gen.Choose(0, 1_000_000)) from seed in Gen.Choose(0, 999) where steps.Count > 0 select (Steps: steps.Distinct().Order().ToArray(), seed)).ToArbitrary(), made =>
        {
            var random = new SplitMix64((ulong)made.seed);
            CheckpointEntry[] entries = [.. made.Steps.Select(step => new CheckpointEntry(Checkpoints.FileName(step), step * 7L, new string('a', 64), new RunPoint
            {
                Step = step, RandomSeed = random.Next(), RandomOffset = random.Next(), DataPosition = random.Next(), Loss = step == 0 ? null : random.NextDouble(-1e9, 1e9), Device = "cpu", Isa = "avx2", Precision = "float32", Engine = "1",
            }))];
            var manifest = new CheckpointManifest { Config = new RunConfig { Model = "vae", Data = "ä \"x\"" }, Last = entries[^1].File, Best = entries[random.Next(entries.Length)].File, Checkpoints = entries };
            string text = JsonSerializer.Serialize(manifest, RunsJson.Default.CheckpointManifest);
            var read = JsonSerializer.Deserialize(text, RunsJson.Default.CheckpointManifest)!;
            Assert.That(read.Check, Throws.Nothing);
            Assert.That(read.Checkpoints, Is.EqualTo(entries));
            Assert.That(JsonSerializer.Serialize(read, RunsJson.Default.CheckpointManifest), Is.EqualTo(text));
        }).Check(s_many);

    [Test]
    public void Metrics() =>
        Prop.ForAll((from losses in Gen.ListOf(ArbMap.Default.GeneratorFor<NormalFloat>()) where losses.Count > 0 select losses.Select(loss => loss.Get).ToArray()).ToArbitrary(), losses =>
        {
            var metrics = new RunMetrics(["loss", "a b"], losses.Length);
            for (int step = 1; step <= losses.Length; step++) metrics.Add(step, [losses[step - 1], step]);
            var (names, points) = RunMetrics.Parse("metrics.jsonl", metrics.Lines());
            Assert.That(names, Is.EqualTo(new[] { "loss", "a b" }));
            Assert.That(points.Select(point => point.Step), Is.EqualTo(metrics.Points.Select(point => point.Step)));
            Assert.That(points.SelectMany(point => point.Losses), Is.EqualTo(metrics.Points.SelectMany(point => point.Losses)), "to the last digit");
        }).Check(s_many);

    /// <summary>Text without halves of surrogate pairs, which no file of UTF-8 can hold.</summary>
    private static string Plain(string text) => string.Concat(text.Where(letter => !char.IsSurrogate(letter))) is { Length: > 0 } plain ? plain : "x";

    private static byte[] Noise(int seed, int count)
    {
        var random = new SplitMix64((ulong)seed);
        var bytes = new byte[count];
        for (int i = 0; i < count; i++) bytes[i] = (byte)random.Next(256);
        return bytes;
    }
}
