// transpose.cu: y[b, c, r] = x[b, r, c] for row-major matrices. Cost: 2 words moved an element.
// A block carries 32x32 tiles through shared memory, so that both the reads and the writes of a warp lie side by side; the tile's
// rows are 33 words apart, so that a column of it touches 32 different banks.
// limits: bank conflicts 1.0, sectors 1.5
#include "Common/prelude.cuh"

#define TRANSPOSE_ARGS(F) F(garg<const WORD>, X) F(garg<WORD>, Y) F(i32, Batch) F(i32, Rows) F(i32, Columns)
ARGS(TransposeArgs, TRANSPOSE_ARGS)

#define TILE 32
#define PITCH 33

KERNEL(transpose, TransposeArgs, 256, 1)
{
    IN(WORD, X);
    OUT(WORD, Y);
    SHARED(WORD, tile, TILE * PITCH);
    i32 lane = threadIdx.x % TILE, first = threadIdx.x / TILE, step = blockDim.x / TILE;
    i64 down = (a.Rows + TILE - 1) / TILE, across = (a.Columns + TILE - 1) / TILE;
    for (i64 t = blockIdx.x; t < a.Batch * down * across; t += gridDim.x) {
        i64 matrix = t / (down * across), corner = t - matrix * (down * across);
        i32 r0 = (i32)(corner / across) * TILE, c0 = (i32)(corner % across) * TILE;
        i64 base = matrix * a.Rows * a.Columns;
        for (i32 r = first; r < TILE; r += step) {
            if (r0 + r < a.Rows && c0 + lane < a.Columns) tile[r * PITCH + lane] = X[base + (i64)(r0 + r) * a.Columns + c0 + lane];
        }
        block_sync();
        for (i32 c = first; c < TILE; c += step) {
            if (c0 + c < a.Columns && r0 + lane < a.Rows) Y[base + (i64)(c0 + c) * a.Rows + r0 + lane] = tile[lane * PITCH + c];
        }
        block_sync();
    }
}
