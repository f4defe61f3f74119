using System.CommandLine;
using GenEngine.Bench.Proofs;
using GenEngine.Bench.Shapes;
using GenEngine.Kernels;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;
using GenEngine.Text;
using static System.FormattableString;

namespace GenEngine.Bench.Commands;

/// <summary>evidence time: adds to an evidence file how long the kernels take in work of real size, how near the ceiling that is, and how the work compares with PyTorch.</summary>
internal static class EvidenceTime
{
    public static ConsoleCommand Create()
    {
        var command = new ConsoleCommand("time", "Time products, convolutions and training steps of real size on the GPU, as a whole and launch by launch, in every precision, and add that to an evidence file of the same machine: milliseconds, share of the ceiling, ratio to the peer at the same precision. It is written as it grows.")
        {
            Examples =
            [
                ("evidence time h200.json --device cuda --peer pytorch.json", "behind 'evidence collect h200.json', with what Bench/Peers/pytorch/peer.py --json wrote"),
                ("evidence time h200.json --device cuda --only gemm", "products only"),
            ],
        };
        var file = new Argument<string>("file") { Description = "The evidence file that 'evidence collect' wrote on this machine." };
        var peer = new Option<string[]>("--peer") { HelpName = "FILE", Description = "Measurements of PyTorch on this machine; may be repeated." };
        var only = new Option<string?>("--only") { HelpName = "TEXT", Description = "Only work whose name contains the text." };
        only.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && Select(result.Tokens[0].Value).Length == 0)
                result.AddError(NearestName.Unknown("work", result.Tokens[0].Value, [.. TimedWork.All.Select(work => work.Name)]));
        });
        var seconds = Options.Number("--seconds", "Time for one measurement.", 0.0, 0.2);
        command.Arguments.Add(file);
        foreach (Option option in (Option[])[peer, only, seconds]) command.Options.Add(option);
        var device = new DeviceOptions(command, DeviceKind.Cuda);
        command.OnRun(session =>
        {
            string path = session.Get(file)!;
            var about = EvidenceStore.Read(path);
            PeerRow[] rows = [.. (session.Get(peer) ?? []).SelectMany(name => Json.Read(name, ConsoleJson.Default.ListPeerRow, list => list, "the peer's file", "'peer.py --json FILE' writes one."))];
            if (rows.FirstOrDefault(row => !(row.Ms > 0)) is { } odd) throw new EngineException($"The peer's row {odd.Name} took {odd.Ms} ms; that is no measurement.");
            if (device.Kind(session) != DeviceKind.Cuda) throw new UsageException("Times are of a GPU: --device cuda. The emulator's say nothing of one.");
            using var opened = (GpuDevice)device.Open(session);
            if (opened.Precision != Precision.Float32) throw new UsageException("time runs the work in every precision; leave --precision away.");
            string machine = EvidenceCollect.MachineOf(opened);
            if (about.Machine != machine) throw new EngineException($"{path} is evidence of {about.Machine}; this is {machine}. Collect here first: genengine evidence collect {path} --device cuda");
            return Run(session, opened, about, path, new KernelTimes(opened, Roof.Of(opened), rows), Select(session.Get(only)), session.Get(seconds));
        });
        return command;
    }

    private static TimedWork[] Select(string? text) => [.. TimedWork.All.Where(work => text is null || work.Name.Contains(text, StringComparison.OrdinalIgnoreCase))];

    private static int Run(Session session, GpuDevice device, EvidenceFile about, string path, KernelTimes times, TimedWork[] works, double seconds)
    {
        bool failed = false;
        Precision[] precisions = device.Driver.Arch >= Kernels.Common.MmaTile.MinArch ? [Precision.Float32, .. Precisions.OfTensorCores] : [Precision.Float32];
        foreach (var (work, precision) in from work in works from precision in precisions select (work, precision))
        {
            if (session.Stop.IsCancellationRequested) return ExitCode.Failed;
            try
            {
                var row = times.Run(work, precision, seconds);
                session.Out.WriteLine(EvidenceTable.Line(row));
            }
            catch (EngineException exception)
            {
                failed = true;
                session.Error.WriteLine($"error: {work.Name}, {precision.Name()}: {exception.Message}");
            }

            OutputPath.WriteFile(path, System.Text.Json.JsonSerializer.Serialize(about.With(times), ConsoleJson.Default.EvidenceFile) + "\n");
        }

        session.Out.WriteLine(Invariant($"{path}: {times.Rows.Count} rows, times of {times.Longest.Count} variants."));
        return failed ? ExitCode.Failed : ExitCode.Done;
    }
}
