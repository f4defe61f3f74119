namespace GenEngine.Kernels.Devices.Gpu.Cuda;

/// <summary>
/// Copies between ordinary host memory and the GPU through two page-locked halves: while the GPU moves one, the host fills or empties
/// the other. Everything happens in stream order, and the caller's memory is free again when a call returns.
/// </summary>
internal sealed unsafe class PinnedStaging : IDisposable
{
    private const int HalfBytes = 4 << 20;

    private readonly nint _stream;
    private readonly PinnedHandle _memory;
    private readonly EventHandle[] _done = new EventHandle[2];
    private int _half;

    public PinnedStaging(nint stream)
    {
        _stream = stream;
        _memory = PinnedHandle.Allocate(2 * HalfBytes);
        try
        {
            for (int i = 0; i < _done.Length; i++) _done[i] = EventHandle.Create(timing: false);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public void Upload(ReadOnlySpan<byte> source, nint target)
    {
        while (source.Length > 0)
        {
            int bytes = Math.Min(source.Length, HalfBytes);
            nint half = TakeHalf();
            source[..bytes].CopyTo(new Span<byte>((void*)half, bytes));
            CudaException.Check(CudaApi.cuMemcpyHtoDAsync_v2(target, half, (nuint)bytes, _stream));
            Record();
            source = source[bytes..];
            target += bytes;
        }
    }

    public void Download(nint source, Span<byte> target)
    {
        var before = Span<byte>.Empty; // the piece that is still in the other half
        while (target.Length > 0)
        {
            int bytes = Math.Min(target.Length, HalfBytes);
            nint half = TakeHalf();
            CudaException.Check(CudaApi.cuMemcpyDtoHAsync_v2(half, source, (nuint)bytes, _stream));
            Record();
            Empty(before, _half ^ 1);
            before = target[..bytes];
            target = target[bytes..];
            source += bytes;
        }

        Empty(before, _half);
    }

    /// <summary>The owner has waited for the stream: nothing is under way.</summary>
    public void Dispose()
    {
        foreach (var done in _done) done?.Dispose();
        _memory.Dispose();
    }

    /// <summary>The half whose last copy is the older one, when that copy is done.</summary>
    private nint TakeHalf()
    {
        _half ^= 1;
        CudaException.Check(CudaApi.cuEventSynchronize(_done[_half].Value)); // at once when nothing was recorded yet
        return Address(_half);
    }

    private void Record() => CudaException.Check(CudaApi.cuEventRecord(_done[_half].Value, _stream));

    private void Empty(Span<byte> target, int half)
    {
        if (target.IsEmpty) return;
        CudaException.Check(CudaApi.cuEventSynchronize(_done[half].Value));
        new ReadOnlySpan<byte>((void*)Address(half), target.Length).CopyTo(target);
    }

    private nint Address(int half) => _memory.Value + half * HalfBytes;
}
