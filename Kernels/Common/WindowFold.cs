using System.Numerics;
using System.Runtime.CompilerServices;
using GenEngine.Kernels.Devices.Cpu;
using static System.Runtime.CompilerServices.MethodImplOptions;

namespace GenEngine.Kernels.Common;

/// <summary>
/// The elements of a window, from its first one: rows lie Row apart, and within a row Step apart; after every Phases steps the place
/// moves by Wrap more. Rows and columns outside the image are left out.
/// </summary>
internal readonly record struct WindowTaps(nint Row, nint Step, int Phases, nint Wrap, int FirstRow, int EndRow, int FirstColumn, int EndColumn);

/// <summary>What a window is folded to.</summary>
internal unsafe interface IWindowFold
{
    /// <summary>Folds the windows of outputs that lie side by side.</summary>
    /// <param name="x">The element at row 0, column 0 of the first output's window (perhaps outside the image), then its neighbours.</param>
    /// <param name="output">Index of the first output.</param>
    /// <param name="length">Outputs.</param>
    static abstract void Run<V, T>(WindowArgs* args, in WindowTaps taps, T* x, nint output, nint length)
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>;
}

/// <summary>
/// Walks windows so that whole vectors are folded at a time: over the channels of a pixel where they fill a vector, else over neighbouring
/// outputs of a row, whose inputs are first sorted by their place in the stride so that they lie side by side.
/// </summary>
internal static unsafe class WindowFold<TFold>
    where TFold : struct, IWindowFold
{
    private const int BufferBytes = 16 * 1024; // of the sorted rows of one stretch of outputs: half of a first-level cache

    public static void Run<V, T>(WorkerPool pool, WindowArgs* args)
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        long rowBytes = ((long)args->WindowHeight * args->Width + args->OutWidth) * args->Channels * sizeof(T);
        Partition.Run(pool, args, &Part<V, T>, (long)args->Images * args->OutHeight, rowBytes);
    }

    private static void Part<V, T>(WindowArgs* args, nint start, nint end)
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        // outputs [low, high) of a row have windows wholly inside it
        int low = Math.Min(args->OutWidth, (args->PadX + args->StrideX - 1) / args->StrideX), last = args->Width + args->PadX - args->WindowWidth;
        int high = Math.Max(low, last < 0 ? 0 : Math.Min(args->OutWidth, (last / args->StrideX) + 1));
        nint channels = args->Channels, span = (nint)args->Width * channels;
        for (nint row = start; row < end; row++)
        {
            nint image = row / args->OutHeight;
            int top = ((int)(row - (image * args->OutHeight)) * args->StrideY) - args->PadY;
            int firstRow = Math.Max(0, -top), endRow = Math.Min(args->WindowHeight, args->Height - top);
            T* x = (T*)args->X + (((image * args->Height) + top) * span);
            nint output = row * args->OutWidth * channels;
            var inside = new WindowTaps(span, channels, int.MaxValue, 0, firstRow, endRow, 0, args->WindowWidth);
            for (int o = 0; o < low; o++) Pixel<V, T>(args, in inside, x, output, o);
            Inside<V, T>(args, in inside, x, output, low, high);
            for (int o = high; o < args->OutWidth; o++) Pixel<V, T>(args, in inside, x, output, o);
        }
    }

    private static void Pixel<V, T>(WindowArgs* args, in WindowTaps inside, T* x, nint output, int o)
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int left = (o * args->StrideX) - args->PadX;
        nint channels = args->Channels;
        var taps = inside with { FirstColumn = Math.Max(0, -left), EndColumn = Math.Min(args->WindowWidth, args->Width - left) };
        TFold.Run<V, T>(args, in taps, x + (left * channels), output + (o * channels), channels);
    }

    [SkipLocalsInit]
    private static void Inside<V, T>(WindowArgs* args, in WindowTaps inside, T* x, nint output, int low, int high)
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        nint channels = args->Channels;
        int stride = args->StrideX, rows = inside.EndRow - inside.FirstRow, reach = (args->WindowWidth + stride - 1) / stride;
        T* first = x + (((low * stride) - args->PadX) * channels);
        if (stride == 1)
        {
            TFold.Run<V, T>(args, in inside, first, output + (low * channels), (high - low) * channels);
            return;
        }

        // a stretch of n outputs needs n + reach - 1 pixels of each place in the stride
        long stretch = (BufferBytes / sizeof(T) / ((long)rows * stride * channels)) - (reach - 1);
        if (channels >= V.Count || stretch < 2 * V.Count)
        {
            for (int o = low; o < high; o++)
                TFold.Run<V, T>(args, in inside, x + (((o * stride) - args->PadX) * channels), output + (o * channels), channels);
            return;
        }

        T* sorted = stackalloc T[BufferBytes / sizeof(T)];
        for (int o = low; o < high; o += (int)stretch)
        {
            int n = (int)Math.Min(stretch, high - o), pixels = n + reach - 1;
            nint phase = pixels * channels, row = stride * phase;
            int width = ((n - 1) * stride) + args->WindowWidth; // pixels of the row that the stretch reads
            for (int r = 0; r < rows; r++)
                Sort(x + ((inside.FirstRow + r) * inside.Row) + (((o * stride) - args->PadX) * channels), sorted + (r * row), width, stride, phase, channels);
            var taps = new WindowTaps(row, phase, stride, channels - row, inside.FirstRow, inside.EndRow, 0, args->WindowWidth);
            TFold.Run<V, T>(args, in taps, sorted - (inside.FirstRow * row), output + (o * channels), n * channels);
        }
    }

    /// <summary>Pixel j * stride + p of a row becomes pixel j of phase p.</summary>
    [MethodImpl(AggressiveOptimization)]
    private static void Sort<T>(T* from, T* to, nint width, nint stride, nint phase, nint channels)
        where T : unmanaged
    {
        for (nint p = 0; p < Math.Min(stride, width); p++, to += phase)
        {
            T* source = from + (p * channels), target = to;
            nint pixels = ((width - p - 1) / stride) + 1, step = stride * channels;
            if (channels == 1)
            {
                for (nint j = 0; j < pixels; j++, source += step) target[j] = *source;
                continue;
            }

            for (nint j = 0; j < pixels; j++, source += step, target += channels)
            {
                for (nint c = 0; c < channels; c++) target[c] = source[c];
            }
        }
    }
}
