// an operand's place is filled again while the product still reads it
#include "Tests/Kernels/Simt/Faults/fault_sm90.cuh"

FAULTY
{
    IN(f32, X);
    OUT(f32, Y);
    SHARED(f32, memory, 17 * 256);
    SHARED(u64, arrived, 1);
    f32 acc[64];
    i32 t = threadIdx.x;
    sptr<f32> tile = begin_tile(memory, arrived, X, acc);
    mbarrier_wait(arrived, 0);
    wgmma_fence();
    wgmma_tf32<128>(acc, wgmma_descriptor(tile), wgmma_descriptor(tile), true);
    wgmma_commit();
    if (t == 0) {
        mbarrier_arrive_expecting(arrived, 1024);
        bulk_copy(tile, X, 1024, arrived);  // reported here
    }
    mbarrier_wait(arrived, 1);
    wgmma_wait<0>(acc);
    Y[blockIdx.x * 128 + t] = sum_of(acc);
}

MENDED
{
    IN(f32, X);
    OUT(f32, Y);
    SHARED(f32, memory, 17 * 256);
    SHARED(u64, arrived, 1);
    f32 acc[64];
    i32 t = threadIdx.x;
    sptr<f32> tile = begin_tile(memory, arrived, X, acc);
    mbarrier_wait(arrived, 0);
    wgmma_fence();
    wgmma_tf32<128>(acc, wgmma_descriptor(tile), wgmma_descriptor(tile), true);
    wgmma_commit();
    wgmma_wait<0>(acc);
    block_sync();
    if (t == 0) {
        mbarrier_arrive_expecting(arrived, 1024);
        bulk_copy(tile, X, 1024, arrived);
    }
    mbarrier_wait(arrived, 1);
    Y[blockIdx.x * 128 + t] = sum_of(acc);
}
