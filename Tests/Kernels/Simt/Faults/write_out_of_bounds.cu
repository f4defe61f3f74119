// no test of the index against the number of elements
#include "Tests/Kernels/Simt/Faults/fault.cuh"

FAULTY
{
    OUT(f32, Y);
    i32 i = (i32)global_index() * 2;
    Y[i] = 1.0f;  // reported here
    if (i + 1 < a.N) Y[i + 1] = 2.0f;
}

MENDED
{
    OUT(f32, Y);
    i32 i = (i32)global_index() * 2;
    if (i < a.N) Y[i] = 1.0f;
    if (i + 1 < a.N) Y[i + 1] = 2.0f;
}
