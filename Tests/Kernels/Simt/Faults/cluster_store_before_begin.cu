// a store into a block that may not have begun: no barrier of the cluster waits for it
#include "Common/prelude_sm90.cuh"
#include "Tests/Kernels/Simt/Faults/fault.cuh"

KERNEL_CLUSTER(faulty, FaultArgs, 128, 1, 2)
{
    IN(f32, X);
    OUT(f32, Y);
    SHARED(f32, tile, 128);
    i32 t = threadIdx.x, i = blockIdx.x * 128 + t;
    block_sync();
    cluster_store(tile + t, cluster_rank() ^ 1, X[i]);  // reported here
    cluster_sync();
    Y[i] = tile[t];
}

KERNEL_CLUSTER(mended, FaultArgs, 128, 1, 2)
{
    IN(f32, X);
    OUT(f32, Y);
    SHARED(f32, tile, 128);
    i32 t = threadIdx.x, i = blockIdx.x * 128 + t;
    cluster_sync();
    cluster_store(tile + t, cluster_rank() ^ 1, X[i]);
    cluster_sync();
    Y[i] = tile[t];
}
