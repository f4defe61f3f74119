// a block of a cluster ends while another may still reach into its shared memory
#include "Common/prelude_sm90.cuh"
#include "Tests/Kernels/Simt/Faults/fault.cuh"

KERNEL_CLUSTER(faulty, FaultArgs, 128, 1, 2)
{
    IN(f32, X);
    OUT(f32, Y);
    SHARED(u64, arrived, 1);
    i32 t = threadIdx.x, i = blockIdx.x * 128 + t;
    if (t == 0) mbarrier_init(arrived, 1);
    cluster_sync();
    if (t == 0 && cluster_rank() == 0) mbarrier_arrive_at(arrived, 1);  // reported here
    Y[i] = X[i];
}

KERNEL_CLUSTER(mended, FaultArgs, 128, 1, 2)
{
    IN(f32, X);
    OUT(f32, Y);
    SHARED(u64, arrived, 1);
    i32 t = threadIdx.x, i = blockIdx.x * 128 + t;
    if (t == 0) mbarrier_init(arrived, 1);
    cluster_sync();
    if (t == 0 && cluster_rank() == 0) mbarrier_arrive_at(arrived, 1);
    Y[i] = X[i];
    cluster_sync();
}
