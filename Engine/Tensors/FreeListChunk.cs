using GenEngine.Kernels.Devices;

namespace GenEngine;

/// <summary>One device allocation cut into blocks: best fit, neighbours merged when freed. Deterministic.</summary>
internal sealed class FreeListChunk
{
    private readonly SortedDictionary<long, long> _free = []; // offset -> size

    public FreeListChunk(DeviceBuffer buffer)
    {
        Buffer = buffer;
        _free[0] = buffer.Bytes;
    }

    public DeviceBuffer Buffer { get; }

    public bool IsEmpty => _free.Count == 1 && _free.TryGetValue(0, out long size) && size == Buffer.Bytes;

    public bool TryAllocate(long size, out long offset)
    {
        offset = -1;
        long best = long.MaxValue;
        foreach (var (start, free) in _free)
        {
            if (free >= size && free < best) (offset, best) = (start, free);
        }

        if (offset < 0) return false;
        _free.Remove(offset);
        if (best > size) _free[offset + size] = best - size;
        return true;
    }

    public void Free(long offset, long size)
    {
        long next = offset + size;
        if (_free.Remove(next, out long following)) size += following;
        foreach (var (start, free) in _free)
        {
            if (start + free != offset) continue;
            _free[start] = free + size;
            return;
        }

        _free[offset] = size;
    }
}
