// the warp_sync between two steps of a tree is missing
#include "Tests/Kernels/Simt/Faults/fault.cuh"

FAULTY
{
    IN(f32, X);
    OUT(f32, Y);
    SHARED(f32, tile, 128);
    i32 t = threadIdx.x, lane = lane_index(), i = blockIdx.x * 128 + t;
    tile[t] = X[i];
    warp_sync();
    for (i32 width = 16; width > 0; width /= 2) {
        if (lane < width) tile[t] = tile[t] + tile[t + width];  // reported here
    }
    warp_sync();
    Y[i] = tile[t - lane];
}

MENDED
{
    IN(f32, X);
    OUT(f32, Y);
    SHARED(f32, tile, 128);
    i32 t = threadIdx.x, lane = lane_index(), i = blockIdx.x * 128 + t;
    tile[t] = X[i];
    warp_sync();
    for (i32 width = 16; width > 0; width /= 2) {
        if (lane < width) tile[t] = tile[t] + tile[t + width];
        warp_sync();
    }
    Y[i] = tile[t - lane];
}
