// a block overwrites global memory that all blocks of the cluster have read; that the other one's reads are over it knows from an mbarrier alone
#include "Common/prelude_sm90.cuh"
#include "Tests/Kernels/Simt/Faults/fault.cuh"

KERNEL_CLUSTER(faulty, FaultArgs, 128, 1, 2)
{
    IN(f32, X);
    OUT(f32, Y);
    UPD(f32, U);
    SHARED(u64, arrived, 1);
    i32 t = threadIdx.x, i = blockIdx.x * 128 + t;
    if (t == 0) mbarrier_init(arrived, 1);
    cluster_sync();
    Y[i] = U[t];
    block_sync();
    if (t == 0 && cluster_rank() == 1) mbarrier_arrive_at(arrived, 0);
    if (cluster_rank() == 0) {
        mbarrier_wait(arrived, 0);
        U[t] = X[i];  // reported here
    }
}

KERNEL_CLUSTER(mended, FaultArgs, 128, 1, 2)
{
    IN(f32, X);
    OUT(f32, Y);
    UPD(f32, U);
    i32 t = threadIdx.x, i = blockIdx.x * 128 + t;
    Y[i] = U[t];
    cluster_sync();
    if (cluster_rank() == 0) U[t] = X[i];
}
