// ladder_3_registers.cu: rung 3. A thread computes 4 x 4 outputs: what it reads from shared memory stays in registers for four uses. Its
// columns lie 16 apart, so that the lanes of a warp read and store neighbours.
// Cost of a multiply-add: 1/32 word of global memory (tiles of 64 x 64), 1/2 of shared. Half of the instructions still move single words.
#include "MatMul/Ladder/ladder.cuh"

#define TILE 64
#define DEPTH 16
#define OWN 4                // outputs of a thread along each side
#define ACROSS (TILE / OWN)  // threads along each side
#define THREADS (ACROSS * ACROSS)
#define PITCH_A (DEPTH + 1)  // rows of a tile begin in different banks

KERNEL(ladder_registers, LadderArgs, THREADS, 2)
{
    IN(f32, A);
    IN(f32, B);
    OUT(f32, C);
    SHARED(f32, tile_a, TILE * PITCH_A);
    SHARED(f32, tile_b, DEPTH * TILE);
    i64 tiles_n = (a.N + TILE - 1) / TILE;
    i64 m0 = blockIdx.x / tiles_n * TILE, n0 = blockIdx.x % tiles_n * TILE;
    i32 row = (i32)threadIdx.x / ACROSS * OWN, column = (i32)threadIdx.x % ACROSS;
    f32 acc[OWN][OWN] = {};
    for (i64 k = 0; k < a.K; k += DEPTH) {
        for (i32 i = (i32)threadIdx.x; i < TILE * DEPTH; i += THREADS) {
            i64 m = m0 + i / DEPTH, ka = k + i % DEPTH, kb = k + i / TILE, n = n0 + i % TILE;
            tile_a[i / DEPTH * PITCH_A + i % DEPTH] = m < a.M && ka < a.K ? A[m * a.K + ka] : 0.0f;
            tile_b[i] = n < a.N && kb < a.K ? B[kb * a.N + n] : -0.0f;
        }
        block_sync();
        UNROLL
        for (int s = 0; s < DEPTH; s++) {
            f32 x[OWN], y[OWN];
            UNROLL
            for (int i = 0; i < OWN; i++) {
                x[i] = tile_a[(row + i) * PITCH_A + s];
                y[i] = tile_b[s * TILE + column + i * ACROSS];
            }
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
        UNROLL
        for (int j = 0; j < OWN; j++) {
            i64 m = m0 + row + i, n = n0 + column + j * ACROSS;
            if (m < a.M && n < a.N) C[m * a.N + n] = acc[i][j];
        }
    }
}
