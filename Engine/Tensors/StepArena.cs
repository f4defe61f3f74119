using GenEngine.Kernels;
using GenEngine.Kernels.Devices;

namespace GenEngine;

/// <summary>How a <see cref="StepArena"/> places blocks.</summary>
internal enum ArenaMode
{
    /// <summary>Best fit over what is free now; a released block is reused at once.</summary>
    Eager,

    /// <summary>As Eager, and each block's first and last launch are noted for a plan.</summary>
    Observing,

    /// <summary>The n-th block goes where the plan says.</summary>
    Planned,
}

/// <summary>
/// Memory of one step's intermediates. A block dies when its last reader has run, at the latest with its step; nothing is left
/// to a garbage collector. Tensors carry the generation of their step, so that one touched too late throws and does not lie.
/// </summary>
public sealed class StepArena : IDisposable
{
    internal const long Alignment = 256;
    private const long FirstChunk = 4 << 20;
    private readonly Device _device;
    private readonly List<FreeListChunk> _chunks = [];
    private readonly List<ArenaBlock> _blocks = [];
    private BlockLifetimes? _lifetimes;
    private LivenessPlan? _plan;
    private DeviceBuffer? _planned;

    internal StepArena(Device device) => _device = device;

    /// <summary>The step that is running; counts up at each <see cref="Reset"/>.</summary>
    public long Generation { get; private set; } = 1;

    /// <summary>Bytes of blocks in use now.</summary>
    public long LiveBytes { get; private set; }

    /// <summary>The most bytes in use at once.</summary>
    public long PeakBytes { get; private set; }

    /// <summary>Device memory held for eager blocks.</summary>
    public long ReservedBytes => _chunks.Sum(chunk => chunk.Buffer.Bytes);

    internal ArenaMode Mode => _plan is not null ? ArenaMode.Planned : _lifetimes is not null ? ArenaMode.Observing : ArenaMode.Eager;

    internal ArenaBlock Allocate(long bytes, string op)
    {
        long size = (bytes + Alignment - 1) / Alignment * Alignment;
        int ordinal = _blocks.Count;
        ArenaBlock block;
        if (_plan is not null)
        {
            block = new ArenaBlock(this, op, _planned!.Range(_plan.OffsetOf(ordinal, size, op), bytes), size, null);
        }
        else
        {
            var (chunk, offset) = Place(size);
            block = new ArenaBlock(this, op, chunk.Buffer.Range(offset, bytes), size, chunk);
            _lifetimes?.Add(block, size);
        }

        _blocks.Add(block);
        LiveBytes += size;
        PeakBytes = Math.Max(PeakBytes, LiveBytes);
        return block;
    }

    internal void Free(ArenaBlock block)
    {
        LiveBytes -= block.Size;
        block.Chunk?.Free(block.Range.Offset, block.Size);
        _lifetimes?.Remove(block);
    }

    /// <summary>Ends the step: every block that was not kept is free again.</summary>
    internal void Reset()
    {
        foreach (var block in _blocks) block.EndOfStep();
        _blocks.Clear();
        Generation++;
    }

    /// <summary>Follows the next step's blocks and launches; a plan is made of what <see cref="FinishObserving"/> gives.</summary>
    internal void Observe()
    {
        if (Mode != ArenaMode.Eager) throw new InvalidOperationException("The arena already observes or follows a plan.");
        _lifetimes = new BlockLifetimes();
        _device.Observer = _lifetimes;
    }

    internal BlockLifetimes FinishObserving()
    {
        var lifetimes = _lifetimes!;
        CancelObserving();
        return lifetimes;
    }

    internal void CancelObserving()
    {
        _device.Observer = null;
        _lifetimes = null;
    }

    internal void Follow(LivenessPlan plan, DeviceBuffer memory) => (_plan, _planned) = (plan, memory);

    internal void StopFollowing() => (_plan, _planned) = (null, null);

    /// <summary>Gives device memory back that no block uses; a captured step needs none of it.</summary>
    public void Trim()
    {
        for (int i = _chunks.Count - 1; i >= 0; i--)
        {
            if (!_chunks[i].IsEmpty) continue;
            _chunks[i].Buffer.Dispose();
            _chunks.RemoveAt(i);
        }
    }

    public void Dispose()
    {
        foreach (var chunk in _chunks) chunk.Buffer.Dispose();
        _chunks.Clear();
    }

    private (FreeListChunk Chunk, long Offset) Place(long size)
    {
        foreach (var chunk in _chunks)
        {
            if (chunk.TryAllocate(size, out long offset)) return (chunk, offset);
        }

        // doubling keeps the number of chunks small; a step's second run fits what its first one reserved
        long bytes = Math.Max(Math.Max(FirstChunk, size), ReservedBytes);
        var added = new FreeListChunk(_device.Allocate(bytes, $"step arena chunk {_chunks.Count}"));
        _chunks.Add(added);
        added.TryAllocate(size, out long first);
        return (added, first);
    }
}

/// <summary>One intermediate's memory; see <see cref="StepArena"/>.</summary>
internal sealed class ArenaBlock(StepArena arena, string op, BufferRange range, long size, FreeListChunk? chunk)
{
    private readonly long _generation = arena.Generation;
    private bool _released;
    private bool _stepEnded;

    public BufferRange Range { get; } = range;

    public long Size { get; } = size;

    public FreeListChunk? Chunk { get; } = chunk;

    public string Op { get; } = op;

    /// <summary>Outlives its step, until the tensor is disposed.</summary>
    public bool Kept { get; private set; }

    /// <summary>Backward passes that still read it.</summary>
    public int Readers { get; set; }

    public BufferRange Resolve()
    {
        if (!_released) return Range;
        throw new StaleTensorException(_stepEnded
            ? $"The result of '{Op}' belongs to step {_generation}, which has ended (now: step {arena.Generation}); its memory is used again. Call Keep() on it inside its step to read it later."
            : $"The result of '{Op}' was released by Backward; its memory is used again. Call Keep() on it before Backward to read it afterwards.");
    }

    public void Keep()
    {
        _ = Resolve();
        Kept = true;
    }

    /// <summary>Frees the memory now, unless it is kept.</summary>
    public void Release()
    {
        if (_released || Kept) return;
        _released = true;
        arena.Free(this);
    }

    public void Dispose()
    {
        Kept = false;
        Release();
    }

    public void EndOfStep()
    {
        if (Kept) return;
        _stepEnded = true;
        Release();
    }
}

/// <summary>A tensor was used after its memory had been given to another.</summary>
public sealed class StaleTensorException(string message) : EngineException(message);
