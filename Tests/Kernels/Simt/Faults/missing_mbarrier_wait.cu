// a barrier of the block does not wait for a bulk copy
#include "Common/prelude_sm90.cuh"
#include "Tests/Kernels/Simt/Faults/fault.cuh"

FAULTY
{
    IN(f32, X);
    OUT(f32, Y);
    SHARED(f32, tile, 128);
    SHARED(u64, arrived, 1);
    i32 t = threadIdx.x, i = blockIdx.x * 128 + t;
    if (t == 0) mbarrier_init(arrived, 1);
    block_sync();
    if (t == 0) {
        mbarrier_arrive_expecting(arrived, 512);
        bulk_copy(tile, X + blockIdx.x * 128, 512, arrived);
    }
    block_sync();
    Y[i] = tile[t];  // reported here
}

MENDED
{
    IN(f32, X);
    OUT(f32, Y);
    SHARED(f32, tile, 128);
    SHARED(u64, arrived, 1);
    i32 t = threadIdx.x, i = blockIdx.x * 128 + t;
    if (t == 0) mbarrier_init(arrived, 1);
    block_sync();
    if (t == 0) {
        mbarrier_arrive_expecting(arrived, 512);
        bulk_copy(tile, X + blockIdx.x * 128, 512, arrived);
    }
    mbarrier_wait(arrived, 0);
    Y[i] = tile[t];
}
