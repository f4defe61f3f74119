// conv.cu: y = activation(plan applied to x + bias), or starting from y when it accumulates: every convolution, its transpose and their input
// gradients; images are NHWC. TRANSPOSED 0: the filter is [output channel, tap, input channel], 1: [input channel, tap, output channel].
// An implicit matrix product a part of the plan (conv.cuh), all parts in one grid; a block computes TILE_M pixels x TILE_N channels.
// Cost: 2 operations a product of the plan, those with padding included; x is read taps / stride^2 times, from the caches mostly.
// QUADS: input channels move in fours; otherwise one by one, along the pixels.
// limits: bank conflicts 1.75, sectors 3.0
#include "Common/fused_activation.cuh"
#include "Convolution/conv_panels.cuh"

using Tile = SimtTile<TILE_M, TILE_N, TILE_K, THREAD_M, THREAD_N>;

// what the loaders are told is the same
template <bool IN_FOURS> struct Input {
    using Loader = GatherAcrossK<REAL, TILE_M, Tile::PITCH_A, TILE_K, Tile::THREADS>;
};
template <> struct Input<true> {
    using Loader = GatherAlongK<REAL, TRANSPOSED == 0, TILE_M, Tile::PITCH_A, TILE_K, Tile::THREADS>;
};
template <bool ACROSS> struct Filter {
    using Loader = FilterAlongK<REAL, QUADS != 0, TILE_N, Tile::PITCH_B, TILE_K, Tile::THREADS>;
};
template <> struct Filter<true> {
    using Loader = FilterAcrossK<REAL, TILE_N, Tile::PITCH_B, TILE_K, Tile::THREADS>;
};
using InputLoader = Input<QUADS != 0>::Loader;
using FilterLoader = Filter<TRANSPOSED != 0>::Loader;

// whole chunks of pixels; a tile of 128 x 32 has no register left for them. As ConvGpu.LeavesStatistics
static constexpr bool LEAVES_STATISTICS = TILE_M % CHUNK == 0 && TILE_M <= 2 * TILE_N;

KERNEL(conv, ConvArgs, (TILE_M / THREAD_M * (TILE_N / THREAD_N)), MIN_BLOCKS)
{
    IN(REAL, X);
    IN(REAL, W);
    IN(REAL, Bias);
    UPD(REAL, Y);
    IN(ConvTap, Taps);
    SHARED(REAL, panels, Tile::SHARED_WORDS);
    SHARED(i64, row_input, TILE_M);
    SHARED(i64, row_output, TILE_M);
    SHARED(i32, row_y, TILE_M);
    SHARED(i32, row_x, TILE_M);
    SHARED(i64, first_pixel, 1);  // here it takes no register while the product is summed

    const ConvBlock block(a, TILE_M, TILE_N);
    const i32 rows = count_left(block.rows, block.m0), columns = block.columns, first = block.part.FirstOutput + block.n0;
    const ConvRows tile_rows{row_input, row_output, row_y, row_x};
    tile_rows.fill<TILE_M, Tile::THREADS>(a, block, rows);
    if (threadIdx.x == 0) first_pixel[0] = block.m0;
    block_sync();

    REAL acc[THREAD_M][THREAD_N] = {};
    if (a.Accumulate != 0) {
        UNROLL
        for (int i = 0; i < THREAD_M; i++) {
            gptr<const REAL> y = Y + row_output[Tile::row(i)];
            UNROLL
            for (int j = 0; j < THREAD_N; j++) {
                if (Tile::row(i) < rows && Tile::column(j) < columns) acc[i][j] = y[Tile::column(j)];
            }
        }
    }

    // fours along k of both operands are the same k in every thread: one walk for both
    ConvCursor input_walk(Taps, block.part, InputLoader::slot_k()), filter_walk(Taps, block.part, FilterLoader::slot_k());
    InputLoader load_input(ConvImages<const REAL>(X, a.InH, a.InW, a.InC), tile_rows, input_walk);
    FilterLoader load_filter(W, a, first, columns, QUADS && !TRANSPOSED ? input_walk : filter_walk);
    tile_product<Tile, REAL>(panels, block.part.K, load_input, load_filter, acc);

    IN(REAL, Residual);
    IN(REAL, Through);
    REAL slope = (REAL)a.Slope, bias[THREAD_N];
    UNROLL
    for (int j = 0; j < THREAD_N; j++) {
        bias[j] = (REAL)0;
        if (a.HasBias != 0 && Tile::column(j) < columns) bias[j] = Bias[first + Tile::column(j)];
    }
    UNROLL
    for (int i = 0; i < THREAD_M; i++) {
        gptr<REAL> row = Y + row_output[Tile::row(i)];
        UNROLL
        for (int j = 0; j < THREAD_N; j += 4) {
            vec4<REAL> y = {acc[i][j], acc[i][j + 1], acc[i][j + 2], acc[i][j + 3]};
            if (a.HasBias != 0) y = {y.x + bias[j], y.y + bias[j + 1], y.z + bias[j + 2], y.w + bias[j + 3]};
            i32 c = Tile::column(j), left = Tile::row(i) < rows ? columns - c : 0;
            const i64 at = row_output[Tile::row(i)] + c;
            if (a.ThroughActivation != 0) {
                vec4<REAL> onto = {-(REAL)0, -(REAL)0, -(REAL)0, -(REAL)0};
                if (a.HasResidual != 0) onto = load_outputs<REAL>(Residual + at, left, a.OutQuads != 0);
                y = through_activation(a.ThroughActivation, slope, y, load_outputs<REAL>(Through + at, left, a.OutQuads != 0), onto);
            } else {
                y.x = linear_activation(a.Activation, y.x, slope);
                y.y = linear_activation(a.Activation, y.y, slope);
                y.z = linear_activation(a.Activation, y.z, slope);
                y.w = linear_activation(a.Activation, y.w, slope);
                if (a.HasResidual != 0) y = add4(y, load_outputs<REAL>(Residual + at, left, a.OutQuads != 0));
            }
            if (a.OutQuads != 0) store_upto4<true, REAL>(row + c, y, left);
            else store_upto4<false, REAL>(row + c, y, left);
        }
    }

    // the costly activations in a rolled loop over the thread's own outputs: their code stands here once, not once an output
    NO_UNROLL
    for (int i = 0; i < THREAD_M && a.Activation >= ACT_ELU; i++) {
        NO_UNROLL
        for (int j = 0; j < THREAD_N; j++) {
            gptr<REAL> y = Y + row_output[Tile::row(i)] + Tile::column(j);
            if (Tile::row(i) < rows && Tile::column(j) < columns) y[0] = smooth_activation<REAL>(a.Activation, y[0], slope);
        }
    }

    if constexpr (LEAVES_STATISTICS) {
        if (a.HasPartials != 0) tile_statistics<REAL, TILE_M, TILE_N, Tile::THREADS>(Y, a.Partials, first_pixel[0], rows, first, columns, a.OutC);
    }
}
