using System.CommandLine;
using System.Globalization;
using GenEngine.Bench;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Kernels.Devices.Gpu;
using NUnit.Framework;

namespace GenEngine.Tests.Bench;

public class OptionTests
{
    [TestCase("", "digits seed 0 steps - batch 128 rate 0.001 json -")]
    [TestCase("--data mnist --seed 18446744073709551615 --steps 5 --batch 1 --rate 1.5e-3", "mnist seed 18446744073709551615 steps 5 batch 1 rate 0.0015 json -")]
    [TestCase("--json --rate=.25", "digits seed 0 steps - batch 128 rate 0.25 json ''")]
    [TestCase("--json ratios.json", "digits seed 0 steps - batch 128 rate 0.001 json 'ratios.json'")]
    public void ValuesAreReadInAnyCulture(string line, string expected)
    {
        foreach (string culture in (string[])["", "de-DE", "tr-TR"])
        {
            using var _ = new CultureScope(culture);
            var run = ConsoleRun.Of(Work(), "work " + line);
            Assert.That((run.Code, run.Out, run.Error), Is.EqualTo((ExitCode.Done, expected + "\n", "")), culture);
        }
    }

    [TestCase("--data minst", "Unknown data set 'minst'. Did you mean 'mnist'?")]
    [TestCase("--device cdua", "Unknown --device value 'cdua'. Did you mean 'cuda'? Known: cpu, simt, cuda.")]
    [TestCase("--device", "--device")]
    [TestCase("--isa avx-512", "Unknown --isa value 'avx-512'. Did you mean 'avx512'?")]
    [TestCase("--precision fp32", "Known: float32, tf32, bf16, tf32x3.")]
    [TestCase("--steps 0", "--steps takes a whole number from 1 up, not '0'.")]
    [TestCase("--steps 1.5", "--steps takes a whole number from 1 up, not '1.5'.")]
    [TestCase("--batch many", "--batch takes a whole number from 1 to 16777216, not 'many'.")]
    [TestCase("--seed -1", "--seed takes a whole number from 0 up, not '-1'.")]
    [TestCase("--rate 0,001", "--rate takes a number from 0 up, not '0,001'.")]
    [TestCase("--rate NaN", "--rate takes a number from 0 up, not 'NaN'.")]
    [TestCase("--rate 1e999", "--rate takes a number from 0 up, not '1e999'.")]
    [TestCase("--batch 3000000000", "--batch takes a whole number")]
    public void AWrongValueIsRefused(string line, string expected)
    {
        foreach (string culture in (string[])["", "de-DE", "tr-TR"])
        {
            using var _ = new CultureScope(culture);
            var run = ConsoleRun.Of(Work(), "work " + line);
            Assert.That(run.Code, Is.EqualTo(ExitCode.Usage));
            Assert.That(run.Error, Does.Contain(expected));
        }
    }

    [TestCase("--device cpu --isa portable --threads 1", "cpu, portable, 1 thread")]
    [TestCase("--isa portable", "cpu, portable, ")]
    public void DevicesAreOpenedAsAsked(string line, string expected)
    {
        var run = ConsoleRun.Of(Opening(), "work " + line);
        Assert.That(run.Code, Is.EqualTo(ExitCode.Done), run.Error);
        Assert.That(run.Out, Does.StartWith(expected));
    }

    [TestCase("--device cpu --check", "--check belongs to --device simt, not to cpu.")]
    [TestCase("--device simt --isa avx2", "--isa belongs to --device cpu, not to simt.")]
    public void OptionsOfAnotherDeviceAreRefused(string line, string expected)
    {
        var run = ConsoleRun.Of(Opening(), "work " + line);
        Assert.That((run.Code, run.Error), Is.EqualTo((ExitCode.Usage, $"error: {expected}\n")));
    }

    [Test]
    public void CudaWithoutAGpuSaysWhatWasTriedAndWhatToDo()
    {
        if (GenEngine.Kernels.Devices.Gpu.Cuda.CudaDriver.Probe().IsUsable) Assert.Ignore("this machine has a usable GPU");
        var run = ConsoleRun.Of(Opening(), "work --device cuda");
        Assert.That(run.Code, Is.EqualTo(ExitCode.Usage));
        Assert.That(run.Error, Does.StartWith("error: No NVIDIA driver").And.Contain("--device cpu").And.Contain("Tried:"));
    }

    [Test]
    public void PrecisionNeedsTensorCores()
    {
        Assert.That(ConsoleRun.Of(Opening(), "work --device cpu --precision float32").Code, Is.EqualTo(ExitCode.Done));
        foreach (string device in (string[])["--device cpu", "--isa portable", ""])
        {
            if (device.Length == 0 && GenEngine.Kernels.Devices.Gpu.Cuda.CudaDriver.Probe().IsUsable) continue;
            var run = ConsoleRun.Of(Opening(), $"work {device} --precision tf32");
            Assert.That(run.Code, Is.EqualTo(ExitCode.Usage), device);
            Assert.That(run.Error, Does.StartWith("error: --precision tf32 needs tensor cores").And.Contain("--device cuda"), device);
        }
    }

    [Test]
    public void PrecisionReachesTheEmulator()
    {
        if (TestDevices.SimtMissingReason is { } reason) Assert.Ignore(reason);
        var run = ConsoleRun.Of(Opening(), "work --device simt --precision bf16");
        Assert.That(run.Code, Is.EqualTo(ExitCode.Done), run.Error);
        Assert.That(run.Out, Does.StartWith("simt, ").And.EndsWith("bf16\n"));
    }

    private static ConsoleCommand Work()
    {
        var command = new ConsoleCommand("work", "");
        var data = Options.Data();
        var seed = Options.Seed();
        var steps = Options.Steps();
        var batch = Options.Batch();
        var rate = Options.Number("--rate", "", 0.0, 0.001);
        var json = Options.JsonFile();
        foreach (Option option in (Option[])[data, seed, steps, batch, rate, json]) command.Options.Add(option);
        _ = new DeviceOptions(command);
        command.OnRun(session =>
        {
            string target = session.Get(json) is { } file ? $"'{file}'" : "-", count = session.Get(steps)?.ToString(CultureInfo.InvariantCulture) ?? "-";
            session.Out.WriteLine(FormattableString.Invariant($"{session.Get(data)} seed {session.Get(seed)} steps {count} batch {session.Get(batch)} rate {session.Get(rate)} json {target}"));
            return ExitCode.Done;
        });
        return command;
    }

    private static ConsoleCommand Opening()
    {
        var command = new ConsoleCommand("work", "");
        var options = new DeviceOptions(command);
        command.OnRun(session =>
        {
            using var device = options.Open(session);
            session.Out.WriteLine(device is CpuDevice cpu ? $"cpu, {cpu.Isa.Name()}, {cpu.Pool.Threads} thread" : $"{device.Kind.Name()}, {((GpuDevice)device).Description}");
            return ExitCode.Done;
        });
        return command;
    }

    private sealed class CultureScope : IDisposable
    {
        private readonly CultureInfo _before = CultureInfo.CurrentCulture;

        public CultureScope(string name) => CultureInfo.CurrentCulture = CultureInfo.GetCultureInfo(name);

        public void Dispose() => CultureInfo.CurrentCulture = _before;
    }
}
