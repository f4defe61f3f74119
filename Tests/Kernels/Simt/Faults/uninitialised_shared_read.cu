// the padding of a shared array is read, which nobody writes
#include "Tests/Kernels/Simt/Faults/fault.cuh"

FAULTY
{
    IN(f32, X);
    OUT(f32, Y);
    SHARED(f32, tile, 132);
    i32 t = threadIdx.x, i = blockIdx.x * 128 + t;
    tile[t] = X[i];
    block_sync();
    Y[i] = tile[t] + tile[t + 4];  // reported here
}

MENDED
{
    IN(f32, X);
    OUT(f32, Y);
    SHARED(f32, tile, 132);
    i32 t = threadIdx.x, i = blockIdx.x * 128 + t;
    tile[t] = X[i];
    if (t < 4) tile[128 + t] = 0.0f;
    block_sync();
    Y[i] = tile[t] + tile[t + 4];
}
