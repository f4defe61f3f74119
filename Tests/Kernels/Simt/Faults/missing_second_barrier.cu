// a tile is overwritten while other lanes may still read it
#include "Tests/Kernels/Simt/Faults/fault.cuh"

FAULTY
{
    IN(f32, X);
    OUT(f32, Y);
    SHARED(f32, tile, 128);
    i32 t = threadIdx.x, i = blockIdx.x * 128 + t;
    f32 sum = 0;
    for (i32 round = 0; round < 2; round++) {
        tile[t] = X[i] + (f32)round;  // reported here
        block_sync();
        sum = sum + tile[(t + 1) % 128];
    }
    Y[i] = sum;
}

MENDED
{
    IN(f32, X);
    OUT(f32, Y);
    SHARED(f32, tile, 128);
    i32 t = threadIdx.x, i = blockIdx.x * 128 + t;
    f32 sum = 0;
    for (i32 round = 0; round < 2; round++) {
        tile[t] = X[i] + (f32)round;
        block_sync();
        sum = sum + tile[(t + 1) % 128];
        block_sync();
    }
    Y[i] = sum;
}
