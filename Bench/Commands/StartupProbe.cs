using System.CommandLine;
using GenEngine.Bench.Compare;
using GenEngine.Kernels.Devices.Cpu;

namespace GenEngine.Bench.Commands;

/// <summary>startup-probe (hidden): one VAE training step from nothing; 'compare' measures the time to its one line.</summary>
internal static class StartupProbe
{
    public const string Name = "startup-probe";

    public static ConsoleCommand Create()
    {
        var threads = Options.Threads();
        var command = new ConsoleCommand(Name);
        command.Options.Add(threads);
        command.OnRun(session =>
        {
            using var device = new CpuDevice(new CpuOptions(session.Get(threads)));
            using var job = StepJob.DenseVae(device, 128);
            job.Run();
            session.Out.WriteLine(StartupRace.Done);
            session.Out.Flush();
            return ExitCode.Done;
        });
        return command;
    }
}
