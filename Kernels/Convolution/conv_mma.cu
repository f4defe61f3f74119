// conv_mma.cu: what conv.cu computes, on tensor cores: float32 in memory, operands in TF32 (PRECISION 1), BF16 (2) or 3xTF32 (3), sums in float32;
// what y held is added after the product. An implicit matrix product a part of the plan (conv.cuh), all parts in one grid; a block
// computes TILE_M pixels x TILE_N channels. Cost: 2 operations a product of the plan, those with padding included. The idea is in tile_mma.cuh.
// TRANSPOSED 0: the filter is [output channel, tap, input channel], 1: [input channel, tap, output channel]. QUADS: input channels in fours.
// Whole tiles have no bank conflicts and full sectors (a test says so); the op cases' odd channels move word by word.
// limits: bank conflicts 1.0, sectors 2.25
#include "Convolution/conv_mma_panels.cuh"
#include "Convolution/conv_outputs.cuh"

using Tile = MmaTile<TILE_M, TILE_N, TILE_K, TILE_WARPS_M, TILE_WARPS_N, TILE_STAGES>;

// what the loaders are told is the same
template <bool IN_FOURS> struct Input {
    using Loader = MmaGatherAcrossK<TILE_M, TILE_K, Tile::THREADS>;
};
template <> struct Input<true> {
    using Loader = MmaGatherAlongK<TRANSPOSED == 0, TILE_M, TILE_K, Tile::THREADS>;
};
template <bool ACROSS> struct Filter {
    using Loader = MmaFilterAlongK<QUADS != 0, TILE_N, TILE_K, Tile::THREADS>;
};
template <> struct Filter<true> {
    using Loader = MmaFilterAcrossK<TILE_N, TILE_K, Tile::THREADS>;
};
using InputLoader = Input<QUADS != 0>::Loader;
using FilterLoader = Filter<TRANSPOSED != 0>::Loader;

// Where a row stands in the table of rows: a warp's epilogue reads rows 4 apart together, so those are neighbours. And back.
DEV int row_slot(int row) { return (row & ~31) | (row & 3) << 3 | (row >> 2 & 7); }
DEV int slot_row(int slot) { return (slot & ~31) | (slot & 7) << 2 | (slot >> 3 & 3); }

KERNEL(conv_mma, ConvArgs, Tile::THREADS, MIN_BLOCKS)
{
    IN(f32, X);
    IN(f32, W);
    IN(f32, Bias);
    UPD(f32, Y);
    IN(ConvTap, Taps);
    DYN_SHARED(f32, panels);

    const ConvBlock block(a, TILE_M, TILE_N);
    const ConvPart& part = block.part;
    const i32 rows = block.rows - block.m0 < TILE_M ? (i32)(block.rows - block.m0) : TILE_M, columns = block.columns, first = part.FirstOutput + block.n0;
    const ConvLattice lattice(block.m0, part.CountY, part.CountX);

    f32 acc[Tile::TM][Tile::TN][4] = {};
    {
        // fours along k of both operands are the same k in every thread: one walk for both
        ConvCursor input_walk(Taps, part, InputLoader::slot_k()), filter_walk(Taps, part, FilterLoader::slot_k());
        InputLoader load_input(X, a, lattice, rows, input_walk);
        FilterLoader load_filter(W, a, first, columns, QUADS && !TRANSPOSED ? input_walk : filter_walk);
        mma_product<Tile, MmaMath<PRECISION>::Type>(panels, part.K, rows, load_input, load_filter, acc);
    }

    // the panels' memory now says where each row's first output stands in y
    sptr<i64> row_output = recast<i64>(panels);
    block_sync();
    for (i32 slot = (i32)threadIdx.x; slot < TILE_M; slot += Tile::THREADS) {
        const i32 r = slot_row(slot);
        i64 n;
        i32 i, j;
        lattice.find(r < rows ? r : rows - 1, n, i, j);
        row_output[slot] = ((n * a.OutH + part.OffsetY + i * a.StepY) * a.OutW + part.OffsetX + j * a.StepX) * a.OutC + first;
    }
    block_sync();

    IN(f32, Residual);
    IN(f32, Through);
    const bool quads = a.OutQuads != 0;
    mma_for_each<Tile>(acc, [&](int m, int n, vec4<f32> y) {
        const i32 left = m < rows ? columns - n : 0;
        const i64 at = row_output[row_slot(m)] + n;
        finish_conv_outputs(a, Y + at, Bias + (first + n), Residual + at, Through + at, y, left, quads);
    });

    NO_UNROLL
    for (int i = 0; i < 2 * Tile::TM && a.Activation >= ACT_ELU; i++) {
        NO_UNROLL
        for (int j = 0; j < 2 * Tile::TN; j++) {
            int m = Tile::row(i / 2, i % 2), n = Tile::column(j / 2, j % 2);
            gptr<f32> y = Y + row_output[row_slot(m)] + n;
            if (m < rows && n < columns) y[0] = smooth_activation<f32>(a.Activation, y[0], (f32)a.Slope);
        }
    }
    if (a.HasPartials != 0) tile_statistics<f32, TILE_M, TILE_N, Tile::THREADS>(Y, a.Partials, block.m0, rows, first, columns, a.OutC);
}
