// ladder_5_pipelined.cu: rung 5. Two sets of tiles: while one is multiplied, the other comes from global memory by asynchronous copies, which
// pass no registers. A copy cannot transpose, so A lies row by row, and a thread reads four k of each of its rows at once.
// Cost of a multiply-add: as rung 4, 1/32 word of global memory and 1/2 of shared, the global ones hidden. From sm_80.
#include "Common/tile_simt.cuh"
#include "MatMul/Ladder/ladder.cuh"

#define TILE 64
#define DEPTH 16
#define OWN 4
#define ACROSS (TILE / OWN)
#define THREADS (ACROSS * ACROSS)
#define PITCH_A (DEPTH + 4)
#define STAGE (TILE * PITCH_A + DEPTH * TILE)

KERNEL(ladder_pipelined, LadderArgs, THREADS, 2)
{
    IN(f32, A);
    IN(f32, B);
    OUT(f32, C);
    SHARED(f32, tiles, 2 * STAGE);
    i64 tiles_n = (a.N + TILE - 1) / TILE;
    i64 m0 = blockIdx.x / tiles_n * TILE, n0 = blockIdx.x % tiles_n * TILE;
    i32 rows = count_from(a.M, m0), columns = count_from(a.N, n0);
    i32 row = (i32)threadIdx.x / ACROSS * OWN, column = (i32)threadIdx.x % ACROSS * OWN;
    auto fetch = [&](i32 stage, i64 k) {
        i32 left = count_from(a.K, k);
        if (left > 0) {
            copy_panel<TILE, DEPTH, PITCH_A, THREADS>(tiles + stage * STAGE, A + m0 * a.K + k, a.K, rows, left);
            copy_panel<DEPTH, TILE, TILE, THREADS>(tiles + stage * STAGE + TILE * PITCH_A, B + k * a.N + n0, a.N, left, columns);
        }
        cp_async_commit();  // past the end an empty group, so that the one before is waited for below
    };
    f32 acc[OWN][OWN] = {};
    fetch(0, 0);
    i32 stage = 0;
    for (i64 k = 0; k < a.K; k += DEPTH, stage = 1 - stage) {
        fetch(1 - stage, k + DEPTH);
        cp_async_wait<1>();
        block_sync();
        sptr<const f32> tile_a = tiles + stage * STAGE, tile_b = tiles + stage * STAGE + TILE * PITCH_A;
        i32 left = count_from(a.K, k);
        UNROLL
        for (int s = 0; s < DEPTH; s += 4) {
            f32 x[OWN][4];
            UNROLL
            for (int i = 0; i < OWN; i++) {
                vec4<f32> u = ld4(tile_a + (row + i) * PITCH_A + s);
                x[i][0] = u.x, x[i][1] = u.y, x[i][2] = u.z, x[i][3] = u.w;
            }
            UNROLL
            for (int t = 0; t < 4; t++) {
                vec4<f32> v = ld4(tile_b + (s + t) * TILE + column);
                f32 y[OWN] = {v.x, v.y, v.z, v.w};
                if (s + t >= left) break;  // copies fill up with +0, and +0 would turn a sum of -0 around
                UNROLL
                for (int i = 0; i < OWN; i++) {
                    UNROLL
                    for (int j = 0; j < OWN; j++) acc[i][j] = fma(x[i][t], y[j], acc[i][j]);
                }
            }
        }
        block_sync();
    }
    UNROLL
    for (int i = 0; i < OWN; i++) {
        vec4<f32> y = {acc[i][0], acc[i][1], acc[i][2], acc[i][3]};
        store_upto4<QUADS != 0, f32>(C + (m0 + row + i) * a.N + n0 + column, y, row + i < rows ? columns - column : 0);
    }
}
