// ladder_4_vectors.cu: rung 4. Four neighbours move as one 16-byte access, from global and from shared memory. The tile of A is stored
// transposed for it, k by k, so that a thread's four rows are neighbours.
// Cost of a multiply-add: as rung 3, 1/32 word of global memory and 1/2 of shared, in a quarter of the instructions. What is left is waiting:
// nothing is computed while the next tiles come.
#include "Common/tile_simt.cuh"
#include "MatMul/Ladder/ladder.cuh"

#define TILE 64
#define DEPTH 16
#define OWN 4
#define ACROSS (TILE / OWN)
#define THREADS (ACROSS * ACROSS)
#define PITCH_A (TILE + 4)

KERNEL(ladder_vectors, LadderArgs, THREADS, 2)
{
    IN(f32, A);
    IN(f32, B);
    OUT(f32, C);
    SHARED(f32, tile_a, DEPTH * PITCH_A);
    SHARED(f32, tile_b, DEPTH * TILE);
    i64 tiles_n = (a.N + TILE - 1) / TILE;
    i64 m0 = blockIdx.x / tiles_n * TILE, n0 = blockIdx.x % tiles_n * TILE;
    i32 rows = count_from(a.M, m0), columns = count_from(a.N, n0);
    i32 row = (i32)threadIdx.x / ACROSS * OWN, column = (i32)threadIdx.x % ACROSS * OWN;
    // the quad that this thread brings: 64 rows x 4 quads of A, 16 rows x 16 quads of B
    i32 row_a = (i32)threadIdx.x / (DEPTH / 4), k_a = (i32)threadIdx.x % (DEPTH / 4) * 4;
    i32 k_b = (i32)threadIdx.x / (TILE / 4), column_b = (i32)threadIdx.x % (TILE / 4) * 4;
    f32 acc[OWN][OWN] = {};
    for (i64 k = 0; k < a.K; k += DEPTH) {
        i32 left = count_from(a.K, k);
        vec4<f32> p = load_upto4<QUADS != 0, f32>(A + (m0 + row_a) * a.K + k + k_a, row_a < rows ? left - k_a : 0, 0.0f);
        vec4<f32> q = load_upto4<QUADS != 0, f32>(B + (k + k_b) * a.N + n0 + column_b, k_b < left ? columns - column_b : 0, -0.0f);
        tile_a[k_a * PITCH_A + row_a] = p.x;
        tile_a[(k_a + 1) * PITCH_A + row_a] = p.y;
        tile_a[(k_a + 2) * PITCH_A + row_a] = p.z;
        tile_a[(k_a + 3) * PITCH_A + row_a] = p.w;
        st4(tile_b + k_b * TILE + column_b, q);
        block_sync();
        UNROLL
        for (int s = 0; s < DEPTH; s++) {
            vec4<f32> u = ld4(tile_a + s * PITCH_A + row), v = ld4(tile_b + s * TILE + column);
            f32 x[OWN] = {u.x, u.y, u.z, u.w}, y[OWN] = {v.x, v.y, v.z, v.w};
            UNROLL
            for (int i = 0; i < OWN; i++) {
                UNROLL
                for (int j = 0; j < OWN; j++) acc[i][j] = fma(x[i], y[j], acc[i][j]);
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
