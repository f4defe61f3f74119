using System.CommandLine;
using System.Text.Json.Serialization;
using GenEngine.Bench.Profiles;
using GenEngine.Bench.UserKernels;
using GenEngine.Kernels;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;
using static System.FormattableString;

namespace GenEngine.Bench.Shapes;

/// <summary>
/// What the sub-commands of bench that time one shape share: their options, the measurement, the report. A sub-command is a class of its
/// own that reads its extents and makes a <see cref="ShapeJob"/>.
/// </summary>
internal sealed class ShapeBench
{
    private const int ProfiledRuns = 3;

    private readonly DeviceOptions _device;
    private readonly Option<double> _seconds = Options.Number("--seconds", "Time for one measurement.", 0.0, 0.4);
    private readonly Option<string?> _json = Options.JsonFile();
    private readonly Option<string?> _with = new("--with") { HelpName = "FILE.cu", Description = "With --device simt or cuda: a kernel file of your own in place of the engine's; see 'kernels run'." };
    private readonly Option<string?> _profile = Options.Profile("a few runs");

    public ShapeBench(Command command)
    {
        foreach (Option option in (Option[])[_seconds, _json, _profile, _with]) command.Options.Add(option);
        _device = new DeviceOptions(command, doubles: true);
    }

    /// <param name="create">Makes the job on a device, in a precision; refuses extents that make no sense.</param>
    public int Run(Session session, Func<Device, DType, ShapeJob> create)
    {
        string? json = session.Get(_json), profile = session.Get(_profile);
        string precision = _device.PrecisionName(session);
        var mine = session.Get(_with) is { } file ? UserKernel.Load(file, null) : null;
        if (mine is not null && _device.Kind(session) is not (DeviceKind.Simt or DeviceKind.Cuda)) throw new UsageException("--with needs --device simt or --device cuda: the CPU does not run CUDA sources.");
        using var device = _device.Open(session, mine is null ? null : mine.Substitute);
        using var job = create(device, _device.Real(session));
        var roof = Roof.Of(device);
        if (mine is not null)
        {
            job.Run();
            if (((GpuDevice)device).LoadedKernels.All(kernel => !mine.Variants.ContainsKey(kernel)))
                throw new UsageException($"This work does not launch {mine.ReplacedEntry}, which {mine.Path} stands in for.");
        }

        var (ms, repeats) = DeviceTimer.Measure(device, job.Run, session.Get(_seconds));
        double? share = roof is null || job.Flops == 0 ? null : Math.Round(roof.FloorMs(job) / ms, 4);
        var result = new ShapeResult(job.Name, device.Kind.Name(), precision, Math.Round(ms, 6), repeats, Math.Round(job.Flops / ms / 1e6, 3), share, Together(job, session.Get(_seconds)));
        if (profile is not null)
        {
            using var launches = new LaunchProfile(device);
            for (int run = 1; run <= ProfiledRuns; run++) launches.Run(run, job.Run);
            TraceFile.Write(profile, device, launches, roof);
            session.Error.WriteLine($"Trace of {ProfiledRuns} runs: {profile} (open it in ui.perfetto.dev or chrome://tracing)");
        }

        if (json is not null) Json.Write(session, json, ConsoleJson.Default.ShapeResult, result);
        if (json is not "") Print(session, job, result, device, roof);
        return ExitCode.Done;
    }

    /// <summary>Runs one behind the other against the same number in one launch: by that much a launch is dear. Null where nothing is unrolled.</summary>
    private static UnrolledResult? Together(ShapeJob job, double seconds)
    {
        int runs = job.Unrolled;
        if (runs == 1) return null;
        var (apart, _) = DeviceTimer.Measure(job.Device, () =>
        {
            for (int i = 0; i < runs; i++) job.Run();
        }, seconds);
        var (together, _) = DeviceTimer.Measure(job.Device, job.RunUnrolled, seconds);
        return new UnrolledResult(runs, Math.Round(apart / runs, 6), Math.Round(together / runs, 6));
    }

    private static void Print(Session session, ShapeJob job, ShapeResult result, Device device, Roof? roof)
    {
        session.Out.WriteLine($"{job.Work}, {result.Precision}, on {result.Device}: {device.Description}");
        string share = result.RoofShare is { } of ? Invariant($", {100 * of:F1} % of the roof") : "";
        string rate = job.Flops > 0 ? Invariant($", {result.Gflops:G4} GFLOP/s{share}") : "";
        session.Out.WriteLine(Invariant($"{result.Ms:G4} ms (median of {result.Repeats}){rate}"));
        if (result.Unrolled is { } unrolled) session.Out.WriteLine(Invariant($"{unrolled.Steps} in a row: {unrolled.InARowMs:G4} ms each; in one launch: {unrolled.Ms:G4} ms each, {unrolled.InARowMs / unrolled.Ms:F2} times as fast"));
        if (job.Flops == 0) return;
        if (roof is not null) session.Out.WriteLine($"roof: {roof}");
        else if (device.Kind == DeviceKind.Simt) session.Out.WriteLine("No roof: the emulator's time is the host's and says nothing of a GPU.");
        else session.Out.WriteLine("No roof: the driver does not say this card's clocks.");
    }
}

/// <summary>'bench gemm --json'; the first four fields are those of every list of measurements here.</summary>
/// <param name="Ms">Median, milliseconds.</param>
/// <param name="RoofShare">The device's least time for this work / Ms; null where no roof is known.</param>
/// <param name="Unrolled">Of training steps: several in one launch; not there where that is off.</param>
internal sealed record ShapeResult(
    string Name, string Device, string Precision, double Ms, int Repeats, double Gflops, double? RoofShare,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] UnrolledResult? Unrolled = null);

/// <summary>Steps that were put together.</summary>
/// <param name="Steps">In one launch.</param>
/// <param name="InARowMs">One of so many launches in a row, waited for at the end; median, milliseconds.</param>
/// <param name="Ms">One of the steps in one launch.</param>
internal sealed record UnrolledResult(int Steps, double InARowMs, double Ms);
