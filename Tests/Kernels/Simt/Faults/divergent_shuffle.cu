// the lanes of a warp come to different shuffles
#include "Tests/Kernels/Simt/Faults/fault.cuh"

FAULTY
{
    IN(f32, X);
    OUT(f32, Y);
    i32 t = threadIdx.x, i = blockIdx.x * 128 + t;
    f32 v = X[i];
    if (t % 32 < 16) v = v + shfl_down(v, 1);
    else v = v + shfl_down(v, 2);  // reported here
    Y[i] = v;
}

MENDED
{
    IN(f32, X);
    OUT(f32, Y);
    i32 t = threadIdx.x, i = blockIdx.x * 128 + t;
    f32 v = X[i];
    f32 one = shfl_down(v, 1);
    f32 two = shfl_down(v, 2);
    Y[i] = v + (t % 32 < 16 ? one : two);
}
