// an in-place update reads an element that another lane updates
#include "Tests/Kernels/Simt/Faults/fault.cuh"

FAULTY
{
    UPD(f32, U);
    i32 i = (i32)global_index();
    f32 next = U[(i + 1) % a.N];
    U[i] = next + 1.0f;  // reported here: the neighbour has read it
}

MENDED
{
    IN(f32, X);
    UPD(f32, U);
    i32 i = (i32)global_index();
    f32 next = X[(i + 1) % a.N];
    U[i] = next + 1.0f;
}
