// a block reads global memory that another block of the cluster writes, with no barrier of the cluster
#include "Common/prelude_sm90.cuh"
#include "Tests/Kernels/Simt/Faults/fault.cuh"

KERNEL_CLUSTER(faulty, FaultArgs, 128, 1, 2)
{
    IN(f32, X);
    OUT(f32, Y);
    UPD(f32, U);
    i32 t = threadIdx.x, i = blockIdx.x * 128 + t;
    U[i] = X[i] + 1.0f;  // reported here
    block_sync();
    Y[i] = U[255 - i];  // reported here
}

KERNEL_CLUSTER(mended, FaultArgs, 128, 1, 2)
{
    IN(f32, X);
    OUT(f32, Y);
    UPD(f32, U);
    i32 t = threadIdx.x, i = blockIdx.x * 128 + t;
    U[i] = X[i] + 1.0f;
    cluster_sync();
    Y[i] = U[255 - i];
}
