// global_pool.cu: y[n, c] = sum over the Positions of image n of x[n, p, c], divided by Positions where Mean; and its gradient, dy spread
// over the positions again. The sum is a column sum of each image (CONTRIBUTING.md): chunks of 64 positions, ascending, their sums ascending.
// A block takes 32 channels of an image: eight warps sum a chunk each, the first adds the eight sums. x is read once, side by side.
#include "Common/prelude.cuh"

#define CHUNK 64
#define WARPS 8

#define GLOBAL_POOL_ARGS(F) \
    F(garg<const REAL>, X) F(garg<REAL>, Y) F(i64, Images) F(i64, Positions) F(i64, Channels) F(i32, Mean) F(i32, Accumulate)
ARGS(GlobalPoolArgs, GLOBAL_POOL_ARGS)

KERNEL(global_pool, GlobalPoolArgs, 256, 1)
{
    IN(REAL, X);
    UPD(REAL, Y);
    SHARED(REAL, sums, WARPS * 32);
    i64 groups = (a.Channels + 31) / 32, image = blockIdx.x / groups, c = (blockIdx.x - image * groups) * 32 + lane_index();
    bool inside = c < a.Channels;
    gptr<const REAL> x = X + image * a.Positions * a.Channels;
    REAL total = 0;
    for (i64 first = 0; first < a.Positions; first += WARPS * CHUNK) {
        i64 p = first + (i64)warp_index() * CHUNK, end = p + CHUNK < a.Positions ? p + CHUNK : a.Positions;
        REAL sum = 0;
        if (inside) {
            for (; p + 8 <= end; p += 8) {  // eight loads under way
                REAL v[8];
                UNROLL
                for (i32 k = 0; k < 8; k++) v[k] = x[(p + k) * a.Channels + c];
                UNROLL
                for (i32 k = 0; k < 8; k++) sum = sum + v[k];
            }
            for (; p < end; p++) sum = sum + x[p * a.Channels + c];
        }
        sums[threadIdx.x] = sum;
        block_sync();
        if (warp_index() == 0) {
            for (i32 w = 0; w < WARPS && first + w * CHUNK < a.Positions; w++) total = total + sums[w * 32 + lane_index()];
        }
        block_sync();
    }
    if (warp_index() == 0 && inside) {
        if (a.Mean) total = total / (REAL)a.Positions;
        if (a.Accumulate) total = Y[image * a.Channels + c] + total;
        Y[image * a.Channels + c] = total;
    }
}

// X is dy [Images, Channels], Y is dx [Images, Positions, Channels]
KERNEL(global_pool_backward, GlobalPoolArgs, 256, 1)
{
    IN(REAL, X);
    UPD(REAL, Y);
    i64 step = grid_stride(), i = global_index(), row = i / a.Channels, c = i % a.Channels, rows = step / a.Channels, columns = step % a.Channels;
    for (; row < a.Images * a.Positions; i += step) {
        REAL g = X[row / a.Positions * a.Channels + c];
        if (a.Mean) g = g / (REAL)a.Positions;
        if (a.Accumulate) g = Y[i] + g;
        Y[i] = g;
        row += rows;
        c += columns;
        if (c >= a.Channels) {
            c -= a.Channels;
            row++;
        }
    }
}
