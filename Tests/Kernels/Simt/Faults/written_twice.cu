// an output is written, and written again
#include "Tests/Kernels/Simt/Faults/fault.cuh"

FAULTY
{
    IN(f32, X);
    OUT(f32, Y);
    i32 i = (i32)global_index();
    Y[i] = 0.0f;
    Y[i] = X[i];  // reported here
}

MENDED
{
    IN(f32, X);
    OUT(f32, Y);
    i32 i = (i32)global_index();
    Y[i] = X[i];
}
