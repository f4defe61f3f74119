using System.Runtime.InteropServices;
using GenEngine.Bench.Health;
using GenEngine.Data;

namespace GenEngine.Bench.Commands;

/// <summary>doctor: what works on this machine, what does not and why, and what to do, on one screen.</summary>
internal static class DoctorCommand
{
    /// <summary>Devices that training runs on, the fastest first.</summary>
    private static readonly string[] s_devices = ["cuda", "cpu", "simt"];

    public static ConsoleCommand Create()
    {
        var json = Options.Json();
        var folder = Options.DataDir();
        var command = new ConsoleCommand("doctor")
        {
            Examples = [("doctor", "one screen"), ("doctor --verbose", "with everything that was tried"), ("doctor --json", "for programs")],
        };
        command.Options.Add(folder);
        command.Options.Add(json);
        command.OnRun(session => Run(session, new DataOptions { DataDir = session.Get(folder) }, session.Get(json)));
        return command;
    }

    private static int Run(Session session, DataOptions options, bool json)
    {
        // the compiler and the libraries are other processes and large files: looked at beside each other
        var cuda = Task.Run(DeviceHealth.Cuda);
        var simt = Task.Run(DeviceHealth.Simt);
        var places = Task.Run(() => (Finding[])[PlaceHealth.Cache(), PlaceHealth.Runs(), PlaceHealth.Data(options)]);
        Finding[] findings = [DeviceHealth.Cpu(), PlaceHealth.Memory(), PlaceHealth.Terminal(session)];
        findings = [findings[0], simt.GetAwaiter().GetResult(), .. cuda.GetAwaiter().GetResult(), .. places.GetAwaiter().GetResult(), .. findings[1..]];
        string[] works = [.. s_devices.Where(device => findings.Any(finding => finding.Name == device && finding.Ok))];
        string version = typeof(DoctorCommand).Assembly.GetName().Version!.ToString(3);
        var report = new HealthReport(version, RuntimeInformation.FrameworkDescription, $"{RuntimeInformation.OSDescription}, {RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant()}", works, findings);
        if (json) Json.Write(session.Out, ConsoleJson.Default.HealthReport, report);
        else Print(session, report);
        return works.Length > 0 ? ExitCode.Done : ExitCode.Failed;
    }

    private static void Print(Session session, HealthReport report)
    {
        var output = session.Out;
        output.WriteLine($"GenEngine {report.Version}, {report.Runtime}, {report.System}");
        foreach (var finding in report.Findings) output.WriteLine($"  {(finding.Ok ? "ok" : "--")}  {finding.Name,-9} {finding.Text}");
        var advised = report.Findings.Where(finding => finding.Advice is not null).ToList();
        if (advised.Count > 0) output.WriteLine("What to do, where you want what is missing:");
        foreach (var finding in advised) output.WriteLine($"  {finding.Name,-9} {finding.Advice}");
        if (session.Verbose)
        {
            foreach (var finding in report.Findings.Where(finding => finding.Details is not null)) output.WriteLine($"{finding.Name}: {finding.Details}");
        }

        output.WriteLine(report.TrainsOn.Count > 0 ? $"Training works on {string.Join(", ", report.TrainsOn)}." : "Training works on no device of this machine.");
    }
}
