// a shared array is one element too short for its index
#include "Tests/Kernels/Simt/Faults/fault.cuh"

FAULTY
{
    IN(f32, X);
    OUT(f32, Y);
    SHARED(f32, tile, 127);
    SHARED(f32, other, 4);
    i32 t = threadIdx.x, i = blockIdx.x * 128 + t;
    tile[t] = X[i];  // reported here
    if (t == 0) other[0] = 1.0f;
    block_sync();
    Y[i] = tile[t];
}

MENDED
{
    IN(f32, X);
    OUT(f32, Y);
    SHARED(f32, tile, 128);
    SHARED(f32, other, 4);
    i32 t = threadIdx.x, i = blockIdx.x * 128 + t;
    tile[t] = X[i];
    if (t == 0) other[0] = 1.0f;
    block_sync();
    Y[i] = tile[t];
}
