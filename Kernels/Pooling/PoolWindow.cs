using GenEngine.Kernels.Common;

namespace GenEngine.Kernels.Pooling;

/// <summary>A pooling window: extents, strides, and the padding on each side, in pixels; rows (Y) before columns (X).</summary>
public readonly record struct PoolWindow(int Height, int Width, int StrideY, int StrideX, int PadY = 0, int PadX = 0)
{
    /// <summary>The same in both directions; the default stride is the window.</summary>
    public static PoolWindow Square(int size, int? stride = null, int padding = 0) => new(size, size, stride ?? size, stride ?? size, padding, padding);

    /// <summary>Elements.</summary>
    public long Taps => (long)Height * Width;

    /// <summary>Extents of the result: floor((extent + 2 padding - window) / stride) + 1.</summary>
    /// <exception cref="EngineException">
    /// The window is larger than the padded image; or the padding is more than half the window, so that a window might see padding alone
    /// (PyTorch refuses that, too); or an extent or a stride is not positive.
    /// </exception>
    public (int Height, int Width) Output(string kernel, int height, int width)
    {
        if (height <= 0 || width <= 0) throw new EngineException($"{kernel}: images of {height}x{width}: every extent must be positive.");
        if (Height <= 0 || Width <= 0 || StrideY <= 0 || StrideX <= 0)
            throw new EngineException($"{kernel}: a window of {Height}x{Width} with stride {StrideY}x{StrideX}: every extent and stride must be positive.");
        if (PadY < 0 || PadX < 0 || PadY > Height / 2 || PadX > Width / 2)
            throw new EngineException($"{kernel}: a padding of {PadY}x{PadX} does not suit a window of {Height}x{Width}; it may be 0 to half the window.");
        long y = height + (2L * PadY) - Height, x = width + (2L * PadX) - Width;
        return y < 0 || x < 0
            ? throw new EngineException($"{kernel}: a window of {Height}x{Width} is larger than images of {height}x{width} padded by {PadY}x{PadX}.")
            : ((int)(y / StrideY) + 1, (int)(x / StrideX) + 1);
    }

    internal WindowArgs Args(string kernel, int images, int height, int width, int channels)
    {
        var (outHeight, outWidth) = Output(kernel, height, width);
        if (images <= 0 || channels <= 0) throw new EngineException($"{kernel}: {images} images of {channels} channels: every extent must be positive.");
        return new WindowArgs
        {
            Images = images,
            Height = height,
            Width = width,
            Channels = channels,
            OutHeight = outHeight,
            OutWidth = outWidth,
            WindowHeight = Height,
            WindowWidth = Width,
            StrideY = StrideY,
            StrideX = StrideX,
            PadY = PadY,
            PadX = PadX,
        };
    }
}
