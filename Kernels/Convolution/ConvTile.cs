using System.Numerics;
using System.Runtime.CompilerServices;
using GenEngine.Kernels.Common;

namespace GenEngine.Kernels.Convolution;

/// <summary>Copies an item's input into a tile, with zeros where the image ends.</summary>
internal static unsafe class ConvTile<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    public static void Copy(in ConvBands bands, in ConvItem item, ConvArgs* args, T* images, T* tile)
    {
        int height = bands.TileHeight(args), width = bands.TileWidth(args);
        nint channels = args->InC;
        int top = (item.FirstRow * args->InStepY) + args->MinDy, left = (item.FirstColumn * args->InStepX) + args->MinDx;
        for (int n = item.FirstImage; n < item.EndImage; n++)
        {
            T* image = images + ((nint)n * args->InH * args->InW * channels);
            for (int y = 0; y < height; y++, tile += width * channels) PaddedRow.Copy(image, args->InH, args->InW, channels, top + y, left, width, tile);
        }
    }

    /// <summary>The same, each channel in a plane of its own: tile[image][channel][y][x].</summary>
    [SkipLocalsInit]
    public static void CopyPlanes(in ConvBands bands, in ConvItem item, ConvArgs* args, T* images, T* tile)
    {
        const int Block = 64;
        int height = bands.TileHeight(args), width = bands.TileWidth(args), channels = args->InC;
        int top = (item.FirstRow * args->InStepY) + args->MinDy, left = (item.FirstColumn * args->InStepX) + args->MinDx;
        nint plane = (nint)height * width;
        T** pixels = stackalloc T*[Block];
        for (int n = item.FirstImage; n < item.EndImage; n++, tile += plane * channels)
        {
            new Span<T>(tile, checked((int)(plane * channels))).Clear();
            T* image = images + ((nint)n * args->InH * args->InW * channels);
            for (int y = Math.Max(0, -top); y < height && top + y < args->InH; y++)
            {
                int first = Math.Max(0, -left), end = Math.Min(width, args->InW - left);
                T* row = image + ((((nint)top + y) * args->InW + left) * channels);
                for (int x = first; x < end; x += Block)
                {
                    int count = Math.Min(Block, end - x);
                    for (int i = 0; i < count; i++) pixels[i] = row + ((nint)(x + i) * channels);
                    TilePanels<T>.PackRows(pixels, count, plane, channels, tile + ((nint)y * width) + x);
                }
            }
        }
    }
}

/// <summary>A stretch of an image's row, with zeros where it leaves the image.</summary>
internal static unsafe class PaddedRow
{
    /// <summary>Whether taps between these distances lie inside an extent for every one of so many lattice points: then nothing is padded.</summary>
    public static bool IsInside(int least, int greatest, int step, int count, int extent) => least >= 0 && ((count - 1) * step) + greatest < extent;

    public static void Copy<T>(T* image, int imageHeight, int imageWidth, nint channels, int y, int left, int width, T* target)
        where T : unmanaged
    {
        int before = Math.Clamp(-left, 0, width), inside = Math.Clamp(Math.Min(left + width, imageWidth) - Math.Max(left, 0), 0, width);
        if (y < 0 || y >= imageHeight || inside == 0)
        {
            new Span<T>(target, (int)(width * channels)).Clear();
            return;
        }

        T* source = image + ((((nint)y * imageWidth) + Math.Max(left, 0)) * channels);
        new Span<T>(target, (int)(before * channels)).Clear();
        new ReadOnlySpan<T>(source, (int)(inside * channels)).CopyTo(new Span<T>(target + (before * channels), (int)(inside * channels)));
        new Span<T>(target + ((before + inside) * channels), (int)((width - before - inside) * channels)).Clear();
    }
}
