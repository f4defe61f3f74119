using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using GenEngine.Bench.Compare;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Text;
using Spectre.Console;
using static System.FormattableString;

namespace GenEngine.Bench.Commands;

/// <summary>compare: this engine against TorchSharp, in turn, one table of ratios.</summary>
internal static class CompareCommand
{
    private const string Precision = "float32";

    public static ConsoleCommand Create()
    {
        var command = new ConsoleCommand("compare")
        {
            Examples =
            [
                ("compare", "all of them"),
                ("compare --only gemm-1024,step-vae --rounds 9", "two of them, more rounds"),
                ("compare --json ratios.json", "for programs"),
                ("compare --weights", "no times: weights go to the peer and come back, and outputs are compared"),
            ],
        };
        command.MoreHelp = (_, output) => output.WriteLine($"Names: {string.Join(", ", Contest.All.Select(contest => contest.Name))}.\n");
        var device = new DeviceOptions(command, DeviceKind.Cpu, threads: 2);
        var only = new Option<string?>("--only") { HelpName = "NAMES", Description = "These names only, separated by commas." };
        only.Validators.Add(result =>
        {
            string[] known = [.. Contest.All.Select(contest => contest.Name)];
            string? wrong = (result.Tokens.Count > 0 ? Names(result.Tokens[0].Value) : []).FirstOrDefault(name => !known.Contains(name));
            if (wrong is not null) result.AddError(NearestName.Unknown("comparison", wrong, known));
        });
        var rounds = Options.Number("--rounds", "Times that each side is measured.", 1, 5);
        var seconds = Options.Number("--seconds", "Time for one measurement.", 0.0, 0.4);
        var weights = new Option<bool>("--weights") { Description = "Instead of times: export weights of a few networks, let the peer load and run them, load what it has trained, and compare the outputs (bound 1e-5)." };
        var json = Options.JsonFile();
        foreach (Option option in (Option[])[only, rounds, seconds, weights, json]) command.Options.Add(option);
        command.OnRun(session =>
        {
            if (session.Get(weights))
            {
                if (((Option[])[only, rounds, seconds]).FirstOrDefault(session.Given) is { } timed) throw new UsageException($"{timed.Name} is about times, and --weights measures none; leave one of them out.");
                return ExchangeWeights(session, session.Get(json));
            }

            if (device.Kind(session) is { } other && other != DeviceKind.Cpu) throw new UsageException($"compare measures on the CPU, where the peer runs; --device {other.Name()} has none. 'genengine bench' measures this engine alone.");
            using var cpu = (CpuDevice)device.Open(session);
            string[] wanted = session.Get(only) is { } names ? Names(names) : [.. Contest.All.Select(contest => contest.Name)];
            var plan = new Plan(cpu, [.. Contest.All.Where(contest => wanted.Contains(contest.Name))], session.Get(rounds), session.Get(seconds));
            return Run(session, plan, session.Get(json));
        });
        return command;
    }

    private static string[] Names(string list) => list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static int Run(Session session, Plan plan, string? json)
    {
        string program = PeerBuild.Find(session.Error, session.Stop);
        using (var peer = new PeerProcess(program, session.Stop))
            session.Error.WriteLine($"Peer: {peer.Description}, tuned allocator. Ours: {plan.Device.Description}. {plan.Rounds} rounds.");
        var ceilings = Ceilings.Measure(plan.Device);
        session.Error.WriteLine(Invariant($"Ceilings: {ceilings.FlopsPerSecond / 1e9:F1} GFLOP/s from registers, {ceilings.BytesPerSecond / 1e9:F1} GB/s reading."));
        var results = new List<Comparison>();
        var others = new OtherPrograms();
        try
        {
            foreach (var contest in plan.Contests)
            {
                session.Stop.ThrowIfCancellationRequested();
                results.Add(contest.Create is { } create ? Jobs(session, plan, contest, program, create, ceilings, others) : Starts(session, plan, contest, program));
            }
        }
        catch (OperationCanceledException) when (results.Count > 0)
        {
            session.Error.WriteLine("Stopped; these are finished:");
        }

        if (others.Cores > 0.1) session.Error.WriteLine(Invariant($"Other programs used {others.Cores:F1} cores while ours was measured: take these figures as rough, and repeat on a quiet machine."));
        if (json is not null) Json.Write(session, json, ConsoleJson.Default.ListComparison, results);
        if (json is not "") Print(session, results);
        return ExitCode.Done;
    }

    private static int ExchangeWeights(Session session, string? json)
    {
        string program = PeerBuild.Find(session.Error, session.Stop);
        var found = WeightExchange.Run(program, session.Stop);
        if (json is not null) Json.Write(session, json, ConsoleJson.Default.ListExchangedWeights, found);
        if (json is not "")
        {
            var table = new Table().Border(TableBorder.Simple);
            table.AddColumns(new TableColumn("network"), Right("tensors"), Right("our weights there"), Right("their weights here"), Right("largest output"));
            foreach (var one in found) table.AddRow(Markup.Escape(one.Network), Invariant($"{one.Tensors}"), Invariant($"{one.There:0.0e+0}"), Invariant($"{one.Back:0.0e+0}"), Invariant($"{one.Largest:G3}"));
            session.Console.Write(table);
        }

        return found.TrueForAll(one => one.Agrees) ? ExitCode.Done : ExitCode.Failed;
    }

    private static Comparison Jobs(Session session, Plan plan, Contest contest, string program, Func<Device, OwnJob> create, Ceilings ceilings, OtherPrograms others)
    {
        using var job = create(plan.Device);
        var result = Rounds(
            session, plan, contest,
            () =>
            {
                // a process of its own each time: its heap ages (Adam in one that had run for a minute took four times as long), and its threads must not spin into our turn
                using var peer = new PeerProcess(program, session.Stop);
                return peer.Measure(contest.Name, plan.Device.Pool.Threads, plan.Seconds) * contest.PeerParts;
            },
            () => others.Watch(() => Stopclock.Measure(job.Run, plan.Seconds).MedianMs));
        return result with { FloorShare = Math.Round(ceilings.FloorMs(job.Flops, job.Bytes) / result.OursMs, 3) };
    }

    private static Comparison Starts(Session session, Plan plan, Contest contest, string peer)
    {
        string own = OwnBuild.Published(session.Error, session.Stop), threads = plan.Device.Pool.Threads.ToString(CultureInfo.InvariantCulture);
        return Rounds(
            session, plan, contest,
            () => StartupRace.Measure(PeerProcess.Tuned(new ProcessStartInfo(peer, ["startup", threads]))),
            () => StartupRace.Measure(new ProcessStartInfo(own, ["startup-probe", "--threads", threads])));
    }

    private static Comparison Rounds(Session session, Plan plan, Contest contest, Func<double> peer, Func<double> ours)
    {
        List<double> peerMs = [], oursMs = [];
        for (int round = 1; round <= plan.Rounds; round++)
        {
            session.Stop.ThrowIfCancellationRequested();
            peerMs.Add(peer());
            oursMs.Add(ours());
            session.Error.WriteLine(Invariant($"  {contest.Name} {round}/{plan.Rounds}: peer {peerMs[^1]:G4} ms, ours {oursMs[^1]:G4} ms"));
        }

        double peerMedian = Stopclock.Median(peerMs), oursMedian = Stopclock.Median(oursMs);
        return new Comparison(contest.Name, DeviceKind.Cpu.Name(), Precision, Math.Round(oursMedian, 5), Math.Round(peerMedian, 5), Math.Round(peerMedian / oursMedian, 3), null);
    }

    private static void Print(Session session, List<Comparison> results)
    {
        var table = new Table().Border(TableBorder.Simple);
        table.AddColumns(new TableColumn("name"), Right("peer ms"), Right("ours ms"), Right("ratio"), Right("share of floor"), new TableColumn("what"));
        foreach (var result in results)
        {
            string share = result.FloorShare is { } floor ? Invariant($"{100 * floor:F0} %") : "-";
            string purpose = Contest.All.Single(contest => contest.Name == result.Name).Purpose;
            table.AddRow(result.Name, Invariant($"{result.PeerMs:G4}"), Invariant($"{result.OursMs:G4}"), Invariant($"{result.Ratio:F2}"), share, Markup.Escape(purpose));
        }

        session.Console.Write(table);
    }

    private static TableColumn Right(string title) => new TableColumn(title).RightAligned();

    private sealed record Plan(CpuDevice Device, IReadOnlyList<Contest> Contests, int Rounds, double Seconds);
}
