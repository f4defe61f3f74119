// all blocks write the first block's outputs
#include "Tests/Kernels/Simt/Faults/fault.cuh"

FAULTY
{
    IN(f32, X);
    UPD(f32, U);
    i32 t = threadIdx.x, i = blockIdx.x * 128 + t;
    U[t] = X[i];  // reported here
}

MENDED
{
    IN(f32, X);
    UPD(f32, U);
    i32 t = threadIdx.x, i = blockIdx.x * 128 + t;
    U[i] = X[i];
}
