// the second of two asynchronous copies is not waited for
#include "Tests/Kernels/Simt/Faults/fault.cuh"

FAULTY
{
    IN(f32, X);
    OUT(f32, Y);
    SHARED(f32, tile, 256);
    i32 t = threadIdx.x, i = blockIdx.x * 128 + t;
    if (t < 32) cp_async16(tile + t * 4, X + (blockIdx.x * 128 + t * 4));
    cp_async_commit();
    if (t < 32) cp_async16(tile + (128 + t * 4), X + (blockIdx.x * 128 + t * 4));
    cp_async_commit();
    cp_async_wait<1>();
    block_sync();
    f32 first = tile[t];
    Y[i] = first + tile[128 + t];  // reported here
}

MENDED
{
    IN(f32, X);
    OUT(f32, Y);
    SHARED(f32, tile, 256);
    i32 t = threadIdx.x, i = blockIdx.x * 128 + t;
    if (t < 32) cp_async16(tile + t * 4, X + (blockIdx.x * 128 + t * 4));
    cp_async_commit();
    if (t < 32) cp_async16(tile + (128 + t * 4), X + (blockIdx.x * 128 + t * 4));
    cp_async_commit();
    cp_async_wait<0>();
    block_sync();
    f32 first = tile[t];
    Y[i] = first + tile[128 + t];
}
