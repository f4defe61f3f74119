// one element in four is left out
#include "Tests/Kernels/Simt/Faults/fault.cuh"

FAULTY
{
    IN(f32, X);
    OUT(f32, Y);  // reported here
    i32 i = (i32)global_index();
    if (i % 4 != 3) Y[i] = X[i];
}

MENDED
{
    IN(f32, X);
    OUT(f32, Y);
    i32 i = (i32)global_index();
    Y[i] = i % 4 != 3 ? X[i] : 0.0f;
}
