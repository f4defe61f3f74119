using GenEngine.Data;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Kernels.Layout;
using GenEngine.Models;
using GenEngine.Runs;
using NUnit.Framework;

namespace GenEngine.Tests.Engine;

/// <summary>Training several steps a launch: the bits, every loss, and the host at its work at the very steps where it would be otherwise.</summary>
[Parallelizable]
public sealed class UnrolledTrainingTests
{
    private static readonly Lazy<ImageDataset> s_digits = new(() => DataSets.Load("digits", "train", new DataOptions { Limit = 100 }));
    private static readonly TimeSpan s_never = TimeSpan.FromDays(1);

    [TestCaseSource(typeof(TestDevices), nameof(TestDevices.All)), Category("determinism")]
    public void Losses_and_memory_are_those_of_eager_steps(TestDevice target)
    {
        var device = target.Open();
        var eager = Train(device, 15, captured: false, Unrolling.Off);
        foreach (int unroll in (int[])[Unrolling.Off, 4, 6, Unrolling.Auto])
        {
            var (rows, memory) = Train(device, 15, captured: true, unroll);
            Assert.That(rows, Is.EqualTo(eager.Rows), $"losses, {unroll} at once");
            Assert.That(memory, Is.EqualTo(eager.Memory), $"all that steps read and change, {unroll} at once");
        }
    }

    [TestCase(5, 17, 4), TestCase(8, 30, 8), TestCase(3, 10, 32)]
    public void Saves_fall_where_they_should_and_have_seen_every_loss(int every, int steps, int unroll)
    {
        using var small = new Small();
        var saves = new List<(long Step, long Seen)>();
        var widths = new List<long>();
        long seen = 0;
        using var trainer = new Trainer(small.Model, small.Data, 4, captured: true, unroll) { SaveEvery = every, Save = step => saves.Add((step, seen)) };
        Assert.That(trainer.Run(steps, progress =>
        {
            widths.Add(progress.Step - seen);
            Assert.That(progress.Rows, Has.Length.EqualTo(progress.Step - seen));
            seen = progress.Step;
        }, TimeSpan.Zero), Is.True); // it looks after every launch
        Assert.That(saves, Is.EqualTo(Enumerable.Range(1, (steps - 1) / every).Select(i => ((long)i * every, (long)i * every))));
        Assert.That((trainer.Step, seen), Is.EqualTo(((long)steps, (long)steps)));
        Assert.That(widths.Distinct(), Is.EquivalentTo(every > unroll || every == 8 ? new long[] { 1, unroll } : [1L]), "whole launches where nothing lies within, single steps elsewhere");
    }

    [Test]
    public void The_ring_of_losses_never_overflows()
    {
        using var small = new Small();
        using var trainer = new Trainer(small.Model, small.Data, 1, captured: true, unroll: 31);
        var rows = new List<double[]>();
        int most = 0;
        trainer.Run(2300, progress =>
        {
            rows.AddRange(progress.Rows);
            most = Math.Max(most, progress.Rows.Length);
        }, s_never);
        Assert.That((rows.Count, most), Is.EqualTo((2300, LossHistory.Capacity / 2)));
        Assert.That(rows.SelectMany(row => row).Distinct().Count(), Is.GreaterThan(2300), "no row twice");
    }

    [Test]
    public void Whoever_stops_waits_for_one_launch()
    {
        using var small = new Small();
        using var stop = new CancellationTokenSource();
        using var trainer = new Trainer(small.Model, small.Data, 4, captured: true, unroll: 8);
        long asked = 0;
        bool finished = trainer.Run(1000, progress =>
        {
            if (progress.Step < 20) return;
            asked = progress.Step;
            stop.Cancel();
        }, TimeSpan.Zero, stop.Token);
        Assert.That((finished, trainer.Step, trainer.Program.Unrolled), Is.EqualTo((false, asked, 8)));
        Assert.That(asked, Is.InRange(20, 27));
        Assert.That(trainer.Run(asked + 3), Is.True, "and goes on");
        Assert.That(trainer.Step, Is.EqualTo(asked + 3));
    }

    [Test]
    public void Steps_to_profile_are_single_ones()
    {
        using var small = new Small();
        using var profiler = new StepProfiler(small.Device, 40);
        using var trainer = new Trainer(small.Model, small.Data, 4, captured: true, unroll: 8) { Profiler = profiler };
        trainer.Run(40);
        Assert.That(trainer.Program.Unrolled, Is.EqualTo(8));
        Assert.That(profiler.Profile.Steps.Select(step => step.Step), Is.EqualTo(new[] { 4, 5, 6 }));
        Assert.That(profiler.Profile.Launches, Has.Count.EqualTo(3 * trainer.Program.LaunchCount));
    }

    private static (double[][] Rows, byte[][] Memory) Train(Device device, int steps, bool captured, int unroll)
    {
        using var small = new Small(device);
        using var trainer = new Trainer(small.Model, small.Data, 4, captured, unroll);
        var rows = new List<double[]>();
        trainer.Run(steps, progress => rows.AddRange(progress.Rows), s_never);
        return ([.. rows], [.. TrainingMemory.Of(small.Model).Select(memory =>
        {
            var bytes = new byte[memory.Range.Bytes];
            device.Download<byte>(memory.Range, bytes);
            return bytes;
        })]);
    }

    /// <summary>A narrow VAE with its data.</summary>
    private sealed class Small : IDisposable
    {
        private readonly Context _context;
        private readonly bool _owned;

        public Small(Device? device = null)
        {
            _owned = device is null;
            Device = device ?? new CpuDevice(new CpuOptions(Threads: 1));
            _context = new Context(Device, seed: 3);
            Data = new DeviceDataset(_context, s_digits.Value, Binarization.Dynamic);
            Model = new Vae(_context, Data.Shape, new ModelOptions { Latent = 3, Hidden = [8], Schedule = "cosine", Steps = 40 });
        }

        public Device Device { get; }

        public DeviceDataset Data { get; }

        public Vae Model { get; }

        public void Dispose()
        {
            Model.Dispose();
            Data.Dispose();
            _context.Dispose();
            if (_owned) Device.Dispose();
        }
    }
}
