// two halves of a block wait in different barriers
#include "Tests/Kernels/Simt/Faults/fault.cuh"

FAULTY
{
    IN(f32, X);
    OUT(f32, Y);
    SHARED(f32, tile, 128);
    i32 t = threadIdx.x, i = blockIdx.x * 128 + t;
    if (t < 64) {
        tile[t] = X[i];
        block_sync();
    } else {
        tile[t] = 2.0f * X[i];
        block_sync();  // reported here
    }
    Y[i] = tile[127 - t];
}

MENDED
{
    IN(f32, X);
    OUT(f32, Y);
    SHARED(f32, tile, 128);
    i32 t = threadIdx.x, i = blockIdx.x * 128 + t;
    if (t < 64) tile[t] = X[i];
    else tile[t] = 2.0f * X[i];
    block_sync();
    Y[i] = tile[127 - t];
}
