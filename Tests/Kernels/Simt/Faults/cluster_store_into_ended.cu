// a store into a block that may have ended: no barrier of the cluster keeps it
#include "Common/prelude_sm90.cuh"
#include "Tests/Kernels/Simt/Faults/fault.cuh"

KERNEL_CLUSTER(faulty, FaultArgs, 128, 1, 2)
{
    IN(f32, X);
    OUT(f32, Y);
    SHARED(f32, tile, 128);
    i32 t = threadIdx.x, i = blockIdx.x * 128 + t;
    cluster_sync();
    if (cluster_rank() == 0) cluster_store(tile + t, 1, X[i]);  // reported here
    Y[i] = X[i];
    block_sync();
}

KERNEL_CLUSTER(mended, FaultArgs, 128, 1, 2)
{
    IN(f32, X);
    OUT(f32, Y);
    SHARED(f32, tile, 128);
    i32 t = threadIdx.x, i = blockIdx.x * 128 + t;
    cluster_sync();
    if (cluster_rank() == 0) cluster_store(tile + t, 1, X[i]);
    Y[i] = X[i];
    cluster_sync();
}
