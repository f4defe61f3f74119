using System.Numerics;
using System.Runtime.CompilerServices;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices.Cpu;
using static System.Runtime.CompilerServices.MethodImplOptions;

namespace GenEngine.Kernels.Convolution;

/// <summary>The CPU twin; see <see cref="ConvRunner{V, T}"/> and, for results of few channels, <see cref="ConvPlanarRunner{V, T}"/>.</summary>
internal readonly unsafe struct ConvCpu : ICpuKernel<ConvArgs>
{
    public static void Run<V, T>(WorkerPool pool, ConvArgs* args)
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (ConvPlanarRunner<V, T>.Suits(args)) ConvPlanarRunner<V, T>.Run(pool, args);
        else ConvRunner<V, T>.Run(pool, args);
    }
}

/// <summary>
/// Runs a plan. The filter is packed once, strip by strip of output channels. A part of the work is a band of an image (or a few small images):
/// the input that it needs is copied with its zero padding into the second cache, so that every tap of every pixel lies at a distance
/// that is the same for all pixels, and the micro-kernels read it there. Where no tap leaves the image, it is read in place.
/// </summary>
internal static unsafe class ConvRunner<V, T>
    where V : unmanaged, IVec<V, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private const int MaxRows = 8;
    private const int MaxTile = MaxRows * 3 * 16;

    private static int MR => TileKernels<V, T>.MaxRows;

    /// <summary>A part of the plan as the CPU runs it.</summary>
    private struct Part
    {
        public ConvTablePart Table;
        public TapSpan* Spans;
        public T* Panel; // strip after strip, each K rows of its width
        public int Vectors; // all strips
        public int Strips;
    }

    private struct State
    {
        public ConvArgs* Args;
        public Part* Parts;
        public ConvBands Bands;
        public T* Tiles; // one a thread
        public int* Left; // see ConvChunks
        public int MaxStrips;
    }

    public static void Run(WorkerPool pool, ConvArgs* args)
    {
        var table = (ConvTablePart*)args->Parts;
        var taps = (ConvTableTap*)args->Taps;
        var state = new State { Args = args, Bands = ConvBands.Create(args, table, sizeof(T), pool.Threads) };
        long panelElements = 0, tapCount = 0;
        double products = 0;
        for (int i = 0; i < args->PartCount; i++)
        {
            panelElements += (long)table[i].K * Vectors(table[i]) * V.Count;
            tapCount += table[i].EndTap - table[i].FirstTap;
            products += (double)table[i].CountY * table[i].CountX * table[i].K * (table[i].EndOutput - table[i].FirstOutput);
        }

        long partBytes = Ranges.Align(args->PartCount * sizeof(Part)), spanBytes = Ranges.Align(tapCount * sizeof(TapSpan)), panelBytes = Ranges.Align(panelElements * sizeof(T));
        long tileBytes = state.Bands.InPlace ? 0 : Ranges.Align(state.Bands.TileElements * sizeof(T));
        byte* scratch = (byte*)pool.Scratch(partBytes + spanBytes + panelBytes + (pool.Threads * tileBytes) + ConvChunks<V, T>.CounterBytes(args));
        state.Parts = (Part*)scratch;
        state.Left = (int*)(scratch + partBytes + spanBytes + panelBytes + (pool.Threads * tileBytes));
        ConvChunks<V, T>.Begin(args, state.Left);
        state.Tiles = (T*)(scratch + partBytes + spanBytes + panelBytes);
        var spans = (TapSpan*)(scratch + partBytes);
        var panel = (T*)(scratch + partBytes + spanBytes);
        for (int i = 0; i < args->PartCount; i++)
        {
            int vectors = Vectors(table[i]), strips = (vectors + TileKernels<V, T>.MaxVectors - 1) / TileKernels<V, T>.MaxVectors;
            state.Parts[i] = new Part { Table = table[i], Spans = spans, Panel = panel, Vectors = vectors, Strips = strips };
            state.MaxStrips = Math.Max(state.MaxStrips, strips);
            for (int t = table[i].FirstTap; t < table[i].EndTap; t++)
                *spans++ = new TapSpan { Offset = state.Bands.TapOffset(taps[t], args->InC), Count = taps[t].End - taps[t].First };
            panel += (long)table[i].K * vectors * V.Count;
        }

        double flops = 2 * products * args->Batch;
        Partition.RunParts(pool, flops, &Pack, &state, (int)tapCount * state.MaxStrips);
        Partition.RunParts(pool, flops, &Compute, &state, state.Bands.Items);
    }

    private static int Vectors(in ConvTablePart part) => (part.EndOutput - part.FirstOutput + V.Count - 1) / V.Count;

    /// <summary>Packs one tap's channels of one strip of output channels.</summary>
    [SkipLocalsInit]
    private static void Pack(void* state, int item)
    {
        var s = (State*)state;
        var args = s->Args;
        int tapIndex = item / s->MaxStrips, index = item % s->MaxStrips;
        Part* part = s->Parts;
        while (tapIndex >= part->Table.EndTap) part++;
        if (index >= part->Strips) return;
        var tap = ((ConvTableTap*)args->Taps)[tapIndex];
        var strip = new Strip(*part, index);
        nint channels = tap.End - tap.First, filterTaps = args->FilterTaps, inputs = args->InC, outputs = args->OutC;
        int first = part->Table.FirstOutput + strip.Column;
        T* panel = part->Panel + ((nint)part->Table.K * strip.FirstVector * V.Count) + ((nint)tap.K * strip.Width);
        var filter = (T*)args->W;
        if (args->FilterTransposed != 0)
        {
            TilePanels<T>.PackColumns(filter + ((((tap.First * filterTaps) + tap.Filter) * outputs) + first), filterTaps * outputs, strip.Valid, strip.Width, channels, panel);
            return;
        }

        T** rows = stackalloc T*[3 * 16];
        for (int i = 0; i < strip.Width; i++) rows[i] = filter + (((((first + Math.Min(i, strip.Valid - 1)) * filterTaps) + tap.Filter) * inputs) + tap.First);
        TilePanels<T>.PackRows(rows, strip.Width, channels, panel);
    }

    /// <summary>One item: brings its input near, then runs every part of the plan over it.</summary>
    private static void Compute(void* state, int index)
    {
        var s = (State*)state;
        var item = new ConvItem(s->Bands, index, s->Args->Batch);
        T* pixels = (T*)s->Args->X;
        if (!s->Bands.InPlace)
        {
            pixels = s->Tiles + (WorkerPool.ThreadIndex * (Ranges.Align(s->Bands.TileElements * sizeof(T)) / sizeof(T)));
            ConvTile<T>.Copy(s->Bands, item, s->Args, (T*)s->Args->X, pixels);
        }

        for (int i = 0; i < s->Args->PartCount; i++) RunPart(s, s->Parts + i, item, pixels);
        ConvChunks<V, T>.Finish(s->Args, s->Left, item);
    }

    [SkipLocalsInit]
    private static void RunPart(State* s, Part* part, in ConvItem item, T* pixels)
    {
        var args = s->Args;
        T** a = stackalloc T*[MaxRows];
        T** c = stackalloc T*[MaxRows];
        var walk = new ConvWalk(s->Bands, item, part->Table.CountY, part->Table.CountX);
        nint outRow = (nint)args->OutW * args->OutC, outImage = args->OutH * outRow;
        T* y = (T*)args->Y + (part->Table.OffsetY * outRow) + ((nint)part->Table.OffsetX * args->OutC) + part->Table.FirstOutput;
        T* bias = args->HasBias != 0 ? (T*)args->Bias + part->Table.FirstOutput : null;
        bool load = args->Accumulate != 0;
        var finish = Finish(args);
        nint taps = part->Table.EndTap - part->Table.FirstTap;
        while (walk.Left > 0)
        {
            int valid = (int)Math.Min(MR, walk.Left), height = TileKernels<V, T>.RowsFor(valid);
            for (int i = 0; i < valid; i++)
            {
                a[i] = pixels + walk.Input;
                c[i] = y + (walk.Image * outImage) + (walk.Row * args->StepY * outRow) + (walk.Column * args->StepX * args->OutC);
                walk.Next();
            }

            for (int i = valid; i < height; i++) a[i] = a[valid - 1];
            for (int j = 0; j < part->Strips; j++)
            {
                var strip = new Strip(*part, j);
                var kernel = TapKernels<V, T>.Get(height, strip.Vectors);
                T* panel = part->Panel + ((nint)part->Table.K * strip.FirstVector * V.Count);
                if (valid != height || strip.Valid != strip.Width)
                {
                    Edge(kernel, a, part->Spans, taps, panel, c, strip, valid, load, finish, bias);
                    continue;
                }

                kernel(a, part->Spans, taps, panel, c, strip.Column, load);
                TileEpilogue<V, T>.Apply(finish, c, strip.Column, valid, strip.Vectors, bias == null ? null : bias + strip.Column, biasByRow: false);
            }
        }
    }

    /// <summary>What is done behind the sums.</summary>
    public static TileFinish<T> Finish(ConvArgs* args) => new(
        (Activation)(args->ThroughActivation != 0 ? args->ThroughActivation : args->Activation), T.CreateTruncating(args->Slope),
        args->HasResidual == 0 ? 0 : (nint)((T*)args->Residual - (T*)args->Y), args->ThroughActivation == 0 ? 0 : (nint)((T*)args->Through - (T*)args->Y));

    /// <summary>A tile that leaves the channels or the pixels: computed whole beside them, and copied.</summary>
    [SkipLocalsInit]
    private static void Edge(
        delegate*<T**, TapSpan*, nint, T*, T**, nint, bool, void> kernel, T** pixels, TapSpan* spans, nint taps, T* panel, T** c, in Strip strip, int valid, bool load,
        in TileFinish<T> finish, T* bias)
    {
        T* scratch = stackalloc T[MaxTile];
        T** rows = stackalloc T*[MaxRows];
        for (int i = 0; i < MaxRows; i++) rows[i] = scratch + (i * strip.Width);
        if (load)
        {
            new Span<T>(scratch, MaxRows * strip.Width).Clear();
            for (int i = 0; i < valid; i++) new ReadOnlySpan<T>(c[i] + strip.Column, strip.Valid).CopyTo(new Span<T>(rows[i], strip.Valid));
        }

        kernel(pixels, spans, taps, panel, rows, 0, load);
        T* wholeBias = stackalloc T[3 * 16];
        if (bias != null)
        {
            for (int j = 0; j < strip.Width; j++) wholeBias[j] = j < strip.Valid ? bias[strip.Column + j] : T.Zero;
        }

        TileEpilogue<V, T>.Apply(finish.Near, rows, 0, valid, strip.Vectors, bias == null ? null : wholeBias, biasByRow: false);
        for (int i = 0; i < valid; i++)
        {
            T* to = c[i] + strip.Column;
            for (int j = 0; j < strip.Valid; j++) to[j] = finish.Outside(rows[i][j], to + j);
        }
    }

    /// <summary>Neighbouring output channels of a part, as evenly wide as whole vectors allow.</summary>
    private readonly struct Strip
    {
        public Strip(in Part part, int index)
        {
            FirstVector = part.Vectors * index / part.Strips;
            Vectors = (part.Vectors * (index + 1) / part.Strips) - FirstVector;
            Valid = Math.Min(Width, part.Table.EndOutput - part.Table.FirstOutput - Column);
        }

        public int FirstVector { get; }

        public int Vectors { get; }

        /// <summary>Channels that are there.</summary>
        public int Valid { get; }

        public int Column => FirstVector * V.Count;

        public int Width => Vectors * V.Count;
    }
}
