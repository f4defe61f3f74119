using System.Numerics;
using System.Runtime.CompilerServices;
using GenEngine.Kernels.Devices.Cpu;
using static System.Runtime.CompilerServices.MethodImplOptions;

namespace GenEngine.Kernels.Common;

/// <summary>
/// Runs tile products. Columns are cut into strips as wide as a register tile, rows into strips as high; one dispatch packs
/// the strips of B, a second computes, each part some row strips by some column strips of C. K is cut into blocks that the caches
/// hold, and every output stays one chain of fused multiply-adds over ascending k: a later block starts from what the earlier one
/// stored. So no choice made here (tile, block, part) changes a bit of the result.
/// </summary>
internal static unsafe class TileRunner<V, T, TA, TB, TC>
    where V : unmanaged, IVec<V, T>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TA : unmanaged, ITileOperand<T>
    where TB : unmanaged, ITileOperand<T>
    where TC : unmanaged, ITileOutput<T>
{
    private const long PackedBytes = 16 << 20; // of B at once: the last cache keeps them
    private const nint RowsAPart = 256; // their packed A blocks and a strip of B fit a second cache of 1 MiB; 96 rows cost 4 to 8 % of 1024^3
    private const nint InPlaceRows = 16; // up to here packing B costs more than reading it where it is
    private const int MaxRows = 8;
    private const int MaxTile = MaxRows * 3 * 16;

    private static int MR => TileKernels<V, T>.MaxRows;

    private static int NR => TileKernels<V, T>.MaxVectors * V.Count;

    private struct State
    {
        public TileProduct<T, TA, TB, TC> Product;
        public nint KBlock;
        public nint KBlocks;
        public nint RowStrips;
        public nint RowParts;
        public bool InPlace;

        // one pass: the batches and column strips whose panels are packed at the same time
        public nint FirstBatch;
        public nint Batches;
        public nint FirstStrip;
        public nint Strips;
        public nint ColumnParts;
        public T* Panels;
        public T* ThreadPanels;
        public nint ThreadPanelElements;
    }

    public static void Run(WorkerPool pool, in TileProduct<T, TA, TB, TC> product)
    {
        var state = new State { Product = product };
        ref readonly var p = ref state.Product;
        state.KBlocks = Ceiling(p.K, 2048 / sizeof(T));
        state.KBlock = Ceiling(p.K, state.KBlocks);
        state.RowStrips = Ceiling(p.Rows, MR);
        state.InPlace = p.Rows <= InPlaceRows && p.B.InPlace(0, 0, 0, out _) != null;
        nint columnStrips = Ceiling(p.Columns, NR);

        nint stripElements = p.K * NR;
        nint stripsAPass = Math.Clamp((nint)(PackedBytes / sizeof(T)) / stripElements, 1, p.Batch * columnStrips);
        nint batchesAPass = Math.Max(1, stripsAPass / columnStrips);
        stripsAPass = Math.Min(stripsAPass, columnStrips);

        double flops = 2.0 * p.Batch * p.Rows * p.Columns * p.K;
        nint wanted = Partition.IsSmall(flops) ? 1 : Ceiling(2 * pool.Threads, batchesAPass);
        state.RowParts = Math.Max(Ceiling(p.Rows, RowsAPart), Math.Min(wanted, state.RowStrips));
        state.ThreadPanelElements = Ceiling(state.RowStrips, state.RowParts) * MR * state.KBlock;

        nint panelElements = batchesAPass * stripsAPass * stripElements;
        state.Panels = (T*)pool.Scratch((panelElements + pool.Threads * state.ThreadPanelElements) * sizeof(T));
        state.ThreadPanels = state.Panels + panelElements;

        for (state.FirstBatch = 0; state.FirstBatch < p.Batch; state.FirstBatch += state.Batches)
        {
            state.Batches = Math.Min(batchesAPass, p.Batch - state.FirstBatch);
            for (state.FirstStrip = 0; state.FirstStrip < columnStrips; state.FirstStrip += state.Strips)
            {
                state.Strips = Math.Min(stripsAPass, columnStrips - state.FirstStrip);
                state.ColumnParts = Math.Clamp(wanted / state.RowParts, 1, state.Strips);
                Partition.RunParts(pool, flops, &Pack, &state, checked((int)(state.Batches * state.Strips * state.KBlocks)));
                Partition.RunParts(pool, flops, &Compute, &state, checked((int)(state.Batches * state.ColumnParts * state.RowParts)));
            }
        }
    }

    /// <summary>A part packs one K block of one strip of B.</summary>
    private static void Pack(void* state, int part)
    {
        var s = (State*)state;
        var (strip, block) = Math.DivRem(part, s->KBlocks);
        var (batch, column) = Math.DivRem(strip, s->Strips);
        var tile = new ColumnStrip(s, column);
        if (s->InPlace && tile.IsWhole) return;
        nint k0 = block * s->KBlock, k = Math.Min(s->KBlock, s->Product.K - k0);
        s->Product.B.Pack(s->FirstBatch + batch, tile.First, tile.Valid, tile.Width, k0, k, PackedStrip(s, strip) + k0 * tile.Width);
    }

    private static T* PackedStrip(State* s, nint strip) => s->Panels + strip * s->Product.K * NR;

    /// <summary>A part packs and computes some row strips, over all K blocks, for some column strips.</summary>
    [SkipLocalsInit]
    private static void Compute(void* state, int part)
    {
        var s = (State*)state;
        var (batch, block) = Math.DivRem(part, s->RowParts * s->ColumnParts);
        var (columnPart, rowPart) = Math.DivRem(block, s->RowParts);
        nint rowStrip = s->RowStrips * rowPart / s->RowParts, rowEnd = s->RowStrips * (rowPart + 1) / s->RowParts;
        nint strip = s->Strips * columnPart / s->ColumnParts, stripEnd = s->Strips * (columnPart + 1) / s->ColumnParts;

        T** rows = stackalloc T*[(int)RowsAPart + MaxRows];
        nint firstRow = rowStrip * MR, rowCount = Math.Min(rowEnd * MR, s->Product.Rows) - firstRow;
        for (nint i = 0; i < rowCount; i++) rows[i] = s->Product.C.Row(s->FirstBatch + batch, firstRow + i);

        T* panelA = s->ThreadPanels + WorkerPool.ThreadIndex * s->ThreadPanelElements;
        for (nint k0 = 0; k0 < s->Product.K; k0 += s->KBlock)
        {
            nint k = Math.Min(s->KBlock, s->Product.K - k0);
            for (nint i = 0; i < rowCount; i += MR)
            {
                int valid = (int)Math.Min(MR, rowCount - i);
                s->Product.A.Pack(s->FirstBatch + batch, firstRow + i, valid, TileKernels<V, T>.RowsFor(valid), k0, k, panelA + i * k);
            }

            for (nint j = strip; j < stripEnd; j++)
            {
                var tile = new ColumnStrip(s, j);
                nint step = tile.Width;
                T* panelB = s->InPlace && tile.IsWhole
                    ? s->Product.B.InPlace(s->FirstBatch + batch, tile.First, k0, out step)
                    : PackedStrip(s, batch * s->Strips + j) + k0 * tile.Width;
                ColumnOfTiles(ref s->Product, tile, panelA, panelB, step, k0, k, rows, firstRow, rowCount);
            }
        }
    }

    /// <summary>All row strips of a part against one column strip and one K block.</summary>
    private static void ColumnOfTiles(
        ref TileProduct<T, TA, TB, TC> p, in ColumnStrip tile, T* panelA, T* panelB, nint step, nint k0, nint k, T** rows, nint firstRow, nint rowCount)
    {
        bool load = p.Accumulate || k0 > 0, last = k0 + k == p.K;
        bool direct = tile.IsWhole && p.C.ColumnStride == 1;
        T* bias = p.Bias == null || p.BiasByRow ? p.Bias : p.Bias + tile.First;
        var kernel = TileKernels<V, T>.Get(MR, tile.Vectors);
        for (nint i = 0; i < rowCount; i += MR)
        {
            int valid = (int)Math.Min(MR, rowCount - i), height = TileKernels<V, T>.RowsFor(valid);
            if (height != MR) kernel = TileKernels<V, T>.Get(height, tile.Vectors);
            T* tileBias = bias != null && p.BiasByRow ? bias + firstRow + i : bias;
            if (!direct || valid != height)
            {
                EdgeTile(ref p, tile, kernel, panelA + i * k, panelB, step, k, rows + i, valid, load, last, tileBias);
                continue;
            }

            kernel(panelA + i * k, panelB, step, k, rows + i, tile.First, load);
            if (last) TileEpilogue<V, T>.Apply(p.Finish, rows + i, tile.First, valid, tile.Vectors, tileBias, p.BiasByRow);
        }
    }

    /// <summary>A tile that leaves the matrix, or whose columns are not neighbours in memory: computed whole beside it, and copied.</summary>
    [SkipLocalsInit]
    private static void EdgeTile(
        ref TileProduct<T, TA, TB, TC> p, in ColumnStrip tile, delegate*<T*, T*, nint, nint, T**, nint, bool, void> kernel,
        T* panelA, T* panelB, nint step, nint k, T** rows, int valid, bool load, bool last, T* bias)
    {
        T* scratch = stackalloc T[MaxTile];
        T** scratchRows = stackalloc T*[MaxRows];
        for (int i = 0; i < MaxRows; i++) scratchRows[i] = scratch + i * tile.Width;
        nint columnStride = p.C.ColumnStride, offset = tile.First * columnStride;
        if (load)
        {
            new Span<T>(scratch, MR * tile.Width).Clear();
            for (int i = 0; i < valid; i++)
            {
                for (int j = 0; j < tile.Valid; j++) scratchRows[i][j] = rows[i][offset + j * columnStride];
            }
        }

        kernel(panelA, panelB, step, k, scratchRows, 0, load);
        if (last)
        {
            T* wholeBias = stackalloc T[3 * 16];
            if (bias != null && !p.BiasByRow && !tile.IsWhole)
            {
                for (int j = 0; j < tile.Width; j++) wholeBias[j] = j < tile.Valid ? bias[j] : T.Zero;
                bias = wholeBias;
            }

            TileEpilogue<V, T>.Apply(p.Finish.Near, scratchRows, 0, valid, tile.Vectors, bias, p.BiasByRow);
        }

        for (int j = 0; j < tile.Valid; j++)
        {
            for (int i = 0; i < valid; i++)
            {
                T* to = rows[i] + offset + j * columnStride;
                *to = last ? p.Finish.Outside(scratch[i * tile.Width + j], to) : scratch[i * tile.Width + j];
            }
        }
    }

    /// <summary>Neighbouring columns as wide as a register tile; the last strip takes only the vectors that it needs.</summary>
    private readonly struct ColumnStrip
    {
        public ColumnStrip(State* s, nint index)
        {
            First = (s->FirstStrip + index) * NR;
            Valid = (int)Math.Min(NR, s->Product.Columns - First);
            Vectors = (Valid + V.Count - 1) / V.Count;
        }

        public nint First { get; }

        public int Valid { get; }

        public int Vectors { get; }

        public int Width => Vectors * V.Count;

        public bool IsWhole => Valid == Width;
    }

    private static nint Ceiling(nint a, nint b) => (a + b - 1) / b;
}
