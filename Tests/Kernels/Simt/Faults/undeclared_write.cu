// a range declared read is written
#include "Tests/Kernels/Simt/Faults/fault.cuh"

FAULTY
{
    IN(f32, X);
    OUT(f32, Y);
    UPD(f32, Hidden);  // the launch declares Hidden, but as read
    i32 i = (i32)global_index();
    f32 x = X[i];
    Y[i] = x;
    Hidden[i] = x;  // reported here
}

MENDED
{
    IN(f32, X);
    OUT(f32, Y);
    IN(f32, Hidden);
    i32 i = (i32)global_index();
    f32 x = X[i];
    Y[i] = x + 0.0f * Hidden[i];
}
