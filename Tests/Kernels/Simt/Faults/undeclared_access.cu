// a pointer of the argument struct that the launch does not declare
#include "Tests/Kernels/Simt/Faults/fault.cuh"

FAULTY
{
    IN(f32, X);
    OUT(f32, Y);
    IN(f32, Hidden);
    i32 i = (i32)global_index();
    Y[i] = X[i] + Hidden[i];  // reported here
}

MENDED
{
    IN(f32, X);
    OUT(f32, Y);
    i32 i = (i32)global_index();
    Y[i] = X[i] + X[i];
}
