// lanes of a warp group read what other warps of it have written, with no barrier of the group
#include "Common/prelude_sm90.cuh"
#include "Tests/Kernels/Simt/Faults/fault.cuh"

FAULTY
{
    IN(f32, X);
    OUT(f32, Y);
    SHARED(f32, tile, 128);
    i32 t = threadIdx.x, i = blockIdx.x * 128 + t;
    tile[t] = X[i];
    warp_sync();
    Y[i] = tile[127 - t];  // reported here
}

MENDED
{
    IN(f32, X);
    OUT(f32, Y);
    SHARED(f32, tile, 128);
    i32 t = threadIdx.x, i = blockIdx.x * 128 + t;
    tile[t] = X[i];
    group_sync();
    Y[i] = tile[127 - t];
}
