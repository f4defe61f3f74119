// matmul.cu: C[b] = activation(op(A[b]) op(B[b]) + bias), or starting from C when it accumulates; row-major and contiguous. OP: 0 A is M x K and
// B is K x N, 1 B is N x K, 2 A is K x M. A block computes a tile of TILE_M x TILE_N outputs, the batch lies along z.
// Cost: 2 M N K operations a batch; global memory is read M N K (1 / TILE_M + 1 / TILE_N) words. The idea is in tile_simt.cuh: outputs in
// registers, panels in shared memory, the next panels under way.
// limits: bank conflicts 1.75, sectors 4.0
#include "Common/fused_activation.cuh"
#include "Common/tile_simt.cuh"
#include "MatMul/matmul_args.cuh"

using Tile = SimtTile<TILE_M, TILE_N, TILE_K, THREAD_M, THREAD_N>;

// the loaders differ in type, not in their fields
template <bool ALONG_K, int WIDTH, int PITCH> struct Operand {
    using Loader = PanelAlongK<REAL, QUADS != 0, WIDTH, PITCH, TILE_K, Tile::THREADS>;
};
template <int WIDTH, int PITCH> struct Operand<false, WIDTH, PITCH> {
    using Loader = PanelAcrossK<REAL, QUADS != 0, WIDTH, PITCH, TILE_K, Tile::THREADS>;
};
using LoaderA = Operand<OP != 2, TILE_M, Tile::PITCH_A>::Loader;
using LoaderB = Operand<OP == 1, TILE_N, Tile::PITCH_B>::Loader;

KERNEL(matmul, MatMulArgs, (TILE_M / THREAD_M * (TILE_N / THREAD_N)), MIN_BLOCKS)
{
    IN(REAL, A);
    IN(REAL, B);
    IN(REAL, Bias);
    UPD(REAL, C);
    SHARED(REAL, panels, Tile::SHARED_WORDS);

    i64 tiles_m = (a.M + TILE_M - 1) / TILE_M, tiles_n = (a.N + TILE_N - 1) / TILE_N;
    i64 batch = blockIdx.x / (tiles_m * tiles_n), tile = blockIdx.x % (tiles_m * tiles_n);
    i64 m0 = tile / tiles_n * TILE_M, n0 = tile % tiles_n * TILE_N;
    i32 rows = count_left(a.M, m0), columns = count_left(a.N, n0);
    gptr<const REAL> tile_a = A + batch * a.M * a.K + (OP == 2 ? m0 : m0 * a.K);
    gptr<const REAL> tile_b = B + batch * a.K * a.N + (OP == 1 ? n0 * a.K : n0);
    gptr<REAL> c = C + (batch * a.M + m0) * a.N + n0;
    LoaderA load_a(tile_a, OP == 2 ? a.M : a.K, rows, (REAL)0);
    LoaderB load_b(tile_b, OP == 1 ? a.K : a.N, columns, -(REAL)0);

    REAL acc[THREAD_M][THREAD_N] = {};
    if (a.Accumulate != 0) {
        // one by one: a 16-byte load wants four neighbouring registers, and the allocator then spills
        UNROLL
        for (int i = 0; i < THREAD_M; i++) {
            UNROLL
            for (int j = 0; j < THREAD_N; j++) {
                i32 m = Tile::row(i), n = Tile::column(j);
                if (m < rows && n < columns) acc[i][j] = c[m * a.N + n];
            }
        }
    }

    tile_product<Tile, REAL>(panels, (i32)a.K, load_a, load_b, acc);

    REAL slope = (REAL)a.Slope;
    UNROLL
    for (int j = 0; j < THREAD_N; j += 4) {
        i32 n = Tile::column(j);
        vec4<REAL> bias = load_upto4<false, REAL>(Bias + n0 + n, a.HasBias != 0 ? columns - n : 0, (REAL)0);
        UNROLL
        for (int i = 0; i < THREAD_M; i++) {
            i32 m = Tile::row(i);
            vec4<REAL> y = {acc[i][j], acc[i][j + 1], acc[i][j + 2], acc[i][j + 3]};
            if (a.HasBias != 0) y = {y.x + bias.x, y.y + bias.y, y.z + bias.z, y.w + bias.w};
            y.x = linear_activation(a.Activation, y.x, slope);
            y.y = linear_activation(a.Activation, y.y, slope);
            y.z = linear_activation(a.Activation, y.z, slope);
            y.w = linear_activation(a.Activation, y.w, slope);
            store_upto4<QUADS != 0, REAL>(c + m * a.N + n, y, m < rows ? columns - n : 0);
        }
    }

    // the costly activations in a rolled loop over the thread's own outputs: their code stands here once, not once an output. What a gradient goes on
    // through would spill registers above
    if (a.Activation < ACT_ELU && a.ThroughActivation == 0) return;
    IN(REAL, Through);
    NO_UNROLL
    for (int i = 0; i < THREAD_M; i++) {
        NO_UNROLL
        for (int j = 0; j < THREAD_N; j++) {
            gptr<REAL> y = c + Tile::row(i) * a.N + Tile::column(j);
            if (Tile::row(i) >= rows || Tile::column(j) >= columns) continue;
            if (a.ThroughActivation != 0) y[0] = y[0] * linear_activation_grad<REAL>(a.ThroughActivation, Through[y - C], slope);
            else y[0] = smooth_activation<REAL>(a.Activation, y[0], slope);
        }
    }
}
