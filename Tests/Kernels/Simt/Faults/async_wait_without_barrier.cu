// the copy is waited for by its own lane, but others read it with no barrier
#include "Tests/Kernels/Simt/Faults/fault.cuh"

FAULTY
{
    IN(f32, X);
    OUT(f32, Y);
    SHARED(f32, tile, 128);
    i32 t = threadIdx.x, i = blockIdx.x * 128 + t;
    if (t < 32) cp_async16(tile + t * 4, X + (blockIdx.x * 128 + t * 4));
    cp_async_commit();
    cp_async_wait<0>();
    Y[i] = tile[t];  // reported here
}

MENDED
{
    IN(f32, X);
    OUT(f32, Y);
    SHARED(f32, tile, 128);
    i32 t = threadIdx.x, i = blockIdx.x * 128 + t;
    if (t < 32) cp_async16(tile + t * 4, X + (blockIdx.x * 128 + t * 4));
    cp_async_commit();
    cp_async_wait<0>();
    block_sync();
    Y[i] = tile[t];
}
