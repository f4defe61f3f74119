// matmul_mma.cu: C[b] = activation(op(A[b]) op(B[b]) + bias) on tensor cores, plus C where it accumulates; float32 in memory, row-major and
// contiguous, operands in TF32 (PRECISION 1), BF16 (2) or 3xTF32 (3), sums in float32. OP: 0 A is M x K and B is K x N, 1 B is N x K, 2 A is K x M.
// A block computes a tile of TILE_M x TILE_N outputs. Cost: 2 M N K operations a batch; global memory is read M N K (1 / TILE_M + 1 / TILE_N)
// words, most of them from the L2 cache. The idea is in tile_mma.cuh.
// The op cases' outputs are few and odd, stored word by word; whole tiles have full sectors (a test says so).
// limits: bank conflicts 1.0, sectors 2.5
#include "Common/tile_mma.cuh"
#include "MatMul/matmul_outputs.cuh"

using Tile = MmaTile<TILE_M, TILE_N, TILE_K, TILE_WARPS_M, TILE_WARPS_N, TILE_STAGES>;

template <bool ALONG_K, int WIDTH> struct Operand {
    using Loader = MmaCopyAlongK<QUADS != 0, WIDTH, TILE_K, Tile::THREADS>;
};
template <int WIDTH> struct Operand<false, WIDTH> {
    using Loader = MmaCopyAcrossK<QUADS != 0, WIDTH, TILE_K, Tile::THREADS>;
};
using LoaderA = Operand<OP != 2, TILE_M>::Loader;
using LoaderB = Operand<OP == 1, TILE_N>::Loader;

KERNEL(matmul_mma, MatMulArgs, Tile::THREADS, MIN_BLOCKS)
{
    IN(f32, A);
    IN(f32, B);
    IN(f32, Bias);
    UPD(f32, C);
    IN(f32, Through);
    DYN_SHARED(f32, panels);

    i32 tiles_m = (i32)((a.M + TILE_M - 1) / TILE_M), tiles_n = (i32)((a.N + TILE_N - 1) / TILE_N), tile_m, tile_n;
    i64 batch = (i32)blockIdx.x / (tiles_m * tiles_n);
    tile_in_groups<TILE_GROUP>((i32)blockIdx.x % (tiles_m * tiles_n), tiles_m, tiles_n, tile_m, tile_n);
    i64 m0 = (i64)tile_m * TILE_M, n0 = (i64)tile_n * TILE_N;
    i32 rows = (i32)(a.M - m0 < TILE_M ? a.M - m0 : TILE_M), columns = (i32)(a.N - n0 < TILE_N ? a.N - n0 : TILE_N);
    LoaderA load_a(A + (batch * a.M * a.K + (OP == 2 ? m0 : m0 * a.K)), OP == 2 ? a.M : a.K, rows);
    LoaderB load_b(B + (batch * a.K * a.N + (OP == 1 ? n0 * a.K : n0)), OP == 1 ? a.K : a.N, columns);

    f32 acc[Tile::TM][Tile::TN][4] = {};
    mma_product<Tile, MmaMath<PRECISION>::Type>(panels, (i32)a.K, rows, load_a, load_b, acc);

    const i64 at = (batch * a.M + m0) * a.N + n0;
    gptr<f32> c = C + at;
    mma_for_each<Tile>(acc, [&](int m, int n, vec4<f32> y) {
        i32 left = m < rows ? columns - n : 0;
        gptr<f32> p = c + (m * a.N + n);
        finish_outputs<QUADS != 0>(a, p, Bias + (n0 + n), Through + (at + (m * a.N + n)), y, left);
    });

    if (a.Activation < ACT_ELU) return;
    NO_UNROLL
    for (int i = 0; i < 2 * Tile::TM; i++) {
        NO_UNROLL
        for (int j = 0; j < 2 * Tile::TN; j++) {
            int m = Tile::row(i / 2, i % 2), n = Tile::column(j / 2, j % 2);
            gptr<f32> y = c + (m * a.N + n);
            if (m < rows && n < columns) y[0] = smooth_activation<f32>(a.Activation, y[0], (f32)a.Slope);
        }
    }
}
