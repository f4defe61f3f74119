// a warp returns early while the others wait for it
#include "Tests/Kernels/Simt/Faults/fault.cuh"

FAULTY
{
    IN(f32, X);
    OUT(f32, Y);
    SHARED(f32, tile, 128);
    i32 t = threadIdx.x, i = blockIdx.x * 128 + t;
    Y[i] = X[i];
    if (t >= 96) return;
    tile[t] = 1.0f;
    block_sync();  // reported here
}

MENDED
{
    IN(f32, X);
    OUT(f32, Y);
    SHARED(f32, tile, 128);
    i32 t = threadIdx.x, i = blockIdx.x * 128 + t;
    Y[i] = X[i];
    if (t < 96) tile[t] = 1.0f;
    block_sync();
}
