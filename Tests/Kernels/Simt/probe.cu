// probe.cu: small kernels that prove the emulator: a map, a column sum with barriers, a row sum with shuffles, one with shared memory.
#include "Common/prelude.cuh"

#define MAP_ARGS(F) F(garg<const REAL>, X) F(garg<REAL>, Y) F(i64, N) F(REAL, Slope)
ARGS(MapArgs, MAP_ARGS)

// y = slope x + 1 for x > 0, else 0
KERNEL(map, MapArgs, 256, 1)
{
    IN(REAL, X);
    OUT(REAL, Y);
    for (i64 i = global_index(); i < a.N; i += grid_stride()) {
        REAL x = X[i];
        Y[i] = x > (REAL)0 ? fma(a.Slope, x, (REAL)1) : (REAL)0;
    }
}

#define SUM_ARGS(F) F(garg<const REAL>, X) F(garg<REAL>, Y) F(i32, Rows) F(i32, Columns)
ARGS(SumArgs, SUM_ARGS)

#define GROUPS 8

// y[c] = sum over rows of x[r, c]; a block takes 32 columns, 8 groups of lanes share the rows and meet in shared memory
KERNEL(column_sum, SumArgs, 256, 1)
{
    IN(REAL, X);
    OUT(REAL, Y);
    SHARED(REAL, partial, 32 * GROUPS);
    i32 column = blockIdx.x * 32 + lane_index(), group = warp_index();
    REAL sum = 0;
    if (column < a.Columns)
        for (i32 r = group; r < a.Rows; r += GROUPS) sum = sum + X[(i64)r * a.Columns + column];
    partial[threadIdx.x] = sum;
    for (i32 half = GROUPS / 2; half > 0; half /= 2) {
        block_sync();
        if (group < half) {
            REAL other = partial[threadIdx.x + 32 * half];
            partial[threadIdx.x] = partial[threadIdx.x] + other;
        }
    }
    if (group == 0 && column < a.Columns) Y[column] = partial[threadIdx.x];
}

// y[r] = sum of row r, one warp a row, in the order of the summation law
KERNEL(row_sum, SumArgs, 128, 1)
{
    IN(REAL, X);
    OUT(REAL, Y);
    i32 row = blockIdx.x * 4 + warp_index();
    if (row >= a.Rows) return;
    REAL sum = 0;
    for (i32 c = lane_index(); c < a.Columns; c += 32) sum = sum + X[(i64)row * a.Columns + c];
    sum = warp_sum_tree(sum);
    if (lane_index() == 0) Y[row] = sum;
}

// the same through shared memory and warp_sync
KERNEL(row_sum_shared, SumArgs, 128, 1)
{
    IN(REAL, X);
    OUT(REAL, Y);
    SHARED(REAL, partial, 128);
    i32 row = blockIdx.x * 4 + warp_index(), lane = lane_index();
    REAL sum = 0;
    if (row < a.Rows)
        for (i32 c = lane; c < a.Columns; c += 32) sum = sum + X[(i64)row * a.Columns + c];
    partial[threadIdx.x] = sum;
    warp_sync();
    for (i32 width = 16; width > 0; width /= 2) {
        REAL other = lane < width ? (REAL)partial[threadIdx.x + width] : (REAL)0;
        warp_sync();
        if (lane < width) partial[threadIdx.x] = partial[threadIdx.x] + other;
        warp_sync();
    }
    if (lane == 0 && row < a.Rows) Y[row] = partial[threadIdx.x];
}
