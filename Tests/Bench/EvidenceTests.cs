using System.Text.Json;
using GenEngine.Bench;
using GenEngine.Bench.Proofs;
using GenEngine.Kernels;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;
using GenEngine.Kernels.Devices.Gpu.Cuda;
using GenEngine.Tests.Kernels.Cuda;
using GenEngine.Kernels.MatMul;
using GenEngine.Tests.Files;
using NUnit.Framework;

namespace GenEngine.Tests.Bench;

/// <summary>'evidence' and 'evidence collect'.</summary>
[NonParallelizable] // behind the tests that compile every variant, whose programs are in the cache by then
public sealed class EvidenceTests
{
    private const string Archs = "sm_75,sm_80,sm_86,sm_89,sm_90";

    private TemporaryFolder _folder = null!;

    [SetUp]
    public void SetUp()
    {
        _folder = new TemporaryFolder();
    }

    [TearDown]
    public void Clean() => _folder.Dispose();

    [Test]
    public void What_the_emulator_passes_is_evidence_of_the_emulator_alone()
    {
        string path = Collect("Transpose");
        var file = EvidenceStore.Read(path);
        Assert.That((file.Device, file.Machine, file.Checker, file.Nvrtc), Is.EqualTo(("simt", "the emulator", (string?)null, (string?)null)));
        Assert.That(file.Kernels.Select(kernel => kernel.File), Has.Some.EqualTo("Layout/transpose.cu"));
        Assert.That(file.Kernels, Has.All.Matches<KernelEvidence>(kernel => kernel is { Passed: true, Failed: 0, Cases: > 0 }));

        var line = Report("--only", "Layout/transpose.cu", "--file", path).Kernels.First(kernel => file.Kernels.Any(passed => passed.Name == kernel.Name));
        Assert.That(line.Emulated);
        Assert.That(line.Machines, Is.Empty, "an emulator is no GPU");
    }

    [Test]
    public void Evidence_holds_for_the_kernel_it_was_collected_of()
    {
        var file = EvidenceStore.Read(Collect("Transpose"));
        var (proved, other) = (file.Kernels.First(kernel => kernel.File == "Layout/transpose.cu"), new string('0', 64));
        var gpu = file with { Machine = "A card", Device = "cuda", Checker = "memcheck", Kernels = [proved] };
        Assert.That(Line(gpu).Machines, Is.EqualTo(new[] { "A card" }));
        Assert.That(Line(gpu).Checkers, Is.EqualTo(new[] { "memcheck" }));
        Assert.That(Line(gpu with { Kernels = [proved with { Fingerprint = other }] }).Machines, Is.Empty, "the kernel has changed since");
        Assert.That(Line(gpu with { Kernels = [proved with { Failed = 1 }] }).Machines, Is.Empty, "it failed there");

        EvidenceLine Line(EvidenceFile evidence)
        {
            File.WriteAllText(_folder["gpu.json"], JsonSerializer.Serialize(evidence, ConsoleJson.Default.EvidenceFile));
            return Report("--only", proved.Name, "--file", _folder["gpu.json"]).Kernels.Single(line => line.Fingerprint == proved.Fingerprint);
        }
    }

    [Test]
    public void Coverage_is_the_share_that_a_gpu_has_proved()
    {
        var report = Report();
        Assert.That(report.Kernels, Has.Count.EqualTo(report.Variants));
        Assert.That(report.WithEvidence, Is.EqualTo(report.Kernels.Count(kernel => kernel.Machines.Count > 0)));
        Assert.That(report.Coverage, Is.EqualTo((double)report.WithEvidence / report.Variants));
    }

    [Test]
    public void The_emulator_has_proved_every_variant()
    {
        var run = ConsoleRun.Of("evidence", "--missing");
        Assert.That(run.Code, Is.EqualTo(ExitCode.Done), run.Error);
        Assert.That(run.Out, Does.StartWith("0 of "), "kernels have changed, or an op case or a proof (Bench/Proofs) is missing: run 'genengine evidence collect Bench/Evidence/emulator.json --device simt --check' and build");
    }

    [Test]
    public void A_product_is_proved_with_every_tile_in_every_precision()
    {
        var file = EvidenceStore.Read(Collect("MatMul NN"));
        string[] missing =
        [
            .. from kernel in KernelCatalog.Variants
               where kernel.File is "MatMul/matmul.cu" or "MatMul/matmul_mma.cu"
               where !file.Kernels.Any(passed => passed is { Passed: true } && passed.Name == kernel.Name)
               select kernel.Name,
        ];
        Assert.That(missing.Where(name => name.Contains("OP=0", StringComparison.Ordinal) && name.Contains("QUADS=0", StringComparison.Ordinal)), Is.Empty, "the product's own, whose rows are no whole quads");
        Assert.That(missing.Where(name => name.Contains("OP=1", StringComparison.Ordinal) && name.Contains("QUADS=0", StringComparison.Ordinal)), Is.Empty, "its gradients'");
        Assert.That((MatMulGpu.ForcedTile, MatMulMmaGpu.ForcedTile), Is.EqualTo(((int?)null, (int?)null)), "launchers choose again");
    }

    [Test]
    public void What_has_no_evidence_says_why()
    {
        const string Print = "print", Name = "k";
        var passed = new EvidenceFile("A card", "cuda", null, "2026-01-31", null, null, null, [new KernelEvidence("f.cu", Name, Print, 1, 0, null)]);
        EvidenceFile[] failed = [passed with { Kernels = [passed.Kernels[0] with { Failed = 1 }] }];
        Assert.That(EvidenceStore.Line("f.cu", Name, Print, [passed]).Missing, Is.Null);
        Assert.That(EvidenceStore.Line("f.cu", Name, "another", [passed]).Missing, Is.EqualTo("has changed since 2026-01-31"));
        Assert.That(EvidenceStore.Line("f.cu", Name, Print, failed).Missing, Is.EqualTo("failed on A card, 2026-01-31"));
        Assert.That(EvidenceStore.Line("g.cu", Name, "another", [passed]).Missing, Is.EqualTo("no op case and no proof launched it"));
    }

    [Test]
    public void What_cannot_be_is_refused()
    {
        File.WriteAllText(_folder["torn.json"], "{ \"machine\": ");
        Refused("Cannot read the evidence file", "evidence", "--file", _folder["torn.json"]);
        Refused("No kernel variant has 'nothing'", "evidence", "--only", "nothing");
        Refused("--device cuda, or simt", "evidence", "collect", _folder["e.json"], "--device", "cpu");
        if (TestDevices.SimtMissingReason is not null) return;
        Refused("compute-sanitizer sees no emulator", "evidence", "collect", _folder["e.json"], "--device", "simt", "--checker", "memcheck");
        Refused("every precision", "evidence", "collect", _folder["e.json"], "--device", "simt", "--precision", "bf16");
    }

    [Test]
    public void The_readme_shows_the_table()
    {
        NvrtcTests.Require(); // the table says what compiles
        var run = ConsoleRun.Of("evidence", "--arch", Archs, "--markdown");
        Assert.That(run.Code, Is.EqualTo(ExitCode.Done), run.Error);
        string readme = File.ReadAllText(Path.Combine(Checkout.Root, "README.md")).ReplaceLineEndings("\n");
        Assert.That(readme, Does.Contain(run.Out.ReplaceLineEndings("\n")),
            $"kernels have changed: run 'genengine evidence collect Bench/Evidence/emulator.json --device simt --check', build, and put the table of 'genengine evidence --arch {Archs} --markdown' into README.md");
    }

    private string Collect(string only)
    {
        NeedsEmulator();
        var run = ConsoleRun.Of("evidence", "collect", _folder["evidence.json"], "--device", "simt", "--only", only);
        Assert.That(run.Code, Is.EqualTo(ExitCode.Done), run.Error + run.Out);
        Assert.That(run.Out, Does.Contain(", 0 failed; "));
        return _folder["evidence.json"];
    }

    private EvidenceReport Report(params string[] options)
    {
        NvrtcTests.Require();
        var run = ConsoleRun.Of(["evidence", .. options, "--json", _folder["report.json"]]);
        Assert.That(run.Code, Is.EqualTo(ExitCode.Done), run.Error);
        return JsonSerializer.Deserialize(File.ReadAllText(_folder["report.json"]), ConsoleJson.Default.EvidenceReport)!;
    }

    private static void Refused(string reason, params string[] words)
    {
        var run = ConsoleRun.Of(words);
        Assert.That(run.Code, Is.Not.EqualTo(ExitCode.Done));
        Assert.That(run.Error, Does.Contain(reason));
    }

    private static void NeedsEmulator()
    {
        if (TestDevices.SimtMissingReason is { } reason) Assert.Ignore(reason);
    }
}
