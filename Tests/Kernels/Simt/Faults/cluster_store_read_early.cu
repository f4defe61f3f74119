// a block reads what another stores into its shared memory behind a barrier of the block alone
#include "Common/prelude_sm90.cuh"
#include "Tests/Kernels/Simt/Faults/fault.cuh"

KERNEL_CLUSTER(faulty, FaultArgs, 128, 1, 2)
{
    IN(f32, X);
    OUT(f32, Y);
    SHARED(f32, tile, 128);
    i32 t = threadIdx.x, i = blockIdx.x * 128 + t;
    tile[t] = 0.0f;
    cluster_sync();
    if (cluster_rank() == 0) cluster_store(tile + t, 1, X[i]);  // reported here
    block_sync();
    Y[i] = tile[127 - t];  // reported here
    cluster_sync();
}

KERNEL_CLUSTER(mended, FaultArgs, 128, 1, 2)
{
    IN(f32, X);
    OUT(f32, Y);
    SHARED(f32, tile, 128);
    i32 t = threadIdx.x, i = blockIdx.x * 128 + t;
    tile[t] = 0.0f;
    cluster_sync();
    if (cluster_rank() == 0) cluster_store(tile + t, 1, X[i]);
    cluster_sync();
    Y[i] = tile[127 - t];
    cluster_sync();
}
