// the last lane reads past the declared range
#include "Tests/Kernels/Simt/Faults/fault.cuh"

FAULTY
{
    IN(f32, X);
    OUT(f32, Y);
    i32 i = (i32)global_index();
    f32 left = X[i];
    f32 right = X[i + 1];  // reported here
    Y[i] = left + right;
}

MENDED
{
    IN(f32, X);
    OUT(f32, Y);
    i32 i = (i32)global_index();
    f32 left = X[i];
    f32 right = i + 1 < a.N ? X[i + 1] : 0.0f;
    Y[i] = left + right;
}
