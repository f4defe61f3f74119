// updated memory is read that neither the host nor a kernel has written
#include "Tests/Kernels/Simt/Faults/fault.cuh"

FAULTY
{
    UPD(f32, U);
    OUT(f32, Y);
    i32 i = (i32)global_index();
    Y[i] = U[i];  // reported here
}

MENDED
{
    UPD(f32, U);
    OUT(f32, Y);
    i32 i = (i32)global_index();
    U[i] = 1.0f;
    Y[i] = U[i];
}
