using GenEngine.Kernels.Devices;

namespace GenEngine;

/// <summary>Arena memory for the launches of one operation.</summary>
internal readonly struct Scratch(Context context, long bytes, string op) : IDisposable
{
    private readonly ArenaBlock _block = context.NewScratch(bytes, $"scratch of {op}");

    public BufferRange Range => _block.Range;

    public void Dispose() => _block.Release();
}
