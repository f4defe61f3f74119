namespace GenEngine.Metrics;

/// <summary>
/// Work in parts that each own whole results, or partial sums that are added in the order of the parts: what comes out does not depend
/// on the number of threads.
/// </summary>
internal static class Parts
{
    /// <param name="parts">Numbered from 0; how many depends on the shape alone.</param>
    /// <param name="threads">0: all cores.</param>
    /// <param name="part">Does one.</param>
    public static void Run(int parts, int threads, Action<int> part)
    {
        int most = threads > 0 ? threads : Environment.ProcessorCount;
        if (parts <= 1 || most == 1)
        {
            for (int i = 0; i < parts; i++) part(i);
            return;
        }

        Parallel.For(0, parts, new ParallelOptions { MaxDegreeOfParallelism = most }, part);
    }

    /// <summary>Parts of <paramref name="size"/> items, the last shorter.</summary>
    public static void Ranges(int count, int size, int threads, Action<int, int> range) =>
        Run((count + size - 1) / size, threads, part => range(part * size, Math.Min(count, (part + 1) * size)));
}
