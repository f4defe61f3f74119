namespace GenEngine.Kernels.Devices;

/// <summary>
/// One allocation of device memory. Few and long-lived: arenas are buffers, tensors are ranges of them.
/// There is no finalizer: a buffer that nobody disposes is freed with its device.
/// </summary>
public sealed class DeviceBuffer : IDisposable
{
    private nint _address;

    internal DeviceBuffer(Device device, nint address, long bytes, string name)
    {
        Device = device;
        _address = address;
        Bytes = bytes;
        Name = name;
    }

    /// <summary>The device whose memory it is; only its launches may use it.</summary>
    public Device Device { get; }

    /// <summary>Size in bytes, as asked for.</summary>
    public long Bytes { get; }

    /// <summary>What the memory is for; appears in error messages.</summary>
    public string Name { get; }

    /// <summary>True once the memory is freed, by itself or with its device.</summary>
    public bool IsDisposed => _address == 0;

    /// <summary>The address as kernels see it. A host address on cpu and simt.</summary>
    /// <exception cref="ObjectDisposedException">The buffer was disposed.</exception>
    public nint Address => _address != 0 ? _address : throw new ObjectDisposedException(Name, $"The device memory '{Name}' was freed.");

    /// <summary>The whole buffer as a range.</summary>
    public BufferRange All => new(this, 0, Bytes);

    /// <summary>A part of the buffer; offset and size in bytes.</summary>
    public BufferRange Range(long offset, long bytes) => new(this, offset, bytes);

    public void Dispose()
    {
        if (_address == 0) return;
        Device.Release(this, _address);
        _address = 0;
    }
}

/// <summary>A stretch of a <see cref="DeviceBuffer"/>; offset and length in bytes.</summary>
public readonly struct BufferRange
{
    public BufferRange(DeviceBuffer buffer, long offset, long bytes)
    {
        if (offset < 0 || bytes < 0 || offset + bytes > buffer.Bytes)
            throw new ArgumentOutOfRangeException(nameof(offset), $"Bytes {offset}..{offset + bytes} lie outside '{buffer.Name}' of {buffer.Bytes} bytes.");
        Buffer = buffer;
        Offset = offset;
        Bytes = bytes;
    }

    /// <summary>The allocation that the range is a part of; null in a default range.</summary>
    public DeviceBuffer Buffer { get; }

    /// <summary>Bytes from the buffer's beginning.</summary>
    public long Offset { get; }

    /// <summary>Length in bytes; may be 0.</summary>
    public long Bytes { get; }

    /// <summary>The address as kernels see it, in the form that argument blocks carry.</summary>
    public ulong Address => (ulong)(Buffer.Address + (nint)Offset);

    /// <summary>A part of this range; offset (from its start) and size in bytes.</summary>
    public BufferRange Slice(long offset, long bytes)
    {
        if (offset < 0 || bytes < 0 || offset + bytes > Bytes)
            throw new ArgumentOutOfRangeException(nameof(offset), $"Bytes {offset}..{offset + bytes} lie outside a range of {Bytes} bytes of '{Buffer.Name}'.");
        return new BufferRange(Buffer, Offset + offset, bytes);
    }

    /// <summary>True when both have bytes of one buffer in common; an empty range has none.</summary>
    public bool Overlaps(in BufferRange other) =>
        ReferenceEquals(Buffer, other.Buffer) && Bytes > 0 && other.Bytes > 0 && Offset < other.Offset + other.Bytes && other.Offset < Offset + Bytes;

    public override string ToString() => $"{Buffer.Name}[{Offset}..{Offset + Bytes}]";
}
