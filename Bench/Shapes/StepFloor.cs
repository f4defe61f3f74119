using GenEngine.Bench.Compare;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Bench.Shapes;

/// <summary>
/// The least time of a captured step on an assumed GPU: each launch's arithmetic over the rate, its bytes over the bandwidth, whichever is longer, both
/// for no more multiprocessors than it has blocks; and the longest way through the graph of those that wait for each other. Nothing runs: launches are looked at.
/// Caches can beat the bytes; nothing here knows what a kernel really reaches.
/// </summary>
internal static class StepFloor
{
    public static StepFloorReport Of(AssumedGpu gpu, Precision precision, StepChoice choice)
    {
        var driver = gpu.Driver();
        using var device = new GpuDevice(driver) { Precision = precision };
        using var step = choice.Create(device);
        step.Run();
        step.Run(); // captured now
        var recorder = driver.Recorded!;
        double[] seconds = new double[recorder.Launches.Count];
        var lines = new Dictionary<(string Op, string Kernel), FloorLine>();
        for (int i = 0; i < seconds.Length; i++)
        {
            var launch = recorder.Launches[i];
            var kernel = ((GpuLaunchTarget)launch.Kernel).Kernel;
            var work = Work(launch, recorder.AccessesOf(launch));
            double blocks = (double)launch.Shape.GridX * launch.Shape.GridY * launch.Shape.GridZ, bytes = work.BytesRead + work.BytesWritten;
            double arithmetic = work.Flops / (gpu.Rate(kernel, precision) * Math.Min(1, blocks / gpu.Multiprocessors));
            double memory = bytes / Math.Min(gpu.BytesPerSecond, blocks * gpu.BytesPerSecondABlock);
            seconds[i] = Math.Max(arithmetic, memory);
            var key = (launch.Label.ToString(), kernel.Entry);
            var known = lines.GetValueOrDefault(key) ?? new FloorLine(key.Item1, kernel.Entry, 0, 0, 0, 0, 0);
            lines[key] = known with
            {
                Launches = known.Launches + 1,
                Microseconds = known.Microseconds + (1e6 * seconds[i]),
                ArithmeticMicroseconds = known.ArithmeticMicroseconds + (1e6 * arithmetic),
                MegaBytes = known.MegaBytes + (bytes / 1e6),
                Gflop = known.Gflop + (work.Flops / 1e9),
            };
        }

        var chain = Longest(GraphEdges.Of(recorder), seconds, gpu.NodeSeconds).Select(i => new ChainLink(recorder.Launches[i].Label.ToString(), EntryOf(recorder.Launches[i]), 1e6 * seconds[i])).ToList();
        return new StepFloorReport(
            choice.Entry.Name, choice.Batch, gpu.Name, precision.Name(), seconds.Length, 1e6 * seconds.Sum(), chain.Sum(link => link.Microseconds) + (1e6 * gpu.NodeSeconds * chain.Count), chain,
            [.. lines.Values.OrderByDescending(line => line.Microseconds)]);
    }

    private static unsafe LaunchWork Work(in RecordedLaunch launch, ReadOnlySpan<Access> accesses) =>
        LaunchWork.Of(ArgumentBlock.Box(launch.ArgsType, new ReadOnlySpan<byte>((void*)launch.Args, launch.ArgBytes)), accesses);

    private static string EntryOf(in RecordedLaunch launch) => ((GpuLaunchTarget)launch.Kernel).Kernel.Entry;

    /// <summary>The launches on the way that takes longest, in order.</summary>
    private static List<int> Longest(int[][] edges, double[] seconds, double between)
    {
        var ends = new double[seconds.Length];
        var before = new int[seconds.Length];
        for (int i = 0; i < seconds.Length; i++)
        {
            before[i] = edges[i].Length == 0 ? -1 : edges[i].MaxBy(earlier => ends[earlier]);
            ends[i] = seconds[i] + between + (before[i] < 0 ? 0 : ends[before[i]]);
        }

        var way = new List<int>();
        for (int i = Array.IndexOf(ends, ends.Max()); i >= 0; i = before[i]) way.Add(i);
        way.Reverse();
        return way;
    }
}

/// <summary>'bench floor --json'.</summary>
/// <param name="Launches">Of one step.</param>
/// <param name="SerialMicroseconds">The floors of all launches, one after another, nothing between them.</param>
/// <param name="ChainMicroseconds">Of the longest chain: its launches' floors, and what lies between one and the next.</param>
/// <param name="Chain">Launches that wait for each other, of all such ways the one that takes longest.</param>
internal sealed record StepFloorReport(
    string Name, int Batch, string Gpu, string Precision, int Launches, double SerialMicroseconds, double ChainMicroseconds, IReadOnlyList<ChainLink> Chain, IReadOnlyList<FloorLine> Lines);

/// <summary>One launch of a chain.</summary>
/// <param name="Microseconds">Its floor.</param>
internal sealed record ChainLink(string Op, string Kernel, double Microseconds);

/// <summary>All launches of one kernel by one operation.</summary>
/// <param name="Microseconds">Their floors, added.</param>
/// <param name="ArithmeticMicroseconds">What arithmetic alone would take.</param>
/// <param name="MegaBytes">Read and written.</param>
internal sealed record FloorLine(string Op, string Kernel, int Launches, double Microseconds, double ArithmeticMicroseconds, double MegaBytes, double Gflop);
