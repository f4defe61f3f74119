using System.CommandLine;
using GenEngine.Bench.Shapes;
using GenEngine.Kernels;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;
using GenEngine.Kernels.Devices.Gpu.Cuda;
using GenEngine.Kernels.Devices.Gpu.Simt;
using GenEngine.Kernels.MatMul;
using Spectre.Console;
using static System.FormattableString;

namespace GenEngine.Bench.Commands;

/// <summary>bench ladder: the rungs of a matrix product (Kernels/MatMul/Ladder), timed on a GPU, counted on the emulator.</summary>
internal static class BenchLadder
{
    private const int GpuExtent = 4096, EmulatedExtent = 128;

    public static ConsoleCommand Create()
    {
        var command = new ConsoleCommand(
            "ladder",
            "Time the rungs of a matrix product, from a thread an output to the tensor cores (Kernels/MatMul/Ladder). On the emulator, where times mean nothing, count what its memory accesses would cost a GPU.")
        {
            Examples = [("bench ladder", "on the GPU where there is one, else counted on the emulator"), ("bench ladder --device simt --m 64 --n 64 --k 64", "another shape")],
        };
        var sizes = (M: Extent("--m", "Rows of C"), N: Extent("--n", "Columns of C"), K: Extent("--k", "Terms of each sum"));
        var device = Options.Choice("--device", "Where to run; when not given, cuda where there is a GPU, else simt.", "cpu", "simt", "cuda");
        var seconds = Options.Number("--seconds", "Time for one measurement.", 0.0, 0.4);
        var json = Options.JsonFile();
        foreach (Option option in (Option[])[sizes.M, sizes.N, sizes.K, device, seconds, json]) command.Options.Add(option);
        command.OnRun(session =>
        {
            using var gpu = Open(session.Get(device));
            var shape = new MatMulShape(1, Given(sizes.M), Given(sizes.N), Given(sizes.K));
            var lines = gpu is null ? [.. Ladder.Rungs.Select(rung => Count(rung, shape))] : Time(session, gpu, shape, session.Get(seconds));
            string? path = session.Get(json);
            if (path is not null) Json.Write(session, path, ConsoleJson.Default.ListLadderLine, lines);
            if (path is not "") Print(session, shape, lines, gpu);
            return ExitCode.Done;

            int Given(Option<int> extent) => gpu is null && !session.Given(extent) ? EmulatedExtent : session.Get(extent);
        });
        return command;
    }

    private static Option<int> Extent(string name, string what) => Options.Number(name, Invariant($"{what}; on the emulator {EmulatedExtent} when not given."), 1, GpuExtent);

    /// <summary>A GPU, or null for the emulator.</summary>
    private static GpuDevice? Open(string? name)
    {
        if (name == "cpu") throw new UsageException("The rungs are GPU kernels; on the CPU they are all one product. Use --device simt or cuda, or 'bench gemm --device cpu'.");
        if (name == "simt") return null;
        try
        {
            return (GpuDevice)DeviceFactory.Open(DeviceKind.Cuda);
        }
        catch (DeviceUnavailableException) when (name is null)
        {
            return null;
        }
    }

    private static List<LadderLine> Time(Session session, GpuDevice device, MatMulShape shape, double seconds)
    {
        var roof = Roof.Of(device);
        var lines = new List<LadderLine>();
        foreach (var rung in Ladder.Rungs.Where(rung => rung.MinArch <= device.Driver.Arch))
        {
            session.Stop.ThrowIfCancellationRequested();
            using var job = new GemmShape(device, DType.Float32, MatMulOp.NN, shape, rung.Number);
            var (ms, _) = DeviceTimer.Measure(device, job.Run, seconds);
            // the roof is that of float32 multiply-adds; tensor cores have a higher one of their own
            double? share = roof is not null && rung.FollowsSummationLaw ? Math.Round(roof.FloorMs(job) / ms, 4) : null;
            lines.Add(Line(rung, device.Kind) with { Ms = Math.Round(ms, 6), Gflops = Math.Round(job.Flops / ms / 1e6, 1), RoofShare = share });
        }

        return lines;
    }

    /// <summary>A driver of its own for each rung: its counters are the rung's.</summary>
    private static LadderLine Count(LadderRung rung, MatMulShape shape)
    {
        using var device = new GpuDevice(SimtDriver.Open(new SimtOptions(Checked: true)));
        using var job = new GemmShape(device, DType.Float32, MatMulOp.NN, shape, rung.Number);
        job.Run();
        var sites = ((SimtDriver)device.Driver).AccessSites;
        return Line(rung, DeviceKind.Simt) with { Sectors = Counted(sites.Where(site => !site.Shared)), BankPasses = Counted(sites.Where(site => site.Shared)) };
    }

    private static AccessCount? Counted(IEnumerable<AccessSite> sites)
    {
        long requests = 0, cost = 0, least = 0;
        foreach (var site in sites) (requests, cost, least) = (requests + site.Requests, cost + site.Cost, least + site.Ideal);
        return requests == 0 ? null : new AccessCount(requests, cost, Math.Round((double)cost / least, 3));
    }

    private static LadderLine Line(LadderRung rung, DeviceKind device) => new(Invariant($"ladder-{rung.Number}-{rung.Name}"), device.Name(), rung.FollowsSummationLaw ? "float32" : "tf32", rung.Idea, rung.GlobalWords, rung.SharedWords);

    private static void Print(Session session, MatMulShape shape, List<LadderLine> lines, GpuDevice? gpu)
    {
        session.Out.WriteLine(Invariant($"C[{shape.M},{shape.N}] = A[{shape.M},{shape.K}] B[{shape.K},{shape.N}], {(gpu is null ? "counted by the emulator: its times are the host's and say nothing of a GPU" : gpu.Description)}"));
        var table = new Table().Border(TableBorder.Simple).AddColumns("rung", "idea");
        string[] figures = gpu is null ? ["sectors (x least)", "bank passes (x least)"] : ["ms", "GFLOP/s", "share of roof"];
        foreach (string title in (string[])["global words a multiply-add", "shared words", .. figures]) table.AddColumn(new TableColumn(title).RightAligned());
        foreach (var line in lines)
        {
            string[] cells = gpu is null ? [Text(line.Sectors), Text(line.BankPasses)]
                : [Invariant($"{line.Ms:G4}"), Invariant($"{line.Gflops:F0}"), line.RoofShare is { } share ? Invariant($"{100 * share:F1} %") : "-"];
            table.AddRow([Markup.Escape(line.Name), Markup.Escape(line.Idea), Invariant($"{line.GlobalWords:G4}"), Invariant($"{line.SharedWords:G4}"), .. cells]);
        }

        session.Console.Write(table);
        if (gpu is null) session.Out.WriteLine("Sectors of 32 bytes and passes over the banks are sampled: up to 16 warp-wide requests a source line, in the first 4 blocks.");
        session.Out.WriteLine("Sources: genengine kernels show ladder_1_naive.cu --source, and so on.");
    }

    private static string Text(AccessCount? count) => count is null ? "-" : Invariant($"{count.Cost} for {count.Requests} requests (x{count.TimesLeast:0.0#})");
}

/// <summary>A line of 'bench ladder --json'.</summary>
/// <param name="GlobalWords">Words of global memory a multiply-add.</param>
/// <param name="SharedWords">Words of shared memory a multiply-add.</param>
internal sealed record LadderLine(string Name, string Device, string Precision, string Idea, double GlobalWords, double SharedWords)
{
    /// <summary>Median, milliseconds; null on the emulator.</summary>
    public double? Ms { get; init; }

    public double? Gflops { get; init; }

    public double? RoofShare { get; init; }

    /// <summary>Global memory as the emulator counts it; null on a GPU.</summary>
    public AccessCount? Sectors { get; init; }

    /// <summary>Shared memory as the emulator counts it; null on a GPU, or where a rung uses none.</summary>
    public AccessCount? BankPasses { get; init; }
}

/// <param name="Requests">Warp-wide requests sampled.</param>
/// <param name="TimesLeast">Cost over the least that the same bytes could cost.</param>
internal sealed record AccessCount(long Requests, long Cost, double TimesLeast);
