using GenEngine.Kernels.Devices;

namespace GenEngine;

/// <summary>Which launches touch each block of a step, and the order that the launches need, taken from their declarations.</summary>
internal sealed class BlockLifetimes : ILaunchObserver
{
    private readonly List<BlockLifetime> _live = [];
    private readonly List<MemoryUse[]> _launches = [];
    private LaunchOrder? _order;

    public List<BlockLifetime> Blocks { get; } = [];

    /// <summary>As if no two blocks shared memory; made when it is first asked for, not while the step runs.</summary>
    public LaunchOrder Order
    {
        get
        {
            if (_order is not null) return _order;
            _order = new LaunchOrder();
            foreach (var uses in _launches) _order.Add(uses);
            return _order;
        }
    }

    public void Add(ArenaBlock block, long size)
    {
        var lifetime = new BlockLifetime(block, size);
        Blocks.Add(lifetime);
        _live.Add(lifetime);
    }

    public void Remove(ArenaBlock block) => _live.RemoveAll(lifetime => lifetime.Block == block);

    public void OnLaunch(string kernel, ReadOnlySpan<Access> accesses)
    {
        var uses = new MemoryUse[accesses.Length];
        for (int i = 0; i < uses.Length; i++)
        {
            var range = accesses[i].Range;
            var block = Find(range);
            block?.Touch(_launches.Count);
            uses[i] = block is null
                ? new MemoryUse(range.Buffer, range.Offset, range.Bytes, accesses[i].Mode)
                : new MemoryUse(block, range.Offset - block.Block.Range.Offset, range.Bytes, accesses[i].Mode);
        }

        _launches.Add(uses);
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

    /// <summary>The launches that touch it, ascending.</summary>
    public List<int> Users { get; } = [];

    public void Touch(int launch)
    {
        if (Users.Count == 0 || Users[^1] != launch) Users.Add(launch);
    }
}

/// <summary>
/// Where each intermediate of a captured step lies: two blocks share memory when their lifetimes do not touch. Where launches may run side by side, that alone would make
/// launches wait for each other that have nothing else to do with each other; as long as little memory is at stake, blocks share it only where all that touches one
/// follows all that touches the other in any case (then no edge is added). Largest first, each into the tightest gap that those leave which it may not share with.
/// </summary>
internal sealed class LivenessPlan
{
    /// <summary>So much memory is given for launches that need not wait; and, where a step needs more in any case, a tenth of that.</summary>
    private const long LittleMemory = 512 << 20;

    // where that is not enough, only blocks up to a size keep apart: the scratch and small results that most needless waits come from
    private const long LargestBlock = 64 << 20, SmallestBlock = 4 << 10;

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

    /// <param name="sideBySide">Launches may run side by side: the device replays a graph.</param>
    public static LivenessPlan Make(BlockLifetimes lifetimes, bool sideBySide = false)
    {
        var tight = Make(lifetimes.Blocks, Overlap);
        if (!sideBySide) return tight;
        long most = Math.Max(LittleMemory, tight.PlannedBytes + (tight.PlannedBytes / 10));
        for (long size = long.MaxValue; size >= SmallestBlock; size = size == long.MaxValue ? LargestBlock : size / 4)
        {
            var plan = Make(lifetimes.Blocks, (a, b) => Overlap(a, b) || (Math.Max(a.Size, b.Size) <= size && !Precedes(a, b, lifetimes.Order) && !Precedes(b, a, lifetimes.Order)));
            if (plan.PlannedBytes <= most) return plan;
        }

        return tight;
    }

    private static LivenessPlan Make(List<BlockLifetime> blocks, Func<BlockLifetime, BlockLifetime, bool> apart)
    {
        int[] order = [.. Enumerable.Range(0, blocks.Count).OrderByDescending(i => blocks[i].Size).ThenBy(i => i)];
        var offsets = new long[blocks.Count];
        var placed = new List<int>();
        long peak = StepArena.Alignment;
        foreach (int i in order)
        {
            int[] busy = [.. placed.Where(j => apart(blocks[i], blocks[j])).OrderBy(j => offsets[j])];
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
        if (NeverTouched(a) || NeverTouched(b)) return false;
        return First(a) <= Last(b) && First(b) <= Last(a);

        static int First(BlockLifetime block) => block.Users.Count == 0 ? int.MaxValue : block.Users[0];
        static int Last(BlockLifetime block) => block.Block.Kept ? int.MaxValue : block.Users[^1];
    }

    private static bool NeverTouched(BlockLifetime block) => block.Users.Count == 0 && !block.Block.Kept;

    /// <summary>Whether all that touches a block comes before all that touches another, whatever memory they lie in.</summary>
    private static bool Precedes(BlockLifetime first, BlockLifetime second, LaunchOrder order)
    {
        if (NeverTouched(first) || NeverTouched(second)) return true;
        if (first.Block.Kept || !order.Follows(second.Users[0], first.Users[^1])) return false; // most pairs end here
        foreach (int later in second.Users)
        {
            foreach (int earlier in first.Users)
            {
                if (!order.Follows(later, earlier)) return false;
            }
        }

        return true;
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
