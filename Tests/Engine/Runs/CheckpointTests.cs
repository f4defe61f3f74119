using GenEngine.Data;
using GenEngine.Kernels;
using GenEngine.Kernels.Devices;
using GenEngine.Models;
using GenEngine.Runs;
using GenEngine.Tests.Models;
using NUnit.Framework;

namespace GenEngine.Tests.Engine.Runs;

/// <summary>A run saved at any step and put back into another process's memory goes on with the bits that it would have had, and files that are not whole are never taken for good ones.</summary>
[NonParallelizable] // shares devices
public sealed class CheckpointTests
{
    private const int Batch = 8, Steps = 7;

    private static readonly Lazy<ImageDataset> s_digits = new(() => DataSets.Load("digits", "train", new DataOptions { Limit = 200 }));
    private static readonly MetricsState s_nothing = new([], [], 0);

    private string _folder = "";

    private static IEnumerable<TestCaseData> Models =>
        from model in Zoo.Descriptions
        from defaults in model.Defaults
        select new TestCaseData(model, Small(defaults)).SetArgDisplayNames(model.Name, defaults.Backbone ?? "standard");

    [SetUp]
    public void NewFolder() => _folder = Path.Combine(Path.GetTempPath(), $"genengine checkpoints {Guid.NewGuid():N}");

    [TearDown]
    public void Remove()
    {
        if (Directory.Exists(_folder)) Directory.Delete(_folder, recursive: true);
    }

    [TestCaseSource(nameof(Models)), Category("determinism")]
    public void A_run_that_goes_on_has_the_bits_of_one_that_was_never_stopped(ModelDescription description, ModelOptions options)
    {
        var run = NewRun(description, options);
        var one = TestDevices.Cpu(GenEngine.Kernels.Devices.Cpu.CpuIsas.Best, 1);
        using var whole = new Training(one, description, options);
        whole.Trainer(captured: true).Run(Steps);
        foreach (int stopped in (int[])[1, 2, 5]) // before the capture, with it, and among replays
        {
            using (var first = new Training(one, description, options))
            {
                first.Trainer(captured: true).Run(stopped);
                new Checkpoints(run).Save(first.Model, first.Data, stopped, 1, s_nothing);
            }

            foreach (var (captured, unroll) in ((bool, int)[])[(true, Unrolling.Off), (true, 3), (false, Unrolling.Off)])
            {
                using var second = new Training(TestDevices.Cpu(GenEngine.Kernels.Devices.Cpu.CpuIsas.Best, 2), description, options);
                var (point, _) = new Checkpoints(run).Load(second.Model, second.Data)!.Value;
                Assert.That(point.Step, Is.EqualTo(stopped));
                var trainer = second.Trainer(captured, unroll);
                trainer.Resume(point.Step);
                trainer.Run(Steps);
                Assert.That(second.Memory(), Is.EqualTo(whole.Memory()), $"stopped at {stopped}, captured: {captured}, {unroll} at once");
            }

            Directory.Delete(run.File(Checkpoints.FolderName), recursive: true);
        }
    }

    [Test, Category("determinism")]
    public void The_same_on_the_devices_that_run_the_cuda_sources(
        [ValueSource(typeof(TestDevices), nameof(TestDevices.Gpus))] TestDevice device, [Values("vae", "gan", "pixelgan-ae", "wavenet")] string name)
    {
        var gpu = device.Open();
        var description = Zoo.Find(name);
        var options = Small(description.Defaults[0]);
        var run = NewRun(description, options);
        using var whole = new Training(gpu, description, options);
        whole.Trainer(captured: true).Run(4);
        using (var first = new Training(gpu, description, options))
        {
            first.Trainer(captured: true).Run(3);
            new Checkpoints(run).Save(first.Model, first.Data, 3, 1, s_nothing);
        }

        using var second = new Training(gpu, description, options);
        new Checkpoints(run).Load(second.Model, second.Data);
        var trainer = second.Trainer(captured: true);
        trainer.Resume(3);
        trainer.Run(4);
        Assert.That(second.Memory(), Is.EqualTo(whole.Memory()));
    }

    [Test]
    public void The_newest_and_the_best_are_kept_and_what_nobody_names_goes()
    {
        var (run, training) = Saved([(2, 5.0), (4, 1.0), (6, 3.0), (8, 2.0)]);
        using (training)
        {
            var checkpoints = new Checkpoints(run);
            Assert.That(checkpoints.Entries.Select(entry => entry.Point.Step), Is.EqualTo(new[] { 4, 6, 8 }));
            string folder = run.File(Checkpoints.FolderName);
            File.WriteAllText(Path.Combine(folder, "step-9.safetensors.77-dead.tmp"), "half");
            File.WriteAllText(Path.Combine(folder, "step-9.safetensors"), "whole, but killed before the manifest");
            Assert.That(checkpoints.Load(training.Model, training.Data)!.Value.Point.Step, Is.EqualTo(8), "the manifest says what is good");
            checkpoints.Save(training.Model, training.Data, 10, 9, s_nothing);
            Assert.That(Directory.GetFiles(folder).Select(Path.GetFileName), Is.EquivalentTo(new[] { "manifest.json", "step-4.safetensors", "step-8.safetensors", "step-10.safetensors" }));
        }
    }

    [TestCase("cut"), TestCase("flipped"), TestCase("gone")]
    public void A_damaged_file_is_passed_over_and_said(string damage)
    {
        var (run, training) = Saved([(2, 5.0), (4, 4.0)]);
        using (training)
        {
            string newest = Path.Combine(run.File(Checkpoints.FolderName), "step-4.safetensors");
            Break(newest, damage);
            var told = new List<string>();
            Assert.That(new Checkpoints(run).Load(training.Model, training.Data, told.Add)!.Value.Point.Step, Is.EqualTo(2));
            Assert.That(told, Has.Count.EqualTo(1));
            Assert.That(told[0], Does.Contain("step-4").And.Contain("passed over"));
            Break(Path.Combine(run.File(Checkpoints.FolderName), "step-2.safetensors"), damage);
            Assert.That(() => new Checkpoints(run).Load(training.Model, training.Data), Throws.TypeOf<EngineException>().With.Message.Contains("None of the checkpoints"));
        }
    }

    [Test]
    public void What_cannot_be_read_says_why()
    {
        var (run, training) = Saved([(2, 5.0)]);
        using (training)
        {
            string manifest = Path.Combine(run.File(Checkpoints.FolderName), Checkpoints.ManifestName), text = File.ReadAllText(manifest);
            File.WriteAllText(manifest, text.Replace("\"format\": 1", "\"format\": 9", StringComparison.Ordinal));
            Assert.That(() => new Checkpoints(run).Entries, Throws.TypeOf<EngineException>().With.Message.Contains("newer version").And.Message.Contains("9"));
            File.WriteAllText(manifest, text[..(text.Length / 2)]);
            Assert.That(() => new Checkpoints(run).Entries, Throws.TypeOf<EngineException>().With.Message.Contains("damaged"));
            File.WriteAllText(manifest, text);
            var other = Zoo.Find("vae");
            using var another = new Training(TestDevices.Cpu(GenEngine.Kernels.Devices.Cpu.CpuIsas.Best, 1), other, Small(other.Defaults[0]) with { Latent = 5 });
            Assert.That(() => new Checkpoints(run).Load(another.Model, another.Data), Throws.TypeOf<EngineException>().With.Message.Contains("another model"));
        }
    }

    [TestCase("\"checkpoints\": [", "\"checkpoints\": [null,", "checkpoints[0] is null"), TestCase("step-4.safetensors", "../step-4.safetensors", "where 'step-4.safetensors' is due")]
    [TestCase("\"step\": 4", "\"step\": 1", "does not follow"), TestCase("\"last\": \"step-4", "\"last\": \"step-2", "not the newest"), TestCase("\"loss\": 4", "\"loss\": 4e999", "loss")]
    [TestCase("\"last\":", "\"last\": \"step-4.safetensors\", \"last\":", "last"), TestCase("\"format\": 1", "\"format\": -1", "format")]
    public void A_damaged_manifest_is_told_by_its_field(string part, string damage, string says)
    {
        var (run, training) = Saved([(2, 5.0), (4, 4.0)]);
        using (training)
        {
            string manifest = Path.Combine(run.File(Checkpoints.FolderName), Checkpoints.ManifestName), text = File.ReadAllText(manifest);
            Assert.That(text, Does.Contain(part));
            File.WriteAllText(manifest, text.Replace(part, damage, StringComparison.Ordinal));
            Assert.That(() => new Checkpoints(run).Entries, Throws.TypeOf<EngineException>().With.Message.Contains(manifest).And.Message.Contains("damaged").And.Message.Contains(says));
        }
    }

    [TestCase("""{"step":1,"a":1,"a":2}""", "line 1"), TestCase("{\"step\":1,\"a\":1}\n\n{\"step\":2,\"a\":1e999}", "line 3"), TestCase("{\"step\":1,\"a\":1}\n{\"step\":2,\"b\":1}", "line 2"), TestCase("null", "line 1")]
    public void Damaged_metrics_are_told_by_their_line(string text, string says) =>
        Assert.That(() => RunMetrics.Parse("metrics.jsonl", text), Throws.TypeOf<EngineException>().With.Message.Contains("metrics.jsonl").And.Message.Contains(says));

    [Test]
    public void Metrics_of_a_checkpoint_that_are_no_numbers_are_refused()
    {
        var metrics = new RunMetrics(["a"], 10);
        foreach (var state in (MetricsState[])[new([null!], [0], 0), new([], [double.PositiveInfinity], 1), new([new(1, [double.NaN])], [0], 0), new([], [0], -1)])
            Assert.That(() => metrics.Restore(state, "step-3.safetensors"), Throws.TypeOf<EngineException>().With.Message.Contains("step-3.safetensors").And.Message.Contains("metrics are damaged"));
    }

    [Test]
    public void A_checkpoint_that_cannot_be_written_leaves_the_one_before()
    {
        var (run, training) = Saved([(2, 5.0)]);
        using (training)
        {
            string blocked = Path.Combine(run.File(Checkpoints.FolderName), "step-4.safetensors");
            Directory.CreateDirectory(blocked); // nobody, root either, renames a file over a folder
            Assert.That(() => new Checkpoints(run).Save(training.Model, training.Data, 4, 1, s_nothing), Throws.TypeOf<EngineException>().With.Message.Contains("could not be written"));
            Assert.That(new Checkpoints(run).Load(training.Model, training.Data)!.Value.Point.Step, Is.EqualTo(2));
            Assert.That(Directory.GetFiles(run.File(Checkpoints.FolderName), "*.tmp"), Is.Empty);
        }
    }

    [Test]
    public void A_checkpoint_is_a_file_of_weights_too()
    {
        var (run, training) = Saved([(2, 5.0)]);
        using (training)
        {
            byte[][] before = training.Memory();
            WeightFile.Load(Path.Combine(run.File(Checkpoints.FolderName), "step-2.safetensors"), training.Model.Groups);
            Assert.That(training.Memory(), Is.EqualTo(before));
        }
    }

    [Test]
    public void One_process_trains_into_a_folder()
    {
        var run = NewRun(Zoo.Find("vae"), new ModelOptions());
        using (run.Lock()) Assert.That(() => run.Lock(), Throws.TypeOf<EngineException>().With.Message.Contains("another process"));
        using (run.Lock()) { } // and the next one after it
        Assert.That(Directory.GetFiles(run.Path).Select(Path.GetFileName), Is.EquivalentTo(new[] { "run.json", "lock" }), "one that were deleted could be locked twice");
    }

    [Test, Category("determinism")]
    public void Averages_of_weights_go_on_too()
    {
        var run = NewRun(Zoo.Find("ae"), new ModelOptions());
        var device = TestDevices.Cpu(GenEngine.Kernels.Devices.Cpu.CpuIsas.Best, 1);
        using var whole = new Training(device, (context, _) => new Averaged(context));
        whole.Trainer(captured: true).Run(Steps);
        using (var first = new Training(device, (context, _) => new Averaged(context)))
        {
            first.Trainer(captured: true).Run(3);
            new Checkpoints(run).Save(first.Model, first.Data, 3, 1, s_nothing);
        }

        using var second = new Training(device, (context, _) => new Averaged(context));
        new Checkpoints(run).Load(second.Model, second.Data);
        var trainer = second.Trainer(captured: true);
        trainer.Resume(3);
        trainer.Run(Steps);
        Assert.That(second.Memory(), Is.EqualTo(whole.Memory()));
        Assert.That(TrainingMemory.Of(whole.Model).Select(memory => memory.Name), Has.Member("average/line/line.weight"));
    }

    private sealed class Averaged : TrainableModel
    {
        private readonly Linear _layer;

        public Averaged(Context context) : base(context, new DataShape(28, 28, 1, 0))
        {
            var group = NewGroup("line");
            _layer = Add(new Linear(group, "line", Data.Pixels, Data.Pixels));
            group.Build();
            Averages = [new WeightAverage(group, 0.5)];
            Phases = [new Phase("error", batch => _layer.Forward(batch.Images).SquaredError(batch.Images).Mean(), new Adam(group, 1e-2))];
        }

        public override IReadOnlyList<Phase> Phases { get; }

        public override IReadOnlyList<WeightAverage> Averages { get; }

        public override IReadOnlyList<Tensor> TrainStep(Batch batch)
        {
            var losses = base.TrainStep(batch);
            foreach (var average in Averages) average.Update();
            return losses;
        }
    }

    [Test]
    public void Metrics_are_means_over_windows_of_steps_however_often_a_run_is_stopped()
    {
        var whole = new RunMetrics(["a", "b"], 1000);
        var parts = new RunMetrics(["a", "b"], 1000);
        for (int step = 1; step <= 1000; step++)
        {
            double[] losses = [Math.Sin(step), 1.0 / step];
            whole.Add(step, losses);
            parts.Add(step, losses);
            if (step % 77 != 0) continue;
            var state = parts.State;
            parts = new RunMetrics(["a", "b"], 1000);
            parts.Restore(state, "a checkpoint");
        }

        Assert.That(parts.Lines(), Is.EqualTo(whole.Lines()));
        Assert.That(whole.Points, Has.Count.EqualTo(200));
        Assert.That(whole.Points[0].Losses[0], Is.EqualTo(Enumerable.Range(1, 5).Average(step => Math.Sin(step))).Within(1e-15));
    }

    private static ModelOptions Small(ModelOptions defaults) => SmallModels.Of(defaults) with { Schedule = "cosine", Steps = Steps };

    private static void Break(string path, string damage)
    {
        byte[] bytes = File.ReadAllBytes(path);
        if (damage == "cut") File.WriteAllBytes(path, bytes[..^1]);
        else if (damage == "gone") File.Delete(path);
        else
        {
            bytes[^100] ^= 1;
            File.WriteAllBytes(path, bytes);
        }
    }

    private RunFolder NewRun(ModelDescription description, ModelOptions options) =>
        RunFolder.Create(new RunConfig(options) { Model = description.Name, Data = "digits", Batch = Batch }, Path.Combine(_folder, "run"));

    private (RunFolder Run, Training Training) Saved((long Step, double Loss)[] saves)
    {
        var description = Zoo.Find("vae");
        var options = Small(description.Defaults[0]);
        var run = NewRun(description, options);
        var training = new Training(TestDevices.Cpu(GenEngine.Kernels.Devices.Cpu.CpuIsas.Best, 1), description, options);
        var checkpoints = new Checkpoints(run);
        foreach (var (step, loss) in saves) checkpoints.Save(training.Model, training.Data, step, loss, s_nothing);
        return (run, training);
    }

    /// <summary>A model with its data and its steps.</summary>
    private sealed class Training : IDisposable
    {
        private readonly Context _context;
        private Trainer? _trainer;

        public Training(Device device, ModelDescription description, ModelOptions options)
            : this(device, (context, data) => description.Build(context, data, options), description.NeedsSequences)
        {
        }

        public Training(Device device, Func<Context, DataShape, IModel> build, bool sequences = false)
        {
            _context = new Context(device, seed: 5);
            Data = sequences ? new DeviceSequences(_context, SequenceSets.Load("text", "train", new SequenceOptions { Limit = 4 }), 32) : new DeviceDataset(_context, s_digits.Value);
            Model = build(_context, Data.Shape);
        }

        public IModel Model { get; }

        public ITrainingData Data { get; }

        public Trainer Trainer(bool captured, int unroll = Unrolling.Auto) => _trainer = new Trainer(Model, Data, Batch, captured, unroll);

        /// <summary>All bytes that steps read and change.</summary>
        public byte[][] Memory() => [.. TrainingMemory.Of(Model).Select(memory =>
        {
            var bytes = new byte[memory.Range.Bytes];
            _context.Device.Download<byte>(memory.Range, bytes);
            return bytes;
        })];

        public void Dispose()
        {
            _trainer?.Dispose();
            Model.Dispose();
            Data.Dispose();
            _context.Dispose();
        }
    }
}
