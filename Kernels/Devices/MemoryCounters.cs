namespace GenEngine.Kernels.Devices;

/// <summary>What a device has handed out, in bytes. Peaks since the start or the last <see cref="ResetPeak"/>.</summary>
public sealed class MemoryCounters
{
    /// <summary>Bytes allocated and not freed.</summary>
    public long LiveBytes { get; private set; }

    /// <summary>The most bytes that were live at once.</summary>
    public long PeakBytes { get; private set; }

    /// <summary>Allocations not freed.</summary>
    public int LiveBuffers { get; private set; }

    /// <summary>Allocations made since the device was opened.</summary>
    public long Allocations { get; private set; }

    /// <summary>Begins a new peak at what is live now.</summary>
    public void ResetPeak() => PeakBytes = LiveBytes;

    internal void Add(long bytes)
    {
        LiveBytes += bytes;
        LiveBuffers++;
        Allocations++;
        PeakBytes = Math.Max(PeakBytes, LiveBytes);
    }

    internal void Remove(long bytes)
    {
        LiveBytes -= bytes;
        LiveBuffers--;
    }
}
