using System.Runtime.InteropServices;

namespace GenEngine.Kernels.Devices.Gpu;

/// <summary>
/// The order that a recorded list of launches needs, and no more: launch j follows launch i, i before j in the list, exactly where a
/// chain of conflicting declarations leads from i to j. Launches without a path between them may run side by side.
/// </summary>
public static class GraphEdges
{
    /// <summary>
    /// For each launch the earlier launches that it waits for directly, ascending. A list that is gone through several times is numbered on:
    /// launch i of the second round is i plus the length of the list, and waits for launches of its own round and of those before alike.
    /// </summary>
    /// <remarks>
    /// The edges are the fewest with this meaning (the transitive reduction). Cost: a launch looks at the stretches that its ranges
    /// overlap, not at every earlier launch; the reduction holds one bit a pair of launches, 1 MiB for 4096 launches, 16 MiB for 16,384.
    /// </remarks>
    public static int[][] Of(LaunchRecorder recorder, int times = 1)
    {
        var memory = new Dictionary<DeviceBuffer, Timeline>(ReferenceEqualityComparer.Instance);
        int each = recorder.Launches.Count, count = checked(each * times);
        var edges = new int[count][];
        var ancestors = new ulong[count][];
        var waits = new SortedSet<int>();
        for (int launch = 0; launch < count; launch++)
        {
            waits.Clear();
            foreach (var access in recorder.AccessesOf(recorder.Launches[launch % each]))
            {
                if (access.Range.Bytes == 0) continue;
                if (!memory.TryGetValue(access.Range.Buffer, out var timeline)) memory[access.Range.Buffer] = timeline = new Timeline(access.Range.Buffer.Bytes);
                timeline.Touch(launch, access, waits);
            }

            edges[launch] = Reduce(launch, waits, ancestors);
        }

        return edges;
    }

    /// <summary>Drops what a later wait already waits for, and notes everything that the launch comes after.</summary>
    private static int[] Reduce(int launch, SortedSet<int> waits, ulong[][] ancestors)
    {
        var before = ancestors[launch] = new ulong[(launch + 63) / 64];
        var kept = new List<int>();
        foreach (int earlier in waits.Reverse())
        {
            // an ancestor of another wait is older than it, so going down meets the newer one first
            if ((before[earlier / 64] >> (earlier % 64) & 1) != 0) continue;
            kept.Add(earlier);
            before[earlier / 64] |= 1UL << (earlier % 64);
            var older = ancestors[earlier];
            for (int word = 0; word < older.Length; word++) before[word] |= older[word];
        }

        kept.Reverse();
        return [.. kept];
    }

    /// <summary>Who touched which bytes of a buffer last: stretches in order of their offset that cover it without gaps.</summary>
    private sealed class Timeline
    {
        private readonly List<Stretch> _stretches;

        public Timeline(long bytes) => _stretches = [new Stretch(0, bytes, -1, default)];

        /// <summary>Adds the launches that this access must wait for, and takes note of it.</summary>
        public void Touch(int launch, in Access access, SortedSet<int> waits)
        {
            bool reads = access.Mode == AccessMode.Read;
            long start = access.Range.Offset, end = start + access.Range.Bytes;
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

        /// <summary>The stretch that holds the byte at this offset; the count for the buffer's end.</summary>
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
