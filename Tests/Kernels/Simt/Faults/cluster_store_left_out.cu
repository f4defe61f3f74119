// a block reads shared memory that no block of the cluster has written
#include "Common/prelude_sm90.cuh"
#include "Tests/Kernels/Simt/Faults/fault.cuh"

KERNEL_CLUSTER(faulty, FaultArgs, 128, 1, 2)
{
    IN(f32, X);
    OUT(f32, Y);
    SHARED(f32, tile, 128);
    i32 t = threadIdx.x, i = blockIdx.x * 128 + t;
    cluster_sync();
    for (u32 rank = 0; rank < 1; rank++)
        if (t / 64 == (i32)cluster_rank()) cluster_store(tile + t, rank, X[i]);
    cluster_sync();
    Y[i] = tile[127 - t];  // reported here
}

KERNEL_CLUSTER(mended, FaultArgs, 128, 1, 2)
{
    IN(f32, X);
    OUT(f32, Y);
    SHARED(f32, tile, 128);
    i32 t = threadIdx.x, i = blockIdx.x * 128 + t;
    cluster_sync();
    for (u32 rank = 0; rank < 2; rank++)
        if (t / 64 == (i32)cluster_rank()) cluster_store(tile + t, rank, X[i]);
    cluster_sync();
    Y[i] = tile[127 - t];
}
