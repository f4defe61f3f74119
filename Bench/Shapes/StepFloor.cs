using GenEngine.Bench.Compare;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Bench.Shapes;

/// <summary>
/// The least time of a captured step on an assumed GPU: each launch's arithmetic over the rate, its bytes over the bandwidth, whichever is longer, both
/// for no more multiprocessors than it has blocks; and the longest way through the graph of those that wait for each other. Nothing runs: launches are looked at.
/// Beside it the same where what a launch has just touched is in the second-level cache (<see cref="SecondCache"/>), since a cache can beat the bytes. Nothing here
/// knows what a kernel really reaches.
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
        double[] seconds = new double[recorder.Launches.Count], cached = new double[seconds.Length], memoryBytes = MemoryBytes(gpu, recorder);
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
            cached[i] = Math.Max(Math.Max(arithmetic, bytes / Math.Min(gpu.CacheBytesPerSecond, blocks * gpu.BytesPerSecondABlock)), memoryBytes[i] / gpu.BytesPerSecond);
            var key = (launch.Label.ToString(), kernel.Entry);
            var known = lines.GetValueOrDefault(key) ?? new FloorLine(key.Item1, kernel.Entry, 0, 0, 0, 0, 0, 0, 0);
            lines[key] = known with
            {
                Launches = known.Launches + 1,
                Microseconds = known.Microseconds + (1e6 * seconds[i]),
                ArithmeticMicroseconds = known.ArithmeticMicroseconds + (1e6 * arithmetic),
                MegaBytes = known.MegaBytes + (bytes / 1e6),
                CachedMicroseconds = known.CachedMicroseconds + (1e6 * cached[i]),
                MemoryMegaBytes = known.MemoryMegaBytes + (memoryBytes[i] / 1e6),
                Gflop = known.Gflop + (work.Flops / 1e9),
            };
        }

        int[][] edges = GraphEdges.Of(recorder);
        var chain = Longest(edges, seconds, gpu.NodeSeconds).Select(i => new ChainLink(recorder.Launches[i].Label.ToString(), EntryOf(recorder.Launches[i]), 1e6 * seconds[i])).ToList();
        return new StepFloorReport(
            choice.Entry.Name, choice.Batch, gpu.Name, precision.Name(), seconds.Length, 1e6 * seconds.Sum(), chain.Sum(link => link.Microseconds) + (1e6 * gpu.NodeSeconds * chain.Count),
            1e6 * cached.Sum(), 1e6 * Longest(edges, cached, gpu.NodeSeconds).Sum(i => cached[i] + gpu.NodeSeconds), chain, [.. lines.Values.OrderByDescending(line => line.Microseconds)]);
    }

    /// <summary>Bytes to and from memory of each launch where steps follow each other and the second-level cache is between.</summary>
    private static double[] MemoryBytes(AssumedGpu gpu, LaunchRecorder recorder)
    {
        var cache = new SecondCache(gpu.CacheBytes);
        double[] bytes = new double[recorder.Launches.Count];
        for (int pass = 0; pass < 2; pass++) // the first finds the cache as no step before has left it
        {
            for (int i = 0; i < bytes.Length; i++)
            {
                var launch = recorder.Launches[i];
                var accesses = recorder.AccessesOf(launch);
                object block = Block(launch);
                bytes[i] = 0;
                for (int k = 0; k < accesses.Length; k++) bytes[i] += cache.Touch(accesses[k], (block as IStrided)?.Touched(k) ?? 1);
            }
        }

        return bytes;
    }

    private static LaunchWork Work(in RecordedLaunch launch, ReadOnlySpan<Access> accesses) => LaunchWork.Of(Block(launch), accesses);

    private static unsafe object Block(in RecordedLaunch launch) => ArgumentBlock.Box(launch.ArgsType, new ReadOnlySpan<byte>((void*)launch.Args, launch.ArgBytes));

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
/// <param name="CachedMicroseconds">As <paramref name="SerialMicroseconds"/>, the second-level cache between.</param>
/// <param name="CachedChainMicroseconds">As <paramref name="ChainMicroseconds"/>, the second-level cache between; of the chain that is longest then.</param>
/// <param name="Chain">Launches that wait for each other, of all such ways the one that takes longest.</param>
internal sealed record StepFloorReport(
    string Name, int Batch, string Gpu, string Precision, int Launches, double SerialMicroseconds, double ChainMicroseconds,
    double CachedMicroseconds, double CachedChainMicroseconds, IReadOnlyList<ChainLink> Chain, IReadOnlyList<FloorLine> Lines);

/// <summary>One launch of a chain.</summary>
/// <param name="Microseconds">Its floor.</param>
internal sealed record ChainLink(string Op, string Kernel, double Microseconds);

/// <summary>All launches of one kernel by one operation.</summary>
/// <param name="Microseconds">Their floors, added.</param>
/// <param name="ArithmeticMicroseconds">What arithmetic alone would take.</param>
/// <param name="MegaBytes">Read and written.</param>
/// <param name="CachedMicroseconds">Their floors where the second-level cache is between.</param>
/// <param name="MemoryMegaBytes">To and from memory, the cache between: what it did not have, and what was written before and had to go.</param>
internal sealed record FloorLine(
    string Op, string Kernel, int Launches, double Microseconds, double ArithmeticMicroseconds, double MegaBytes, double Gflop, double CachedMicroseconds, double MemoryMegaBytes);
