using GenEngine.Kernels.Devices;

namespace GenEngine;

/// <summary>First and last launch that touches each block of a step, taken from the launches' declarations.</summary>
internal sealed class BlockLifetimes : ILaunchObserver
{
    private readonly List<BlockLifetime> _live = [];
    private int _launch;

    public List<BlockLifetime> Blocks { get; } = [];

    public void Add(ArenaBlock block, long size)
    {
        var lifetime = new BlockLifetime(block, size);
        Blocks.Add(lifetime);
        _live.Add(lifetime);
    }

    public void Remove(ArenaBlock block) => _live.RemoveAll(lifetime => lifetime.Block == block);

    public void OnLaunch(string kernel, ReadOnlySpan<Access> accesses)
    {
        for (int i = 0; i < accesses.Length; i++)
        {
            if (Find(accesses[i].Range) is not { } block) continue;
            block.First = Math.Min(block.First, _launch);
            block.Last = _launch;
        }

        _launch++;
    }

    /// <summary>The live block that a range lies in; a few dozen are live at once.</summary>
    private BlockLifetime? Find(in BufferRange range)
    {
        foreach (var lifetime in _live)
        {
            var block = lifetime.Block.Range;
            if (ReferenceEquals(block.Buffer, range.Buffer) && block.Offset <= range.Offset && range.Offset < block.Offset + lifetime.Size) return lifetime;
        }

        return null;
    }
}

internal sealed class BlockLifetime(ArenaBlock block, long size)
{
    public ArenaBlock Block { get; } = block;

    public long Size { get; } = size;

    public int First { get; set; } = int.MaxValue;

    public int Last { get; set; } = -1;
}

/// <summary>
/// Where each intermediate of a captured step lies: two blocks share memory when their lifetimes do not touch.
/// Largest first, each into the tightest gap that its neighbours in time leave.
/// </summary>
internal sealed class LivenessPlan
{
    private readonly (long Offset, long Size, string Op)[] _blocks;

    private LivenessPlan((long, long, string)[] blocks, long planned, long unplanned)
    {
        _blocks = blocks;
        PlannedBytes = planned;
        UnplannedBytes = unplanned;
    }

    /// <summary>Bytes that the plan needs.</summary>
    public long PlannedBytes { get; }

    /// <summary>Bytes without any reuse: the sum of all blocks.</summary>
    public long UnplannedBytes { get; }

    public static LivenessPlan Make(BlockLifetimes lifetimes)
    {
        var blocks = lifetimes.Blocks;
        int[] order = [.. Enumerable.Range(0, blocks.Count).OrderByDescending(i => blocks[i].Size).ThenBy(i => i)];
        var offsets = new long[blocks.Count];
        var placed = new List<int>();
        long peak = StepArena.Alignment;
        foreach (int i in order)
        {
            int[] busy = [.. placed.Where(j => Overlap(blocks[i], blocks[j])).OrderBy(j => offsets[j])];
            offsets[i] = TightestGap(busy, offsets, blocks, blocks[i].Size);
            placed.Add(i);
            peak = Math.Max(peak, offsets[i] + blocks[i].Size);
        }

        var entries = blocks.Select((block, i) => (offsets[i], block.Size, block.Block.Op)).ToArray();
        return new LivenessPlan(entries, peak, blocks.Sum(block => block.Size));
    }

    /// <summary>Offset of the n-th block.</summary>
    /// <exception cref="InvalidOperationException">The step asks for other memory than when it was observed.</exception>
    public long OffsetOf(int ordinal, long size, string op)
    {
        if (ordinal >= _blocks.Length || _blocks[ordinal].Size != size)
        {
            throw new InvalidOperationException(
                $"The step being captured differs from the step that was observed: '{op}' asks for {size} bytes as allocation {ordinal}. A captured step must do the same work every time; keep what varies in device memory.");
        }

        return _blocks[ordinal].Offset;
    }

    private static bool Overlap(BlockLifetime a, BlockLifetime b)
    {
        if (a.Last < 0 && !a.Block.Kept) return false; // never touched
        if (b.Last < 0 && !b.Block.Kept) return false;
        int lastA = a.Block.Kept ? int.MaxValue : a.Last, lastB = b.Block.Kept ? int.MaxValue : b.Last;
        return a.First <= lastB && b.First <= lastA;
    }

    private static long TightestGap(int[] busy, long[] offsets, List<BlockLifetime> blocks, long size)
    {
        long best = -1, bestGap = long.MaxValue, end = 0;
        foreach (int j in busy)
        {
            long gap = offsets[j] - end;
            if (gap >= size && gap < bestGap) (best, bestGap) = (end, gap);
            end = Math.Max(end, offsets[j] + blocks[j].Size);
        }

        return best >= 0 ? best : end;
    }
}
