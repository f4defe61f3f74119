// conv_weight.cu: the gradient to a convolution's filter, dW[k, tap, c] = sum over pixels p of x[p at tap, c] dy[p, k], chunk by chunk of pixels:
// one matrix product a chunk, whose rows are the plan's (tap, channel) pairs, whose columns are the output channels, and whose k are the
// chunk's pixels. A block takes a tile of it (all parts of the plan in one grid, chunks along y) and stores its sums in Scratch as
// [chunk, tap, input channel, output channel]; conv_weight_sum.cu adds them. Which pixels a chunk has depends on the shape alone
// (ConvWeight.Split), so the sums do. Cost: 2 operations a product of the plan. QUADS: input channels move in fours.
// limits: bank conflicts 1.75, sectors 3.5
#include "Convolution/conv_panels.cuh"
#include "Convolution/conv_weight.cuh"

using Tile = SimtTile<TILE_M, TILE_N, TILE_K, THREAD_M, THREAD_N>;

// Rows are (tap, channel) pairs, neighbours in memory inside a tap; k walks pixels. A thread keeps its rows.
struct PixelGather {
    static constexpr int PIECE = QUADS ? 4 : 1;
    static constexpr int STEP = Tile::THREADS / (TILE_M / PIECE);  // pixels from one load of a thread to its next
    static constexpr int LOADS = TILE_K / STEP;
    static_assert(Tile::THREADS % (TILE_M / PIECE) == 0 && TILE_K % STEP == 0, "every thread keeps its rows and loads as often");
    ConvImages<const REAL> input;
    i32 step_y, step_x;       // from one pixel to the next in the input
    i32 dy, dx, channel;      // of the rows
    ConvPixelWalk pixel;
    REAL held[LOADS][PIECE];

    static DEV i32 slot_row() { return (i32)threadIdx.x % (TILE_M / PIECE) * PIECE; }
    static DEV i32 slot_k() { return (i32)threadIdx.x / (TILE_M / PIECE); }

    // walk: at the tile's first row, of `rows`; those past the end repeat the last ones. first: the chunk's first pixel.
    DEV PixelGather(gptr<const REAL> images, const ConvWeightArgs& a, ConvCursor walk, i64 first, i32 rows)
        : input(images, a.InH, a.InW, a.InC), step_y(a.InStepY), step_x(a.InStepX), pixel(a, first, slot_k(), STEP)
    {
        walk.advance(slot_row() < rows ? slot_row() : rows - PIECE);
        dy = walk.tap.Dy, dx = walk.tap.Dx, channel = walk.channel;
    }
    DEV void fetch(i32 left)
    {
        UNROLL
        for (int l = 0; l < LOADS; l++) {
            const i32 at_y = pixel.y * step_y + dy, at_x = pixel.x * step_x + dx;
            const bool there = slot_k() + l * STEP < left && input.holds(at_y, at_x);
            gptr<const REAL> p = input.pixel(pixel.image, at_y, at_x) + channel;
            if constexpr (QUADS != 0) {
                vec4<REAL> v = load_upto4<true, REAL>(p, there ? 4 : 0, (REAL)0);
                held[l][0] = v.x, held[l][1] = v.y, held[l][2] = v.z, held[l][3] = v.w;
            } else {
                held[l][0] = (REAL)0;
                if (there) held[l][0] = p[0];
            }
            pixel.advance();
        }
    }
    DEV void store(sptr<REAL> panel) const
    {
        UNROLL
        for (int l = 0; l < LOADS; l++) {
            sptr<REAL> p = panel + (slot_k() + l * STEP) * Tile::PITCH_A + slot_row();
            if constexpr (QUADS != 0) st4(p, vec4<REAL>{held[l][0], held[l][1], held[l][2], held[l][3]});
            else p[0] = held[l][0];
        }
    }
};

// dy: columns are output channels, k walks pixels
struct GradientAcrossK {
    static constexpr int STEP = Tile::THREADS / (TILE_N / 4);
    static constexpr int LOADS = TILE_K / STEP;
    static_assert(Tile::THREADS % (TILE_N / 4) == 0 && TILE_K % STEP == 0, "every thread keeps its columns and loads as often");
    gptr<const REAL> next;
    i64 step;
    i32 columns;
    bool quads;
    vec4<REAL> held[LOADS];

    static DEV i32 slot_row() { return (i32)threadIdx.x % (TILE_N / 4) * 4; }
    static DEV i32 slot_k() { return (i32)threadIdx.x / (TILE_N / 4); }

    // source: the tile's first output channel, of `tile_columns`, at the chunk's first pixel
    DEV GradientAcrossK(gptr<const REAL> source, const ConvWeightArgs& a, i32 tile_columns)
        : next(source + ((i64)slot_k() * a.OutC + slot_row())), step((i64)STEP * a.OutC), columns(tile_columns - slot_row()), quads(a.OutQuads != 0)
    {
    }
    DEV void fetch(i32 left)
    {
        UNROLL
        for (int l = 0; l < LOADS; l++) {
            held[l] = load_columns(next, slot_k() + l * STEP < left ? columns : 0, quads, -(REAL)0);
            next = next + step;
        }
    }
    DEV void store(sptr<REAL> panel) const
    {
        UNROLL
        for (int l = 0; l < LOADS; l++) st4(panel + (slot_k() + l * STEP) * Tile::PITCH_B + slot_row(), held[l]);
    }
};

KERNEL(conv_weight, ConvWeightArgs, (TILE_M / THREAD_M * (TILE_N / THREAD_N)), MIN_BLOCKS)
{
    IN(REAL, X);
    IN(REAL, Dy);
    OUT(REAL, Scratch);
    IN(ConvTap, Taps);
    SHARED(REAL, panels, Tile::SHARED_WORDS);
    SHARED(i32, row_weights, TILE_M);  // tap and input channel of each row

    const ConvWeightBlock block(a, TILE_M, TILE_N);
    const ConvCursor walk(Taps, block.part, block.m0);
    for (i32 r = (i32)threadIdx.x; r < TILE_M; r += Tile::THREADS) {
        ConvCursor here = walk;
        here.advance(r < block.rows ? r : block.rows - 1);
        row_weights[r] = here.tap.Filter * a.InC + here.channel;
    }

    REAL acc[THREAD_M][THREAD_N] = {};
    PixelGather load_input(X, a, walk, block.pixel, block.rows);
    GradientAcrossK load_gradient(Dy + (block.pixel * a.OutC + block.first), a, block.columns);
    tile_product<Tile, REAL>(panels, block.pixels, load_input, load_gradient, acc);

    gptr<REAL> sums = Scratch + ((i64)blockIdx.y * a.FilterTaps * a.InC * a.OutC + block.first);
    UNROLL
    for (int i = 0; i < THREAD_M; i++) {
        gptr<REAL> p = sums + (i64)row_weights[Tile::row(i)] * a.OutC;
        UNROLL
        for (int j = 0; j < THREAD_N; j += 4) {
            vec4<REAL> v = {acc[i][j], acc[i][j + 1], acc[i][j + 2], acc[i][j + 3]};
            i32 c = Tile::column(j), left = Tile::row(i) < block.rows ? block.columns - c : 0;
            if (a.OutQuads != 0) store_upto4<true, REAL>(p + c, v, left);
            else store_upto4<false, REAL>(p + c, v, left);
        }
    }
}
