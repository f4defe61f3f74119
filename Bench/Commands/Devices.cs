using System.CommandLine;
using System.Runtime.InteropServices;
using GenEngine.Kernels;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Kernels.Devices.Gpu.Cuda;
using GenEngine.Kernels.Devices.Gpu.Simt;
using static System.FormattableString;

namespace GenEngine.Bench.Commands;

/// <summary>devices: what this machine can run on, why the others are not there, versions, memory.</summary>
internal static class Devices
{
    public static ConsoleCommand Create()
    {
        var json = Options.Json();
        var command = new ConsoleCommand("devices")
        {
            Examples = [("devices", "one line a device"), ("devices --json", "the same for programs")],
        };
        command.Options.Add(json);
        command.OnRun(session => Run(session, session.Get(json)));
        return command;
    }

    private static int Run(Session session, bool json)
    {
        // Asking the compiler for its version and loading NVRTC wait on the system, and take about as long as each other.
        var simt = Task.Run(Simt, session.Stop);
        var cuda = Cuda();
        DeviceInfo[] devices = [Cpu(), simt.GetAwaiter().GetResult(), .. cuda];
        if (json)
        {
            Json.Write(session.Out, ConsoleJson.Default.DeviceInfoArray, devices);
            return ExitCode.Done;
        }

        // Lines as the doctor's: the first table of a process takes a third of this command's time.
        foreach (var device in devices)
        {
            string memory = device.MemoryBytes > 0 ? $", {Sizes.Bytes(device.MemoryBytes)} of memory" : "";
            session.Out.WriteLine($"  {(device.Available ? "ok" : "--")}  {device.Device,-7} {device.Description}{memory}");
        }

        session.Out.WriteLine();
        foreach (var device in devices.Where(device => device.Problem is not null)) session.Out.WriteLine($"{device.Device}: {device.Problem}\n");
        session.Out.WriteLine($"GenEngine {Version()}, {RuntimeInformation.FrameworkDescription}, {RuntimeInformation.OSDescription}");
        return ExitCode.Done;
    }

    private static DeviceInfo Cpu()
    {
        string isas = string.Join(", ", Enum.GetValues<CpuIsa>().Where(isa => isa.IsSupported()).Select(isa => isa.Name()));
        string description = Invariant($"{ProcessorName()}, {Environment.ProcessorCount} threads, {isas}");
        return new DeviceInfo("cpu", true, description, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes, null);
    }

    private static DeviceInfo Simt()
    {
        try
        {
            var compiler = CompilerFinder.Find();
            string version = compiler.Identity.Split('\n') is [_, var line, ..] ? line : "";
            return new DeviceInfo("simt", true, $"the CUDA sources on the CPU, by {compiler.Path}: {version}", 0, null);
        }
        catch (EngineException exception)
        {
            return new DeviceInfo("simt", false, "the CUDA sources on the CPU", 0, exception.Message);
        }
    }

    private static IReadOnlyList<DeviceInfo> Cuda()
    {
        var report = CudaDriver.Probe();
        string? problem = string.Join('\n', new[] { report.DriverProblem, report.NvrtcProblem }.Where(text => text is not null));
        if (problem.Length == 0) problem = null;
        string versions = report.NvrtcVersion is { } nvrtc ? $"NVRTC {nvrtc} ({report.NvrtcPath})" : "no NVRTC";
        versions = (report.CudaVersion is { } cuda ? $"driver for CUDA {cuda}" : "no driver") + ", " + versions;
        if (report.Devices.Count == 0) return [new DeviceInfo("cuda", false, versions, 0, problem)];
        return [.. report.Devices.Select(device => new DeviceInfo(Invariant($"cuda:{device.Ordinal}"), report.IsUsable, $"{device}, {versions}", device.MemoryBytes, problem))];
    }

    internal static string ProcessorName()
    {
        const string Info = "/proc/cpuinfo", Key = "model name";
        string? line = File.Exists(Info) ? File.ReadLines(Info).FirstOrDefault(text => text.StartsWith(Key, StringComparison.Ordinal)) : null;
        return line?.Split(':', 2)[1].Trim() ?? Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER") ?? RuntimeInformation.ProcessArchitecture.ToString();
    }

    private static string Version() => typeof(Devices).Assembly.GetName().Version!.ToString(3);
}

/// <summary>One device for 'devices --json'.</summary>
/// <param name="Problem">Why it cannot be used, and the fix; null when it can.</param>
internal sealed record DeviceInfo(string Device, bool Available, string Description, long MemoryBytes, string? Problem);
