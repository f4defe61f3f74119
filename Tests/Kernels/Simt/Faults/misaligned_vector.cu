// a 16-byte load from an address that is a multiple of 4 only
#include "Tests/Kernels/Simt/Faults/fault.cuh"

FAULTY
{
    IN(f32, X);
    OUT(f32, Y);
    i32 i = (i32)global_index();
    vec4<f32> v = ld4(X + (i % 8));  // reported here
    Y[i] = v.x;
}

MENDED
{
    IN(f32, X);
    OUT(f32, Y);
    i32 i = (i32)global_index();
    vec4<f32> v = ld4(X + (i % 8) * 4);
    Y[i] = v.x;
}
