using System.Numerics;
using System.Runtime.CompilerServices;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices.Cpu;

namespace GenEngine.Kernels.Convolution;

/// <summary>
/// Runs plans whose result has few channels (images, single maps) with neighbouring pixels in the lanes: an item's input is copied into planes, one a
/// channel, with its zero padding, and a vector of pixels is then one load. <see cref="ConvRunner{V, T}"/> would fill one lane in sixteen.
/// </summary>
internal static unsafe class ConvPlanarRunner<V, T>
    where V : unmanaged, IVec<V, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private const int MaxLanes = 16;

    private struct State
    {
        public ConvArgs* Args;
        public ConvBands Bands;
        public TapSpan* Spans;
        public T* Weights; // [part][output of the part][k]
        public T* Tiles;
        public int* Left; // see ConvChunks
        public long TileBytes;
        public long Plane;
        public int PixelsWide;
    }

    /// <summary>Whether lanes of pixels do more here than lanes of channels: a channel costs as much as a vector of pixels.</summary>
    public static bool Suits(ConvArgs* args) => args->OutC * 4 <= V.Count && args->InStepX == 1;

    public static void Run(WorkerPool pool, ConvArgs* args)
    {
        var parts = (ConvTablePart*)args->Parts;
        var taps = (ConvTableTap*)args->Taps;
        var state = new State { Args = args, Bands = ConvBands.Create(args, parts, sizeof(T), pool.Threads, copies: true) };
        state.PixelsWide = state.Bands.TileWidth(args);
        state.Plane = (long)state.Bands.TileHeight(args) * state.PixelsWide;
        long weights = 0, tapCount = 0;
        double products = 0;
        for (int i = 0; i < args->PartCount; i++)
        {
            int outputs = parts[i].EndOutput - parts[i].FirstOutput;
            weights += (long)parts[i].K * outputs;
            tapCount += parts[i].EndTap - parts[i].FirstTap;
            products += (double)parts[i].CountY * parts[i].CountX * parts[i].K * outputs;
        }

        state.TileBytes = Ranges.Align((state.Bands.TileElements + MaxLanes) * sizeof(T)); // the last vector of a plane may read past it
        long spanBytes = Ranges.Align(tapCount * sizeof(TapSpan)), weightBytes = Ranges.Align(weights * sizeof(T));
        byte* scratch = (byte*)pool.Scratch(spanBytes + weightBytes + (pool.Threads * state.TileBytes) + ConvChunks<V, T>.CounterBytes(args));
        state.Spans = (TapSpan*)scratch;
        state.Weights = (T*)(scratch + spanBytes);
        state.Tiles = (T*)(scratch + spanBytes + weightBytes);
        state.Left = (int*)(scratch + spanBytes + weightBytes + (pool.Threads * state.TileBytes));
        ConvChunks<V, T>.Begin(args, state.Left);
        for (int t = 0; t < tapCount; t++)
        {
            nint offset = (nint)((((long)taps[t].Dy - args->MinDy) * state.PixelsWide) + (taps[t].Dx - args->MinDx) + (taps[t].First * state.Plane));
            state.Spans[t] = new TapSpan { Offset = offset, Count = taps[t].End - taps[t].First };
        }

        PackWeights(args, state.Weights);
        Partition.RunParts(pool, 2 * products * args->Batch, &Compute, &state, state.Bands.Items);
    }

    private static void PackWeights(ConvArgs* args, T* target)
    {
        var filter = (T*)args->W;
        for (int i = 0; i < args->PartCount; i++)
        {
            var part = ((ConvTablePart*)args->Parts)[i];
            for (nint o = part.FirstOutput; o < part.EndOutput; o++)
            {
                for (int t = part.FirstTap; t < part.EndTap; t++)
                {
                    var tap = ((ConvTableTap*)args->Taps)[t];
                    for (nint c = tap.First; c < tap.End; c++)
                    {
                        *target++ = args->FilterTransposed != 0
                            ? filter[(((c * args->FilterTaps) + tap.Filter) * args->OutC) + o]
                            : filter[(((o * args->FilterTaps) + tap.Filter) * args->InC) + c];
                    }
                }
            }
        }
    }

    private static void Compute(void* state, int index)
    {
        var s = (State*)state;
        var item = new ConvItem(s->Bands, index, s->Args->Batch);
        T* tile = s->Tiles + (WorkerPool.ThreadIndex * (s->TileBytes / sizeof(T)));
        ConvTile<T>.CopyPlanes(s->Bands, item, s->Args, (T*)s->Args->X, tile);
        T* weights = s->Weights;
        for (int i = 0; i < s->Args->PartCount; i++)
        {
            var part = ((ConvTablePart*)s->Args->Parts)[i];
            for (int o = part.FirstOutput; o < part.EndOutput; o++, weights += part.K) Channel(s, part, item, tile, weights, o);
        }

        ConvChunks<V, T>.Finish(s->Args, s->Left, item);
    }

    /// <summary>One output channel of a part over one item, as many vectors of pixels at once as there are accumulators.</summary>
    [SkipLocalsInit]
    private static void Channel(State* s, in ConvTablePart part, in ConvItem item, T* tile, T* weights, int output)
    {
        var args = s->Args;
        var task = new Tile(args, part, output);
        T** pixels = stackalloc T*[PlanarKernels<V, T>.MaxRows];
        T** outputs = stackalloc T*[PlanarKernels<V, T>.MaxRows];
        int* valid = stackalloc int[PlanarKernels<V, T>.MaxRows];
        int endRow = Math.Min(item.EndRow, part.CountY), endColumn = Math.Min(item.EndColumn, part.CountX), count = 0;
        for (int n = item.FirstImage; n < item.EndImage; n++, tile += s->Plane * args->InC)
        {
            for (int i = item.FirstRow; i < endRow; i++)
            {
                for (int j = item.FirstColumn; j < endColumn; j += V.Count)
                {
                    pixels[count] = tile + ((((long)i - item.FirstRow) * args->InStepY * s->PixelsWide) + (j - item.FirstColumn));
                    outputs[count] = task.Output(args, n, i, j);
                    valid[count++] = Math.Min(V.Count, endColumn - j);
                    if (count < PlanarKernels<V, T>.MaxRows) continue;
                    Run(s, part, task, pixels, outputs, valid, count, weights);
                    count = 0;
                }
            }
        }

        if (count > 0) Run(s, part, task, pixels, outputs, valid, count, weights);
    }

    [SkipLocalsInit]
    private static void Run(State* s, in ConvTablePart part, in Tile task, T** pixels, T** outputs, int* valid, int count, T* weights)
    {
        const int MaxRows = PlanarKernels<V, T>.MaxRows;
        var args = s->Args;
        T* scratch = stackalloc T[MaxRows * MaxLanes];
        T** rows = stackalloc T*[MaxRows];
        T* bias = stackalloc T[MaxRows];
        int height = PlanarKernels<V, T>.RowsFor(count);
        nint step = (nint)args->StepX * args->OutC;
        for (int i = 0; i < height; i++)
        {
            if (i >= count) pixels[i] = pixels[count - 1];
            rows[i] = scratch + (i * V.Count);
            bias[i] = task.Bias;
            if (!task.Load) continue;
            new Span<T>(rows[i], V.Count).Clear();
            for (int j = 0; i < count && j < valid[i]; j++) rows[i][j] = outputs[i][j * step];
        }

        PlanarKernels<V, T>.Run(height, pixels, s->Spans + part.FirstTap, part.EndTap - part.FirstTap, (nint)s->Plane, weights, rows, task.Load);
        TileEpilogue<V, T>.Apply(task.Finish.Near, rows, 0, height, 1, task.HasBias ? bias : null, biasByRow: true);
        for (int i = 0; i < count; i++)
        {
            for (int j = 0; j < valid[i]; j++) outputs[i][j * step] = task.Finish.Outside(rows[i][j], outputs[i] + (j * step));
        }
    }

    /// <summary>What all tiles of one output channel share.</summary>
    private readonly struct Tile
    {
        private readonly T* _y;

        public Tile(ConvArgs* args, in ConvTablePart part, int output)
        {
            _y = (T*)args->Y + ((((long)part.OffsetY * args->OutW) + part.OffsetX) * args->OutC) + output;
            HasBias = args->HasBias != 0;
            Bias = HasBias ? ((T*)args->Bias)[output] : T.Zero;
            Load = args->Accumulate != 0;
            Finish = ConvRunner<V, T>.Finish(args);
        }

        public bool HasBias { get; }

        public T Bias { get; }

        public bool Load { get; }

        public TileFinish<T> Finish { get; }

        public T* Output(ConvArgs* args, int image, int i, int j) =>
            _y + (((((long)image * args->OutH) + ((long)i * args->StepY)) * args->OutW + ((long)j * args->StepX)) * args->OutC);
    }
}
