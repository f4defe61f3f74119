// ladder_2_shared.cu: rung 2. A block of 16 x 16 threads brings a tile of A and a tile of B into shared memory once, and each value is used
// 16 times from there.
// Cost of a multiply-add: 1/8 word of global memory, 2 of shared. Shared memory decides now: two words for one operation.
#include "MatMul/Ladder/ladder.cuh"

#define TILE 16

KERNEL(ladder_shared, LadderArgs, TILE * TILE, 1)
{
    IN(f32, A);
    IN(f32, B);
    OUT(f32, C);
    SHARED(f32, tile_a, TILE * TILE);
    SHARED(f32, tile_b, TILE * TILE);
    i64 tiles_n = (a.N + TILE - 1) / TILE;
    i32 row = (i32)threadIdx.x / TILE, column = (i32)threadIdx.x % TILE;
    i64 m = blockIdx.x / tiles_n * TILE + row, n = blockIdx.x % tiles_n * TILE + column;
    f32 sum = 0.0f;
    for (i64 k = 0; k < a.K; k += TILE) {
        // past the end of K: +0 times -0 is -0, which changes no sum, not even the sign of a zero
        tile_a[row * TILE + column] = m < a.M && k + column < a.K ? A[m * a.K + k + column] : 0.0f;
        tile_b[row * TILE + column] = n < a.N && k + row < a.K ? B[(k + row) * a.N + n] : -0.0f;
        block_sync();
        UNROLL
        for (int i = 0; i < TILE; i++) {
            f32 x = tile_a[row * TILE + i], y = tile_b[i * TILE + column];
            sum = fma(x, y, sum);
        }
        block_sync();
    }
    if (m < a.M && n < a.N) C[m * a.N + n] = sum;
}
