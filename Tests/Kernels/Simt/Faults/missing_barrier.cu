// a value is read from shared memory with no barrier after it was written
#include "Tests/Kernels/Simt/Faults/fault.cuh"

FAULTY
{
    IN(f32, X);
    OUT(f32, Y);
    SHARED(f32, tile, 128);
    i32 t = threadIdx.x, i = blockIdx.x * 128 + t;
    tile[t] = X[i];
    Y[i] = tile[127 - t];  // reported here
}

MENDED
{
    IN(f32, X);
    OUT(f32, Y);
    SHARED(f32, tile, 128);
    i32 t = threadIdx.x, i = blockIdx.x * 128 + t;
    tile[t] = X[i];
    block_sync();
    Y[i] = tile[127 - t];
}
