using System.Numerics;
using GenEngine.Kernels.Common;

namespace GenEngine.Kernels.Convolution;

/// <summary>
/// Partial statistics of a convolution's result for the batch norm behind it: whoever finishes the last pixel of a chunk of 64 makes the chunk's,
/// while its pixels are in the second cache. Chunks cross bands and images, so each counts the pixels that are still to come.
/// </summary>
internal static unsafe class ConvChunks<V, T>
    where V : unmanaged, IVec<V, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Bytes of the counters; 0 where no statistics are asked for.</summary>
    public static long CounterBytes(ConvArgs* args) => args->Partials == 0 ? 0 : RowChunks.Count(Pixels(args)) * sizeof(int);

    public static void Begin(ConvArgs* args, int* left)
    {
        if (args->Partials == 0) return;
        long pixels = Pixels(args);
        for (long first = 0; first < pixels; first += RowChunks.Rows) *left++ = (int)Math.Min(RowChunks.Rows, pixels - first);
    }

    /// <summary>All parts of an item are done.</summary>
    public static void Finish(ConvArgs* args, int* left, in ConvItem item)
    {
        if (args->Partials == 0) return;
        // a lattice point stands for a step of outputs, one a phase
        long firstRow = Math.Min((long)item.FirstRow * args->StepY, args->OutH), endRow = Math.Min((long)item.EndRow * args->StepY, args->OutH);
        long firstColumn = Math.Min((long)item.FirstColumn * args->StepX, args->OutW), endColumn = Math.Min((long)item.EndColumn * args->StepX, args->OutW);
        bool wholeRows = endColumn - firstColumn == args->OutW;
        if (wholeRows && endRow - firstRow == args->OutH)
        {
            long image = (long)args->OutH * args->OutW;
            Count(args, left, item.FirstImage * image, (item.EndImage - item.FirstImage) * image);
            return;
        }

        for (long n = item.FirstImage; n < item.EndImage; n++)
        {
            long row = (n * args->OutH) + firstRow, end = (n * args->OutH) + endRow;
            if (wholeRows) Count(args, left, row * args->OutW, (end - row) * args->OutW);
            else for (; row < end; row++) Count(args, left, (row * args->OutW) + firstColumn, endColumn - firstColumn);
        }
    }

    private static long Pixels(ConvArgs* args) => (long)args->Batch * args->OutH * args->OutW;

    /// <summary>So many pixels from one on are done.</summary>
    private static void Count(ConvArgs* args, int* left, long pixel, long count)
    {
        for (long end = pixel + count; pixel < end;)
        {
            long chunk = pixel / RowChunks.Rows, done = Math.Min(end, (chunk + 1) * RowChunks.Rows) - pixel;
            if (Interlocked.Add(ref left[chunk], -(int)done) == 0)
                ChunkStatistics<V, T>.Run((T*)args->Y, (T*)args->Partials, (nint)chunk, (nint)Pixels(args), args->OutC);
            pixel += done;
        }
    }
}
