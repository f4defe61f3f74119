using System.CommandLine;
using System.Runtime.InteropServices;
using GenEngine.Kernels.Devices.Cpu;
using Spectre.Console;

namespace GenEngine.Bench.Commands;

/// <summary>devices: what this machine can run on, why the others are not there, versions, memory.</summary>
internal static class Devices
{
    public static Command Create()
    {
        var json = Options.Json();
        var command = new ConsoleCommand("devices", "Show the devices of this machine, what is missing for the others, versions and memory.")
        {
            Examples = [("devices", "one line a device"), ("devices --json", "the same for programs")],
        };
        command.Options.Add(json);
        command.OnRun(session => Run(session, session.Get(json)));
        return command;
    }

    private static int Run(Session session, bool json)
    {
        DeviceInfo[] devices = [Cpu()];
        if (json)
        {
            Json.Write(session.Out, ConsoleJson.Default.DeviceInfoArray, devices);
            return ExitCode.Done;
        }

        var table = new Table().Border(TableBorder.Simple).AddColumns("device", "here", "what", "memory");
        foreach (var device in devices)
            table.AddRow(Markup.Escape(device.Device), device.Available ? "yes" : "no", Markup.Escape(device.Description), Sizes.Bytes(device.MemoryBytes));
        session.Console.Write(table);
        return ExitCode.Done;
    }

    private static DeviceInfo Cpu()
    {
        string isas = string.Join(", ", Enum.GetValues<CpuIsa>().Where(isa => isa.IsSupported()).Select(isa => isa.Name()));
        return new DeviceInfo("cpu", true, $"{RuntimeInformation.ProcessArchitecture}, {Environment.ProcessorCount} threads, {isas}", GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);
    }
}

/// <summary>One device for 'devices --json'.</summary>
internal sealed record DeviceInfo(string Device, bool Available, string Description, long MemoryBytes);
