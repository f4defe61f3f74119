using GenEngine.Kernels.Devices;

namespace GenEngine;

/// <summary>
/// One device allocation cut into blocks: best fit, neighbours merged when freed. Deterministic. The holes stand in plain arrays, ordered by
/// offset: a step has few of them, and collections of value types would be compiled at every start of the program.
/// </summary>
internal sealed class FreeListChunk
{
    private long[] _offsets = new long[16];
    private long[] _sizes = new long[16];
    private int _holes = 1;

    public FreeListChunk(DeviceBuffer buffer)
    {
        Buffer = buffer;
        _sizes[0] = buffer.Bytes;
    }

    public DeviceBuffer Buffer { get; }

    public bool IsEmpty => _holes == 1 && _sizes[0] == Buffer.Bytes;

    public bool TryAllocate(long size, out long offset)
    {
        int best = -1;
        for (int i = 0; i < _holes; i++)
        {
            if (_sizes[i] >= size && (best < 0 || _sizes[i] < _sizes[best])) best = i;
        }

        offset = best < 0 ? -1 : _offsets[best];
        if (best < 0) return false;
        _offsets[best] += size;
        _sizes[best] -= size;
        if (_sizes[best] == 0) RemoveAt(best);
        return true;
    }

    public void Free(long offset, long size)
    {
        int at = 0;
        while (at < _holes && _offsets[at] < offset) at++;
        bool joinsBefore = at > 0 && _offsets[at - 1] + _sizes[at - 1] == offset;
        bool joinsAfter = at < _holes && offset + size == _offsets[at];
        if (joinsBefore)
        {
            _sizes[at - 1] += size + (joinsAfter ? _sizes[at] : 0);
            if (joinsAfter) RemoveAt(at);
        }
        else if (joinsAfter)
        {
            _offsets[at] = offset;
            _sizes[at] += size;
        }
        else
        {
            InsertAt(at, offset, size);
        }
    }

    private void RemoveAt(int at)
    {
        _holes--;
        Array.Copy(_offsets, at + 1, _offsets, at, _holes - at);
        Array.Copy(_sizes, at + 1, _sizes, at, _holes - at);
    }

    private void InsertAt(int at, long offset, long size)
    {
        if (_holes == _offsets.Length)
        {
            Array.Resize(ref _offsets, 2 * _holes);
            Array.Resize(ref _sizes, 2 * _holes);
        }

        Array.Copy(_offsets, at, _offsets, at + 1, _holes - at);
        Array.Copy(_sizes, at, _sizes, at + 1, _holes - at);
        _holes++;
        (_offsets[at], _sizes[at]) = (offset, size);
    }
}
