using System.Numerics;
using System.Runtime.CompilerServices;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices.Cpu;
using static System.Runtime.CompilerServices.MethodImplOptions;

namespace GenEngine.Kernels.Pooling;

/// <summary>
/// The windows that cover a pixel, ascending: their outputs lie Row and Column elements apart, and the pixel's place in them starts at
/// Tap and falls by TapRow and TapColumn.
/// </summary>
internal readonly record struct CoveringWindows(nint Row, nint Column, int Rows, int Columns, int Tap, int TapRow, int TapColumn);

/// <summary>What a pixel gathers from the windows that cover it.</summary>
internal unsafe interface IWindowGather
{
    /// <summary>target = sum over the windows, for elements that lie side by side and have the same windows relative to them.</summary>
    /// <param name="output">Index of the first window's output, for the first element.</param>
    /// <param name="accumulate">Adds to what target holds.</param>
    static abstract void Run<V, T>(WindowArgs* args, in CoveringWindows windows, nint output, T* target, nint length, bool accumulate)
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>;
}

/// <summary>
/// The gradients of pooling: each element gathers, so that nothing is added from two sides. Whole vectors at a time: over the channels of
/// a pixel where they fill one, else over the pixels of a row with the same place in the stride, whose windows lie side by side.
/// </summary>
internal static unsafe class WindowGather<TGather>
    where TGather : struct, IWindowGather
{
    /// <summary>Fewer channels than this are gathered one by one at the edge of an image: parts of vectors cost more.</summary>
    private const int Few = 4;

    private const int BufferBytes = 16 * 1024; // of a stretch of pixels, sorted by their place in the stride

    public static void Run<V, T>(WorkerPool pool, WindowArgs* args)
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        long rows = (args->WindowHeight + args->StrideY - 1) / args->StrideY; // windows over a pixel
        long rowBytes = (args->Width + (rows * args->OutWidth)) * args->Channels * sizeof(T);
        Partition.Run(pool, args, &Part<V, T>, (long)args->Images * args->Height, rowBytes);
    }

    private static void Part<V, T>(WindowArgs* args, nint start, nint end)
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        nint channels = args->Channels, span = args->OutWidth * channels;
        int stride = args->StrideX, reach = (args->WindowWidth + stride - 1) / stride;

        // pixels of places [low, high) of the stride: in the image, and all their windows exist
        int low = Math.Max((args->PadX + stride - 1) / stride, reach - 1), high = Math.Min(args->OutWidth, (args->Width + args->PadX) / stride);
        int left = (low * stride) - args->PadX, right = (high * stride) - args->PadX;
        nint stretch = BufferBytes / sizeof(T) / (stride * channels);
        bool sorts = high > low && (stride == 1 || (channels < V.Count && stretch >= 2 * V.Count));
        for (nint row = start; row < end; row++)
        {
            nint image = row / args->Height;
            int padded = (int)(row - (image * args->Height)) + args->PadY;
            int first = padded < args->WindowHeight ? 0 : ((padded - args->WindowHeight) / args->StrideY) + 1;
            int rows = Math.Max(0, Math.Min((padded / args->StrideY) + 1, args->OutHeight) - first);
            nint output = ((image * args->OutHeight) + first) * span;
            T* target = (T*)args->Y + (row * args->Width * channels);
            var windows = new CoveringWindows(
                span, channels, rows, 0, (padded - (first * args->StrideY)) * args->WindowWidth, args->StrideY * args->WindowWidth, stride);
            if (!sorts)
            {
                for (int x = 0; x < args->Width; x++) Pixel<V, T>(args, in windows, output, target, x);
                continue;
            }

            for (int x = 0; x < left; x++) Pixel<V, T>(args, in windows, output, target, x);
            Inside<V, T>(args, in windows, output, target, low, high, (int)stretch);
            for (int x = right; x < args->Width; x++) Pixel<V, T>(args, in windows, output, target, x);
        }
    }

    private static void Pixel<V, T>(WindowArgs* args, in CoveringWindows rows, nint output, T* target, int x)
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        nint channels = args->Channels;
        int padded = x + args->PadX, stride = args->StrideX;
        int first = padded < args->WindowWidth ? 0 : ((padded - args->WindowWidth) / stride) + 1;
        int columns = Math.Max(0, Math.Min((padded / stride) + 1, args->OutWidth) - first);
        var windows = rows with { Columns = columns, Tap = rows.Tap + padded - (first * stride) };
        bool accumulate = args->Accumulate != 0;
        output += first * channels;
        target += x * channels;
        if (channels >= Few) TGather.Run<V, T>(args, in windows, output, target, channels, accumulate);
        else if (typeof(T) == typeof(float)) TGather.Run<V1F, float>(args, in windows, output, (float*)target, channels, accumulate);
        else TGather.Run<V1D, double>(args, in windows, output, (double*)target, channels, accumulate);
    }

    [SkipLocalsInit]
    private static void Inside<V, T>(WindowArgs* args, in CoveringWindows rows, nint output, T* target, int low, int high, int stretch)
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        nint channels = args->Channels;
        int stride = args->StrideX;
        bool accumulate = args->Accumulate != 0;
        if (stride == 1)
        {
            int first = low - args->WindowWidth + 1;
            var windows = rows with { Columns = args->WindowWidth, Tap = rows.Tap + args->WindowWidth - 1 };
            TGather.Run<V, T>(args, in windows, output + (first * channels), target + ((low - args->PadX) * channels), (high - low) * channels, accumulate);
            return;
        }

        T* sorted = stackalloc T[BufferBytes / sizeof(T)];
        for (int j = low; j < high; j += stretch)
        {
            int n = Math.Min(stretch, high - j);
            for (int phase = 0; phase < stride; phase++)
            {
                int columns = phase < args->WindowWidth ? ((args->WindowWidth - phase - 1) / stride) + 1 : 0, first = j - Math.Max(0, columns - 1);
                var windows = rows with { Columns = columns, Tap = rows.Tap + phase + ((columns - 1) * stride) };
                TGather.Run<V, T>(args, in windows, output + (first * channels), sorted + (phase * n * channels), n * channels, false);
            }

            Merge(sorted, target + (((j * stride) - args->PadX) * channels), n, stride, channels, accumulate);
        }
    }

    /// <summary>Pixel j of phase p becomes pixel j * stride + p of a row.</summary>
    [MethodImpl(AggressiveOptimization)]
    private static void Merge<T>(T* from, T* to, nint n, nint stride, nint channels, bool accumulate)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        nint step = stride * channels;
        for (nint p = 0; p < stride; p++)
        {
            T* target = to + (p * channels);
            if (channels == 1 && !accumulate)
            {
                for (nint j = 0; j < n; j++, target += step) *target = *from++;
                continue;
            }

            for (nint j = 0; j < n; j++, target += step)
            {
                for (nint c = 0; c < channels; c++, from++) target[c] = accumulate ? target[c] + *from : *from;
            }
        }
    }
}
