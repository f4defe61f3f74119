// a block stores into what another may still read: the rounds share one tile
#include "Common/prelude_sm90.cuh"
#include "Tests/Kernels/Simt/Faults/fault.cuh"

KERNEL_CLUSTER(faulty, FaultArgs, 128, 1, 2)
{
    IN(f32, X);
    OUT(f32, Y);
    SHARED(f32, tile, 128);
    i32 t = threadIdx.x, i = blockIdx.x * 128 + t;
    f32 sum = 0.0f;
    cluster_sync();
    for (i32 round = 0; round < 2; round++) {
        cluster_store(tile + t, cluster_rank() ^ 1, X[i] + (f32)round);  // reported here
        cluster_sync();
        sum = sum + tile[127 - t];  // reported here
        block_sync();
    }
    Y[i] = sum;
    cluster_sync();
}

KERNEL_CLUSTER(mended, FaultArgs, 128, 1, 2)
{
    IN(f32, X);
    OUT(f32, Y);
    SHARED(f32, tile, 128);
    i32 t = threadIdx.x, i = blockIdx.x * 128 + t;
    f32 sum = 0.0f;
    cluster_sync();
    for (i32 round = 0; round < 2; round++) {
        cluster_store(tile + t, cluster_rank() ^ 1, X[i] + (f32)round);
        cluster_sync();
        sum = sum + tile[127 - t];
        cluster_sync();
    }
    Y[i] = sum;
    cluster_sync();
}
