using System.Numerics;
using System.Runtime.CompilerServices;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices.Cpu;
using static System.Runtime.CompilerServices.MethodImplOptions;

namespace GenEngine.Kernels.Convolution;

/// <summary>The CPU twin; see <see cref="ConvWeightRunner{V, T}"/>.</summary>
internal readonly unsafe struct ConvWeightCpu : ICpuKernel<ConvWeightArgs>
{
    public static void Run<V, T>(WorkerPool pool, ConvWeightArgs* args)
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T> => ConvWeightRunner<V, T>.Run(pool, args);
}

/// <summary>
/// Filter gradients: one dispatch sums each chunk of pixels into a filter of its own, laid out as [tap, input channel, output channel]; a second
/// adds the chunks in order and writes KRSC. Inside a chunk pixels are taken in batches whose input and gradient stay in the second cache;
/// a later batch starts from what the earlier one stored, so a chunk is one chain.
/// </summary>
internal static unsafe class ConvWeightRunner<V, T>
    where V : unmanaged, IVec<V, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private const int MaxRows = 8;
    private const int MaxWidth = 3 * 16;
    private const int CombineChannels = 16;

    private static int MR => TileKernels<V, T>.MaxRows;

    private struct State
    {
        public ConvWeightArgs* Args;
        public PixelBatches<T> Batches;
        public nint* Offsets; // per (tap, channel) of all parts: distance from a pixel
        public nint* Outputs; // per (tap, channel): its row in a chunk's filter
        public byte* Threads; // a PixelBatches scratch each, then an edge panel and a row nobody reads
        public long ThreadBytes;
        public int Groups; // items a chunk: row tiles are shared out where chunks are few
    }

    public static void Run(WorkerPool pool, ConvWeightArgs* args)
    {
        var state = new State { Args = args, Batches = new PixelBatches<T>(args) };
        var parts = (ConvTablePart*)args->Parts;
        var taps = (ConvTableTap*)args->Taps;
        long rows = 0;
        int tapCount = 0, tiles = 1;
        for (int i = 0; i < args->PartCount; i++)
        {
            rows += parts[i].K;
            tapCount += parts[i].EndTap - parts[i].FirstTap;
            tiles = Math.Max(tiles, parts[i].K / MR);
        }

        long indexBytes = Ranges.Align(2 * rows * sizeof(nint)), edgeBytes = Ranges.Align((long)state.Batches.MaxPixels * MaxWidth * sizeof(T)), runBytes = state.Batches.RunBytes;
        long idleBytes = Ranges.Align((args->OutC + MaxWidth) * sizeof(T));
        state.ThreadBytes = state.Batches.ScratchBytes + runBytes + edgeBytes + idleBytes;
        byte* scratch = (byte*)pool.Scratch(indexBytes + (pool.Threads * state.ThreadBytes));
        state.Offsets = (nint*)scratch;
        state.Outputs = state.Offsets + rows;
        state.Threads = scratch + indexBytes;
        long row = 0;
        for (int t = 0; t < tapCount; t++)
        {
            for (int c = taps[t].First; c < taps[t].End; c++, row++)
            {
                state.Offsets[row] = state.Batches.TapOffset(taps[t], args) + c;
                state.Outputs[row] = ((nint)taps[t].Filter * args->InC) + c;
            }
        }

        state.Groups = Math.Clamp((2 * pool.Threads + args->Chunks - 1) / args->Chunks, 1, tiles);
        if (args->Masked != 0 && args->Accumulate == 0) new Span<T>((T*)args->Dw, checked(args->OutC * args->FilterTaps * args->InC)).Clear();
        pool.Run(&Sum, &state, args->Chunks * state.Groups);
        pool.Run(&Combine, &state, tapCount * CombineBlocks(args));
    }

    private static int CombineBlocks(ConvWeightArgs* args) => (args->InC + CombineChannels - 1) / CombineChannels;

    /// <summary>One group of row tiles of one chunk.</summary>
    private static void Sum(void* state, int item)
    {
        var s = (State*)state;
        var args = s->Args;
        var (chunk, group) = Math.DivRem(item, s->Groups);
        byte* own = s->Threads + (WorkerPool.ThreadIndex * s->ThreadBytes);
        long filter = (long)args->OutC * args->FilterTaps * args->InC;
        T* partial = (T*)args->Scratch + (chunk * filter);
        var cursor = new PixelCursor(args, chunk);
        bool first = true;
        while (cursor.Left > 0)
        {
            var runs = (PixelRun<T>*)(own + s->Batches.ScratchBytes);
            int count = s->Batches.Next(ref cursor, args, (T*)own, runs);
            Batch(s, group, runs, count, partial, own + s->Batches.ScratchBytes + s->Batches.RunBytes, load: !first);
            first = false;
        }
    }

    /// <summary>Adds a batch of pixels to all of a group's tiles.</summary>
    [SkipLocalsInit]
    private static void Batch(State* s, int group, PixelRun<T>* runs, int runCount, T* partial, byte* own, bool load)
    {
        var args = s->Args;
        var edge = (T*)own;
        T* idle = edge + (Ranges.Align((long)s->Batches.MaxPixels * MaxWidth * sizeof(T)) / sizeof(T));
        nint xStep = (nint)args->InStepX * args->InC, firstRow = 0;
        for (int p = 0; p < args->PartCount; p++)
        {
            var part = ((ConvTablePart*)args->Parts)[p];
            int columns = part.EndOutput - part.FirstOutput, vectors = (columns + V.Count - 1) / V.Count;
            int strips = (vectors + TileKernels<V, T>.MaxVectors - 1) / TileKernels<V, T>.MaxVectors, tiles = (part.K + MR - 1) / MR;
            int firstTile = (int)((long)tiles * group / s->Groups), endTile = (int)((long)tiles * (group + 1) / s->Groups);
            for (int j = 0; j < strips; j++)
            {
                int from = vectors * j / strips, wide = (vectors * (j + 1) / strips) - from, column = from * V.Count, width = wide * V.Count;
                int valid = Math.Min(width, columns - column);
                nint dyStep = args->OutC;
                int dyColumn = part.FirstOutput + column;
                PixelRun<T>* here = runs;
                if (valid < width)
                {
                    here = PackEdge(runs, runCount, dyColumn, valid, width, args->OutC, edge);
                    (dyStep, dyColumn) = (width, 0);
                }

                var kernel = new TileTask { Runs = here, RunCount = runCount, XStep = xStep, DyStep = dyStep, DyColumn = dyColumn, Column = part.FirstOutput + column, Vectors = wide, Valid = valid, Load = load };
                for (int tile = firstTile; tile < endTile; tile++)
                {
                    int row = tile * MR;
                    Tile(kernel, s->Offsets + firstRow + row, s->Outputs + firstRow + row, Math.Min(MR, part.K - row), partial, args->OutC, idle);
                }
            }

            firstRow += part.K;
        }
    }

    private struct TileTask
    {
        public PixelRun<T>* Runs;
        public nint RunCount;
        public nint XStep;
        public nint DyStep;
        public nint DyColumn;
        public nint Column;
        public int Vectors;
        public int Valid;
        public bool Load;
    }

    [SkipLocalsInit]
    private static void Tile(in TileTask task, nint* offsets, nint* outputs, int rows, T* partial, nint outC, T* idle)
    {
        int height = TileKernels<V, T>.RowsFor(rows);
        nint* o = stackalloc nint[MaxRows];
        T** c = stackalloc T*[MaxRows];
        for (int i = 0; i < height; i++)
        {
            o[i] = offsets[Math.Min(i, rows - 1)];
            c[i] = i < rows ? partial + (outputs[i] * outC) : idle;
        }

        var kernel = WeightKernels<V, T>.Get(height, task.Vectors);
        if (task.Valid == task.Vectors * V.Count)
        {
            kernel(task.Runs, task.RunCount, o, task.XStep, task.DyStep, task.DyColumn, c, task.Column, task.Load);
            return;
        }

        int width = task.Vectors * V.Count;
        T* scratch = stackalloc T[MaxRows * MaxWidth];
        T** beside = stackalloc T*[MaxRows];
        for (int i = 0; i < height; i++)
        {
            beside[i] = scratch + (i * width);
            if (!task.Load) continue;
            new Span<T>(beside[i], width).Clear();
            for (int j = 0; j < task.Valid && i < rows; j++) beside[i][j] = c[i][task.Column + j];
        }

        kernel(task.Runs, task.RunCount, o, task.XStep, task.DyStep, task.DyColumn, beside, 0, task.Load);
        for (int i = 0; i < rows; i++)
        {
            for (int j = 0; j < task.Valid; j++) c[i][task.Column + j] = beside[i][j];
        }
    }

    /// <summary>The gradient of channels that end inside a vector, filled up with zeros; the runs then point there.</summary>
    private static PixelRun<T>* PackEdge(PixelRun<T>* runs, int count, int column, int valid, int width, nint outC, T* edge)
    {
        PixelRun<T>* copy = runs + count;
        for (int r = 0; r < count; r++)
        {
            copy[r] = runs[r] with { Dy = edge };
            T* source = runs[r].Dy + column;
            for (nint p = 0; p < runs[r].Count; p++, source += outC, edge += width)
            {
                for (int j = 0; j < width; j++) edge[j] = j < valid ? source[j] : T.Zero;
            }
        }

        return copy;
    }

    /// <summary>Adds the chunks of some (tap, channel) rows, ascending, and writes them where the filter has them.</summary>
    [SkipLocalsInit]
    [MethodImpl(AggressiveOptimization)]
    private static void Combine(void* state, int item)
    {
        var s = (State*)state;
        var args = s->Args;
        var (tapIndex, block) = Math.DivRem(item, CombineBlocks(args));
        var parts = (ConvTablePart*)args->Parts;
        while (tapIndex >= parts->EndTap) parts++;
        var tap = ((ConvTableTap*)args->Taps)[tapIndex];
        int from = Math.Max(tap.First, block * CombineChannels), end = Math.Min(tap.End, (block + 1) * CombineChannels);
        nint outC = args->OutC, filter = outC * args->FilterTaps * args->InC, step = (nint)args->FilterTaps * args->InC;
        T* lanes = stackalloc T[16];
        for (nint c = from; c < end; c++)
        {
            nint row = ((nint)tap.Filter * args->InC) + c;
            T* source = (T*)args->Scratch + (row * outC);
            T* target = (T*)args->Dw + row;
            nint k = parts->FirstOutput;
            for (; k + V.Count <= parts->EndOutput; k += V.Count)
            {
                V sum = V.Zero;
                T* p = source + k;
                for (int chunk = 0; chunk < args->Chunks; chunk++, p += filter) sum = V.Add(sum, V.Load(p));
                V.Store(sum, lanes);
                for (int i = 0; i < V.Count; i++) Put(target + ((k + i) * step), lanes[i], args->Accumulate);
            }

            for (; k < parts->EndOutput; k++)
            {
                T sum = T.Zero;
                T* p = source + k;
                for (int chunk = 0; chunk < args->Chunks; chunk++, p += filter) sum += *p;
                Put(target + (k * step), sum, args->Accumulate);
            }
        }
    }

    [MethodImpl(AggressiveInlining)]
    private static void Put(T* target, T sum, int accumulate) => *target = accumulate != 0 ? *target + sum : sum;
}
