namespace GenEngine.Kernels.Common;

/// <summary>
/// Windows that slide over NHWC images; see window.cuh. The fold over windows reads [Images, Height, Width, Channels] and writes
/// [Images, OutHeight, OutWidth, Channels]; what gathers from the windows that cover a pixel goes the other way.
/// </summary>
internal struct WindowArgs
{
    public ulong X;
    public ulong Y;
    public ulong Places; // where in its window each maximum was
    public long Count; // elements of Y
    public int Images;
    public int Height;
    public int Width;
    public int Channels;
    public int OutHeight;
    public int OutWidth;
    public int WindowHeight;
    public int WindowWidth;
    public int StrideY;
    public int StrideX;
    public int PadY;
    public int PadX;
    public int Divisor;
    public int Accumulate;
    public int Gradient; // 0: Places is null
}
