using System.Runtime.InteropServices;

namespace GenEngine.Kernels.Devices;

/// <summary>A stretch of some memory that a launch declares.</summary>
/// <param name="Memory">Stretches of different objects never meet.</param>
public readonly record struct MemoryUse(object Memory, long Start, long Bytes, AccessMode Mode);

/// <summary>
/// The order that launches need, and no more, as they come one after another: a launch follows an earlier one exactly where a chain of conflicting declarations leads
/// from it to that one. Launches without a path between them may run side by side.
/// </summary>
/// <remarks>
/// Cost: a launch looks at the stretches that its ranges overlap, not at every earlier launch; what it follows takes one bit a pair of launches, 1 MiB for 4096 launches, 16 MiB for 16,384.
/// </remarks>
public sealed class LaunchOrder
{
    private readonly Dictionary<object, Timeline> _memory = new(ReferenceEqualityComparer.Instance);
    private readonly List<ulong[]> _ancestors = [];
    private readonly SortedSet<int> _waits = [];

    /// <summary>Launches so far.</summary>
    public int Count => _ancestors.Count;

    /// <summary>Adds a launch.</summary>
    /// <returns>The earlier launches that it waits for directly, ascending: the fewest with this meaning (the transitive reduction).</returns>
    public int[] Add(ReadOnlySpan<MemoryUse> uses)
    {
        _waits.Clear();
        int launch = Count;
        foreach (ref readonly var use in uses)
        {
            if (use.Bytes == 0) continue;
            if (!_memory.TryGetValue(use.Memory, out var timeline)) _memory[use.Memory] = timeline = new Timeline();
            timeline.Touch(launch, use, _waits);
        }

        return Reduce(launch);
    }

    /// <summary>Whether a launch waits, directly or not, for an earlier one.</summary>
    public bool Follows(int launch, int earlier) => earlier < launch && (_ancestors[launch][earlier / 64] >> (earlier % 64) & 1) != 0;

    /// <summary>Drops what a later wait already waits for, and notes everything that the launch comes after.</summary>
    private int[] Reduce(int launch)
    {
        var before = new ulong[(launch + 63) / 64];
        _ancestors.Add(before);
        var kept = new List<int>();
        foreach (int earlier in _waits.Reverse())
        {
            // an ancestor of another wait is older than it, so going down meets the newer one first
            if ((before[earlier / 64] >> (earlier % 64) & 1) != 0) continue;
            kept.Add(earlier);
            before[earlier / 64] |= 1UL << (earlier % 64);
            var older = _ancestors[earlier];
            for (int word = 0; word < older.Length; word++) before[word] |= older[word];
        }

        kept.Reverse();
        return [.. kept];
    }

    /// <summary>Who touched which bytes of a memory last: stretches in order of their offset that cover it without gaps.</summary>
    private sealed class Timeline
    {
        private readonly List<Stretch> _stretches = [new Stretch(0, long.MaxValue, -1, default)];

        /// <summary>Adds the launches that this use must wait for, and takes note of it.</summary>
        public void Touch(int launch, in MemoryUse use, SortedSet<int> waits)
        {
            bool reads = use.Mode == AccessMode.Read;
            long start = use.Start, end = start + use.Bytes;
            Split(start);
            Split(end);
            int first = IndexOf(start), last = first;
            for (; last < _stretches.Count && _stretches[last].Start < end; last++)
            {
                var stretch = _stretches[last];
                if (stretch.Writer >= 0 && stretch.Writer != launch) waits.Add(stretch.Writer);
                if (reads)
                {
                    _stretches[last] = stretch with { Readers = stretch.Readers.With(launch) };
                }
                else
                {
                    foreach (int reader in stretch.Readers.All)
                    {
                        if (reader != launch) waits.Add(reader);
                    }
                }
            }

            if (reads) return;
            _stretches.RemoveRange(first, last - first);
            _stretches.Insert(first, new Stretch(start, end, launch, default));
        }

        private void Split(long offset)
        {
            int index = IndexOf(offset);
            if (index == _stretches.Count || _stretches[index].Start == offset) return;
            var stretch = _stretches[index];
            _stretches[index] = stretch with { End = offset };
            _stretches.Insert(index + 1, stretch with { Start = offset });
        }

        /// <summary>The stretch that holds the byte at this offset; the count for the end.</summary>
        private int IndexOf(long offset)
        {
            int low = 0, high = _stretches.Count;
            while (low < high)
            {
                int middle = (low + high) / 2;
                if (_stretches[middle].End <= offset) low = middle + 1;
                else high = middle;
            }

            return low;
        }

        /// <summary>Bytes with one history.</summary>
        /// <param name="Writer">The launch that wrote or updated them last; -1 for none.</param>
        /// <param name="Readers">The launches that have read them since.</param>
        private sealed record Stretch(long Start, long End, int Writer, Readers Readers);

        /// <summary>
        /// Launches that have read a stretch. Stretches that were split share the list until one of them is read again; what all launches read,
        /// say a table that nobody writes, is appended to and not copied each time.
        /// </summary>
        private readonly record struct Readers(List<int>? List, int Count)
        {
            public ReadOnlySpan<int> All => CollectionsMarshal.AsSpan(List)[..Count];

            public Readers With(int launch)
            {
                var list = List is not null && List.Count == Count ? List : [.. All];
                list.Add(launch);
                return new Readers(list, list.Count);
            }
        }
    }
}
