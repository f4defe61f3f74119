// two blocks store into one place
#include "Common/prelude_sm90.cuh"
#include "Tests/Kernels/Simt/Faults/fault.cuh"

KERNEL_CLUSTER(faulty, FaultArgs, 128, 1, 2)
{
    IN(f32, X);
    OUT(f32, Y);
    SHARED(f32, tile, 256);
    i32 t = threadIdx.x, i = blockIdx.x * 128 + t;
    cluster_sync();
    cluster_store(tile + t, 0, X[i]);  // reported here
    cluster_sync();
    Y[i] = cluster_rank() == 0 ? tile[t] : X[i];
}

KERNEL_CLUSTER(mended, FaultArgs, 128, 1, 2)
{
    IN(f32, X);
    OUT(f32, Y);
    SHARED(f32, tile, 256);
    i32 t = threadIdx.x, i = blockIdx.x * 128 + t;
    cluster_sync();
    cluster_store(tile + i, 0, X[i]);
    cluster_sync();
    Y[i] = cluster_rank() == 0 ? tile[t] : X[i];
}
