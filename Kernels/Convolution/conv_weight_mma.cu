// conv_weight_mma.cu: what conv_weight.cu computes, on tensor cores: operands in TF32 (PRECISION 1), BF16 (2) or 3xTF32 (3), sums in float32. One matrix
// product a chunk of pixels: rows are the plan's (tap, channel) pairs, columns the output channels, k the chunk's pixels; sums go to
// Scratch as [chunk, tap, input channel, output channel], and conv_weight_sum.cu adds them. QUADS: input channels move in fours.
// Whole tiles have no bank conflicts and full sectors (a test says so); the op cases' odd channels move word by word.
// limits: bank conflicts 1.0, sectors 2.5
#include "Common/tile_simt.cuh"
#include "Convolution/conv_mma_panels.cuh"
#include "Convolution/conv_weight.cuh"

using Tile = MmaTile<TILE_M, TILE_N, TILE_K, TILE_WARPS_M, TILE_WARPS_N, TILE_STAGES>;

// Rows are (tap, channel) pairs, neighbours in memory inside a tap; k walks pixels. A thread keeps its rows.
struct PixelGather {
    using Panel = MmaPanelAcrossK<TILE_M, TILE_K>;
    static constexpr int PIECE = QUADS ? 4 : 1;
    static constexpr int STEP = Tile::THREADS / (TILE_M / PIECE);  // pixels from one piece of a thread to its next
    static constexpr int LOADS = TILE_K / STEP;
    static_assert(Tile::THREADS % (TILE_M / PIECE) == 0 && TILE_K % STEP == 0, "every thread keeps its rows and copies as often");
    ConvImages<const f32> input;
    i32 step_y, step_x;   // from one pixel to the next in the input
    i32 dy, dx, channel;  // of the rows
    ConvPixelWalk pixel;

    static DEV i32 slot_row() { return (i32)threadIdx.x % (TILE_M / PIECE) * PIECE; }
    static DEV i32 slot_k() { return (i32)threadIdx.x / (TILE_M / PIECE); }

    // walk: at the tile's first row, of `rows`; those past the end repeat the last ones. first: the chunk's first pixel.
    DEV PixelGather(gptr<const f32> images, const ConvWeightArgs& a, ConvCursor walk, i64 first, i32 rows)
        : input(images, a.InH, a.InW, a.InC), step_y(a.InStepY), step_x(a.InStepX), pixel(a, first, slot_k(), STEP)
    {
        walk.advance(slot_row() < rows ? slot_row() : rows - PIECE);
        dy = walk.tap.Dy, dx = walk.tap.Dx, channel = walk.channel;
    }
    DEV void issue(sptr<f32> panel, i32 left)
    {
        UNROLL
        for (int l = 0; l < LOADS; l++) {
            const i32 k = slot_k() + l * STEP, at_y = pixel.y * step_y + dy, at_x = pixel.x * step_x + dx;
            copy_piece<QUADS != 0>(panel + Panel::word(slot_row(), k), input.pixel(pixel.image, at_y, at_x) + channel, k < left && input.holds(at_y, at_x));
            pixel.advance();
        }
    }
};

// dy: columns are output channels, k walks pixels
struct GradientAcrossK {
    using Panel = MmaPanelAcrossK<TILE_N, TILE_K>;
    static constexpr int STEP = Tile::THREADS / (TILE_N / 4);
    static constexpr int LOADS = TILE_K / STEP;
    static_assert(Tile::THREADS % (TILE_N / 4) == 0 && TILE_K % STEP == 0, "every thread keeps its columns and copies as often");
    gptr<const f32> next;
    i64 step;
    i32 columns;
    bool quads;

    static DEV i32 slot_k() { return (i32)threadIdx.x / (TILE_N / 4); }

    // source: the tile's first output channel, of `tile_columns`, at the chunk's first pixel
    DEV GradientAcrossK(gptr<const f32> source, const ConvWeightArgs& a, i32 tile_columns)
        : next(source + ((i64)slot_k() * a.OutC + leading_column<TILE_N>(a.OutQuads != 0))), step((i64)STEP * a.OutC),
          columns(tile_columns - leading_column<TILE_N>(a.OutQuads != 0)), quads(a.OutQuads != 0)
    {
    }
    DEV void issue(sptr<f32> panel, i32 left)
    {
        UNROLL
        for (int l = 0; l < LOADS; l++) {
            const i32 k = slot_k() + l * STEP;
            copy_columns<Panel>(panel, leading_column<TILE_N>(quads), k, next, k < left ? columns : 0, quads);
            next = next + step;
        }
    }
};

KERNEL(conv_weight_mma, ConvWeightArgs, Tile::THREADS, MIN_BLOCKS)
{
    IN(f32, X);
    IN(f32, Dy);
    OUT(f32, Scratch);
    IN(ConvTap, Taps);
    DYN_SHARED(f32, panels);

    const ConvWeightBlock block(a, TILE_M, TILE_N);
    const ConvCursor walk(Taps, block.part, block.m0);
    f32 acc[Tile::TM][Tile::TN][4] = {};
    PixelGather load_input(X, a, walk, block.pixel, block.rows);
    GradientAcrossK load_gradient(Dy + (block.pixel * a.OutC + block.first), a, block.columns);
    mma_product<Tile, MmaMath<PRECISION>::Type>(panels, block.pixels, block.rows, load_input, load_gradient, acc);

    // the panels' memory now says which weight each row is
    sptr<i32> row_weights = recast<i32>(panels);
    block_sync();
    for (i32 r = (i32)threadIdx.x; r < TILE_M; r += Tile::THREADS) {
        ConvCursor here = walk;
        here.advance(r < block.rows ? r : block.rows - 1);
        row_weights[r] = here.tap.Filter * a.InC + here.channel;
    }
    block_sync();

    gptr<f32> sums = Scratch + ((i64)blockIdx.y * a.FilterTaps * a.InC * a.OutC + block.first);
    mma_for_each<Tile>(acc, [&](int m, int n, vec4<f32> v) {
        const i32 left = m < block.rows ? block.columns - n : 0;
        gptr<f32> p = sums + ((i64)row_weights[m] * a.OutC + n);
        if (a.OutQuads != 0) store_upto4<true, f32>(p, v, left);
        else store_upto4<false, f32>(p, v, left);
    });
}
