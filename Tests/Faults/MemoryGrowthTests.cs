using System.Globalization;
using GenEngine.Data;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Kernels.Devices.Gpu;
using GenEngine.Kernels.Devices.Gpu.Simt;
using GenEngine.Models;
using GenEngine.Runs;
using GenEngine.Tests.Files;
using GenEngine.Tests.Kernels.Cuda;
using GenEngine.Tests.Models;
using NUnit.Framework;

namespace GenEngine.Tests.Faults;

/// <summary>A long training takes no more of anything than a short one: managed and native memory, handles, threads, device bytes. Checkpoints are part of it.</summary>
[NonParallelizable]
public sealed class MemoryGrowthTests
{
    private const string Variable = "GENENGINE_GROWTH_STEPS";

    /// <summary>
    /// What may come on top after a fifth of the steps: the compiler still makes faster code then, allocators keep what they freed, and the runner of the tests, which lives in the process too, opens a
    /// file or two when it reports. A handle a checkpoint, of which forty come after, would be far beyond; so would a kilobyte a step of a long run.
    /// </summary>
    private const long MostManaged = 1536 << 10, MostResident = 24 << 20;

    private const int MostHandles = 6;

    [Test]
    public void A_training_takes_no_more_the_longer_it_runs() => InAProcess(600);

    [Test, Explicit("long: 10,000 steps of the convolutional VAE; run with --filter TestCategory=long"), Category("long")]
    public void Ten_thousand_steps_take_no_more_than_two_thousand() => InAProcess(10_000);

    /// <summary>What the tests above run where nothing else takes memory.</summary>
    [Test, Explicit("part of the tests above: run in a process of its own, with the steps in " + Variable)]
    public void Measured_training()
    {
        long steps = long.Parse(Environment.GetEnvironmentVariable(Variable) ?? "600", CultureInfo.InvariantCulture);
        using var folder = new TemporaryFolder();
        using var device = new CpuDevice(new CpuOptions(1));
        var description = Zoo.Find("vae");
        var conv = description.Defaults.Single(options => options.Backbone == "conv");
        using var context = new Context(device, seed: 5);
        using var data = new DeviceDataset(context, DataSets.Load("digits", "train", new DataOptions { Limit = 1000 }));
        // the short run has narrow layers; the long one the model's own
        var options = description.Resolve(steps < 5000 ? SmallModels.Of(conv) with { Steps = steps } : conv with { Steps = steps }, data.Shape);
        var run = RunFolder.Create(new RunConfig(options) { Model = "vae", Data = "digits", Batch = 8 }, folder["run"]);
        using var model = description.Build(context, data.Shape, options);
        var (checkpoints, metrics) = (new Checkpoints(run), new RunMetrics(model.LossNames, steps));
        using var trainer = new Trainer(model, data, 8, captured: true) { SaveEvery = (int)(steps / 50), Save = step => checkpoints.Save(model, data, step, 1, metrics.State) };

        var samples = new List<Usage>();
        for (int part = 1; part <= 10; part++)
        {
            trainer.Run(steps * part / 10, progress =>
            {
                for (int row = 0; row < progress.Rows.Length; row++) metrics.Add(progress.Step - progress.Rows.Length + row + 1, progress.Rows[row]);
            });
            samples.Add(Usage.Now(trainer.Step, device));
            TestContext.Progress.WriteLine(samples[^1].ToString());
        }

        Usage warm = samples[1], end = samples[^1];
        Assert.Multiple(() =>
        {
            Assert.That(end.Managed - warm.Managed, Is.LessThan(MostManaged), "managed bytes after a collection");
            Assert.That(end.Resident - warm.Resident, Is.LessThan(MostResident), "resident bytes");
            Assert.That(end.Handles, Is.LessThanOrEqualTo(warm.Handles + MostHandles), "open files");
            Assert.That(end.Threads, Is.LessThanOrEqualTo(warm.Threads + 2), "threads");
            Assert.That((end.DeviceBytes, end.DeviceBuffers, end.DeviceAllocations), Is.EqualTo((warm.DeviceBytes, warm.DeviceBuffers, warm.DeviceAllocations)), "device memory: nothing is allocated by a step");
        });
    }

    [Test]
    public void Device_bytes_return_to_nothing_on_every_device([Values("cpu", "simt")] string kind)
    {
        if (kind == "simt" && TestDevices.SimtMissingReason is { } reason) Assert.Ignore(reason);
        using Device device = kind == "cpu" ? new CpuDevice(new CpuOptions(1)) : new GpuDevice(SimtDriver.Open(new SimtOptions()));
        var description = Zoo.Find("vae");
        for (int round = 0; round < 2; round++)
        {
            using (var context = new Context(device, seed: 5))
            using (var data = new DeviceDataset(context, DataSets.Load("digits", "train", new DataOptions { Limit = 32 })))
            using (var model = description.Build(context, data.Shape, SmallModels.Of(description.Defaults.Single(options => options.Backbone == "conv")) with { Steps = 4 }))
            using (var trainer = new Trainer(model, data, 4, captured: true))
            {
                trainer.Run(4);
                Assert.That(device.Memory.LiveBytes, Is.GreaterThan(0));
            }

            Assert.That((device.Memory.LiveBytes, device.Memory.LiveBuffers), Is.EqualTo((0L, 0)), $"round {round}");
        }
    }

    private static void InAProcess(long steps)
    {
        if (!OperatingSystem.IsLinux()) Assert.Ignore("memory, handles and threads are read from /proc");
        var (code, output) = EngineCopy.Finish(EngineCopy.Start(nameof(Measured_training), (Variable, steps.ToString(CultureInfo.InvariantCulture))));
        foreach (string line in output.Split('\n').Where(line => line.Contains("managed", StringComparison.Ordinal))) TestContext.Out.WriteLine(line.Trim());
        Assert.That(code, Is.Zero, output);
        Assert.That(output, Does.Contain("succeeded: 1"));
    }

    /// <summary>What the process and the device hold.</summary>
    private sealed record Usage(long Step, long Managed, long Resident, int Handles, int Threads, long DeviceBytes, int DeviceBuffers, long DeviceAllocations)
    {
        public static Usage Now(long step, Device device)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            long managed = GC.GetTotalMemory(forceFullCollection: true);
            return new Usage(step, managed, 1024 * Status("VmRSS:"), Directory.GetFileSystemEntries("/proc/self/fd").Length, (int)Status("Threads:"), device.Memory.LiveBytes, device.Memory.LiveBuffers, device.Memory.Allocations);
        }

        public override string ToString() => string.Create(CultureInfo.InvariantCulture,
            $"step {Step,6}: managed {Managed / 1024,6:N0} KiB, resident {Resident / 1024.0 / 1024,6:F1} MiB, {Handles} handles, {Threads} threads, device {DeviceBytes / 1024:N0} KiB in {DeviceBuffers} buffers");

        private static long Status(string field) =>
            long.Parse(File.ReadLines("/proc/self/status").First(line => line.StartsWith(field, StringComparison.Ordinal)).Split(' ', '\t').First(word => word.Length > 0 && char.IsAsciiDigit(word[0])), CultureInfo.InvariantCulture);
    }
}
