using GenEngine.Checks;
using GenEngine.Kernels;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;
using GenEngine.Kernels.Devices.Gpu.Cuda;
using GenEngine.Kernels.Devices.Gpu.Simt;
using static System.FormattableString;

namespace GenEngine.Bench.UserKernels;

/// <summary>What kernels run does and says.</summary>
/// <param name="allowedUlps">Largest error; null takes the op case's own.</param>
internal sealed class TrialReport(Session session, UserKernel kernel, DType real, double? allowedUlps)
{
    private readonly UserTrial _trial = new(kernel, real);

    public int Run(IReadOnlyList<OpCase> all)
    {
        session.Out.WriteLine($"{kernel.Entry} of {kernel.Path} in place of {kernel.ReplacedEntry} of {kernel.File}");
        var cases = _trial.Launching(all);
        if (cases.Length == 0) throw new EngineException($"None of {(all.Count == OpCases.All.Count ? "the" : "these")} {all.Count} op cases launches {kernel.ReplacedEntry} in {real.CName()}, so there is nothing to compare with.");
        bool passed = Check(cases);
        if (passed)
        {
            Time(cases, "simt", substitute => new GpuDevice(SimtDriver.Open(new SimtOptions(Threads: 1)), substitute), "emulated times are the host's and say nothing of a GPU");
            passed = OnCuda(cases);
        }

        Registers(_trial.VariantOf(cases[0]));
        return passed ? ExitCode.Done : ExitCode.Failed;
    }

    private bool Check(OpCase[] cases)
    {
        using var mine = new GpuDevice(SimtDriver.Open(new SimtOptions(Orders: 3, Checked: true)), kernel.Substitute);
        using var engine = new GpuDevice(SimtDriver.Open(new SimtOptions(Threads: 1)));
        int failed = Compare(cases, mine, engine);
        session.Out.WriteLine(Invariant($"simt, checked, three orders: {cases.Length - failed} of {cases.Length} op cases passed."));
        if (failed > 0) session.Out.WriteLine($"Where the file computes only a part of what {kernel.ReplacedEntry} does, name that part's op cases by --like.");
        Sites(((SimtDriver)mine.Driver).AccessSites);
        return failed == 0;
    }

    private void Sites(IReadOnlyList<AccessSite> all)
    {
        // one line of the file is a site in each variant that was compiled
        var sites = all.Where(site => site.File == kernel.Path).GroupBy(site => (site.File, site.Line, site.Shared, site.Access, site.Bytes)).ToList();
        if (sites.Count > 0) session.Out.WriteLine("What its accesses would cost a GPU (sampled on small shapes):");
        foreach (var site in sites)
        {
            var (file, line, shared, access, bytes) = site.Key;
            session.Out.WriteLine($"  {new AccessSite(file, file, line, shared, access, bytes, site.Sum(part => part.Requests), site.Sum(part => part.Cost), site.Sum(part => part.Ideal))}");
        }
    }

    private int Compare(OpCase[] cases, Device mine, Device engine)
    {
        int failed = 0;
        foreach (var test in cases)
        {
            session.Stop.ThrowIfCancellationRequested();
            try
            {
                var outcome = _trial.Check(test, mine, engine);
                bool good = outcome.Passes(allowedUlps);
                if (!good) failed++;
                string value = outcome.Value is { } report ? Invariant($"{report.WorstUlps:F1} of {allowedUlps ?? report.AllowedUlps:G3} ulps{(report.WorstUlps <= (allowedUlps ?? report.AllowedUlps) ? "" : " " + report.Where)}, ") : "";
                string same = outcome.Different == 0 ? "the engine's bits" : Invariant($"{outcome.Different} of {outcome.Values} values differ from the engine's (gradients included), by {outcome.WorstUlps:G3} ulps at most");
                session.Out.WriteLine($"{(good ? "ok   " : "WRONG")} {test.Name}: {value}{same}");
            }
            catch (KernelFaultException fault)
            {
                failed++;
                session.Out.WriteLine($"FAULT {test.Name}: {fault.Message}");
            }
        }

        return failed;
    }

    private void Time(OpCase[] cases, string device, Func<Func<GpuKernel, GpuKernel>?, Device> open, string note)
    {
        double mine, engine;
        using (var opened = open(kernel.Substitute)) mine = _trial.Time(cases, opened);
        using (var opened = open(null)) engine = _trial.Time(cases, opened);
        session.Out.WriteLine(Invariant($"{device}: yours {mine:F1} us, the engine's {engine:F1} us, over the launches of {cases.Length} op cases (best of seven; {note})."));
    }

    private bool OnCuda(OpCase[] cases)
    {
        try
        {
            using var mine = new GpuDevice(CudaDriver.Open(), kernel.Substitute);
            using var engine = new GpuDevice(CudaDriver.Open());
            int failed = Compare(cases, mine, engine);
            session.Out.WriteLine(Invariant($"cuda: {cases.Length - failed} of {cases.Length} op cases passed on {mine.Description}."));
            if (failed > 0) return false;
        }
        catch (DeviceUnavailableException)
        {
            session.Out.WriteLine("cuda: no GPU here; nothing was run on one.");
            return true;
        }

        Time(cases, "cuda", substitute => new GpuDevice(CudaDriver.Open(), substitute), "GPU events around each launch");
        return true;
    }

    /// <summary>What NVRTC says of both, where it is installed: it needs no GPU.</summary>
    private void Registers(GpuKernel engine)
    {
        const int Arch = 90;
        KernelCompiler compiler;
        try
        {
            compiler = new KernelCompiler(NvrtcCompiler.Load(), new CubinCache());
        }
        catch (DeviceUnavailableException)
        {
            session.Out.WriteLine("NVRTC is not installed: whether it compiles for a GPU was not tried.");
            return;
        }

        CompiledKernel yours = compiler.Compile(kernel.Variants[engine], CudaArch.Sm(Arch)), theirs = compiler.Compile(engine, CudaArch.Sm(Arch));
        session.Out.WriteLine(Invariant($"NVRTC {compiler.Nvrtc.Version}, sm_{Arch}, constants of {engine.Name}: yours {yours.Registers} registers, {yours.SharedBytes} bytes shared, {yours.SpillBytes} spilled; the engine's {theirs.Registers}, {theirs.SharedBytes}, {theirs.SpillBytes}."));
    }
}
