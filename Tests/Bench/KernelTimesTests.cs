using GenEngine.Bench;
using GenEngine.Bench.Compare;
using GenEngine.Bench.Proofs;
using GenEngine.Bench.Shapes;
using GenEngine.Kernels.Columns;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Kernels.Devices.Gpu;
using GenEngine.Tests.Files;
using NUnit.Framework;

namespace GenEngine.Tests.Bench;

/// <summary>What 'evidence time' adds to an evidence file. The emulator's times are worth nothing, but what is counted and compared is the same.</summary>
public sealed class KernelTimesTests
{
    private static readonly TimedWork Small = new("gemm-small", device => new GemmJob(device, 36, 40, 44));

    [Test]
    public void A_row_has_the_peers_best_of_the_same_precision()
    {
        if (TestDevices.Simt is not { } device) Assert.Ignore(TestDevices.SimtMissingReason!);
        else
        {
            var times = new KernelTimes(device, new Roof(1e12, 1e11, 0, 0.5, "made up"),
            [
                new PeerRow("gemm-small", "cuda", "float32", 8, "eager"), new PeerRow("gemm-small", "cuda", "float32", 4, "graph"), new PeerRow("gemm-small", "cuda", "bf16", 1, "eager"),
                new PeerRow("gemm-other", "cuda", "float32", 0.001, "eager"),
            ]);
            var (plain, bf16, split, tf32) = (times.Run(Small, Precision.Float32, 0), times.Run(Small, Precision.BFloat16, 0), times.Run(Small, Precision.Tf32x3, 0), times.Run(Small, Precision.Tf32, 0));
            Assert.Multiple(() =>
            {
                Assert.That((plain.PeerMs, plain.PeerMode), Is.EqualTo((4.0, "graph")));
                Assert.That(plain.Ratio, Is.EqualTo(4 / plain.Ms).Within(1).Percent);
                Assert.That((bf16.Precision, bf16.PeerMs), Is.EqualTo(("bf16", 1.0)));
                Assert.That((split.Precision, split.PeerMs), Is.EqualTo(("tf32x3", 4.0)), "the peer of 3xTF32 is float32");
                Assert.That((tf32.PeerMs, tf32.PeerMode, tf32.Ratio), Is.EqualTo(((double?)null, (string?)null, (double?)null)), "never across precisions");
                Assert.That(plain.RoofShare, Is.EqualTo(2e3 * 36 * 40 * 44 / 1e12 / plain.Ms).Within(6e-5));
                Assert.That(bf16.RoofShare, Is.EqualTo(2e3 * 36 * 40 * 44 / 16e12 / bf16.Ms).Within(6e-5), "sixteen times float32's rate");
                Assert.That(times.Rows, Is.EqualTo(new[] { plain, bf16, split, tf32 }));
            });

            // a launch's declared bytes count too: 19 KB at 1e11 a second are more than its operations at 1e12
            var (kernel, time) = times.Longest.Single(pair => pair.Key.File == "MatMul/matmul.cu");
            double floor = 4e3 * ((36 * 44) + (44 * 40) + (36 * 40)) / 1e11;
            Assert.That(time.RoofShare, Is.EqualTo(Math.Round(floor / time.Ms, 4)).Within(2e-4), kernel.Name);
            Assert.That((time.Row, time.Precision), Is.EqualTo(("gemm-small", "float32")));
            Assert.That(time.Extents, Does.Contain("36").And.Contain("40").And.Contain("44"));
            Assert.That(times.Longest.Keys.Count(variant => variant.File == "MatMul/matmul_mma.cu"), Is.EqualTo(3), "one a precision");
            Assert.That(device.Precision, Is.EqualTo(Precision.Float32));
        }
    }

    [Test]
    public void Times_join_a_file_and_replace_their_own_rows_only()
    {
        if (TestDevices.Simt is not { } device) Assert.Ignore(TestDevices.SimtMissingReason!);
        else
        {
            var times = new KernelTimes(device, null, []);
            var row = times.Run(Small, Precision.Float32, 0);
            var timed = times.Longest.Keys.Single();
            TimedRow other = new("gemm-4096", "bf16", 0.3, null, 0.2, "eager", 0.667);
            var file = new EvidenceFile("a GPU", "cuda", null, "2026-01-31", "12.4", "12.4", null, [new KernelEvidence(timed.File, timed.Name, "f", 1, 0, 0.5), new KernelEvidence("A/a.cu", "a", "g", 2, 0, null)])
            {
                Rows = [row with { Ms = 1e9 }, other],
            };
            var joined = file.With(times);
            Assert.That(joined.Rows, Is.EqualTo(new[] { other, row }));
            Assert.That(joined.Kernels[0], Is.EqualTo(file.Kernels[0] with { Time = times.Longest[timed] }));
            Assert.That(joined.Kernels[1], Is.EqualTo(file.Kernels[1]));
        }
    }

    /// <summary>A row whose name the peer does not know would never get a ratio.</summary>
    [Test]
    public void Work_has_the_names_of_the_peers_rows()
    {
        string peer = File.ReadAllText(Path.Combine(Checkout.Root, "Bench", "Peers", "pytorch", "peer.py"));
        foreach (var work in TimedWork.All) Assert.That(peer, Does.Contain($"\"{work.Name}\":"), work.Name);
        Assert.That(TimedWork.All.Select(work => work.Name), Is.Unique);
    }

    /// <summary>What 'evidence time' draws with on a GPU; the CPU only writes the programs down here.</summary>
    [Test]
    public void Large_samplers_are_run_by_clusters_on_a_large_gpu()
    {
        using var cpu = new CpuDevice(new CpuOptions(1));
        foreach (var (work, meetings) in new[] { ("sample-pixelcnn-h128", 17), ("sample-wavenet-30", 64), ("sample-wavenet-30-x256", 64) })
        {
            using var job = (SampleJob)TimedWork.All.Single(x => x.Name == work).Create(cpu);
            var plan = ColumnTeamGpu.Choose(job.Sampler.Program, arch: 90, multiprocessors: 132, 227 * 1024)!;
            TestContext.Out.WriteLine($"{work}: {plan.Images} a team, {job.Sampler.Program.Products / job.Sampler.Program.Positions} weights, resident {plan.RankWeights}, chain {plan.Chain}, stages {plan.StageCount}, meetings {plan.Meetings}, rows {plan.RowProducts}");
            Assert.That((plan.Kind, plan.Meetings), Is.EqualTo((TeamKind.Cluster, meetings)), work);
        }
    }

    [Test]
    public void The_command_refuses_what_it_cannot_time()
    {
        using var folder = new TemporaryFolder();
        string evidence = Path.Combine(folder.Path, "evidence.json"), damaged = Path.Combine(folder.Path, "peer.json"), odd = Path.Combine(folder.Path, "odd.json");
        File.WriteAllText(evidence, """{"machine":"A card","device":"cuda","checker":null,"date":"2026-01-31","driver":"12.4","nvrtc":"12.4","commit":null,"kernels":[]}""");
        File.WriteAllText(damaged, "[{\"name\":\"gemm-1024\"");
        File.WriteAllText(odd, """[{"name":"gemm-1024","device":"cuda","precision":"float32","ms":0,"mode":"eager","runs":10}]""");
        string kept = File.ReadAllText(evidence);
        foreach (var (arguments, says) in ((string[], string)[])
        [
            (["nothing.json"], "the evidence file 'nothing.json'"),
            ([evidence, "--peer", damaged], "the peer's file"),
            ([evidence, "--peer", odd], "gemm-1024 took 0 ms"),
            ([evidence, "--device", "simt"], "--device cuda"),
            ([evidence, "--only", "gem-1024"], "Did you mean 'gemm-1024'"),
        ])
        {
            var run = ConsoleRun.Of(["evidence", "time", .. arguments]);
            Assert.That(run.Code, Is.Not.Zero, string.Join(' ', arguments));
            Assert.That(run.Error, Does.Contain(says));
        }

        Assert.That(File.ReadAllText(evidence), Is.EqualTo(kept), "nothing was lost");
    }

    [Test]
    public void A_file_without_times_says_nothing_of_them()
    {
        var file = new EvidenceFile("a GPU", "cuda", null, "2026-01-31", null, null, null, [new KernelEvidence("A/a.cu", "a", "g", 2, 0, null)]);
        string json = System.Text.Json.JsonSerializer.Serialize(file, ConsoleJson.Default.EvidenceFile);
        Assert.That(json, Does.Not.Contain("\"time\"").And.Not.Contain("\"rows\""));
        var timed = file with { Rows = [new TimedRow("gemm-4096", "bf16", 0.3, 0.6, 0.2, "eager", 0.667)], Kernels = [file.Kernels[0] with { Time = new KernelTime("gemm-4096", "bf16", "M 4096", 0.29, null) }] };
        var back = System.Text.Json.JsonSerializer.Deserialize(System.Text.Json.JsonSerializer.Serialize(timed, ConsoleJson.Default.EvidenceFile), ConsoleJson.Default.EvidenceFile)!;
        Assert.That((back.Rows![0], back.Kernels[0]), Is.EqualTo((timed.Rows![0], timed.Kernels[0])));
        Assert.That(EvidenceTable.Line(timed.Rows[0]), Does.Contain("60 % of the roof").And.Contain("0.67 times"));
    }
}
