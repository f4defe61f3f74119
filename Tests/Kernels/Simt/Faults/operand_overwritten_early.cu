// an operand's place is filled again while the product still reads it
#include "Common/prelude_sm90.cuh"
#include "Tests/Kernels/Simt/Faults/fault.cuh"

FAULTY
{
    IN(f32, X);
    OUT(f32, Y);
    SHARED(f32, memory, 17 * 256);
    SHARED(u64, arrived, 1);
    i32 t = threadIdx.x;
    sptr<f32> tile = align_to_1024(memory);
    if (t == 0) {
        mbarrier_init(arrived, 1);
        mbarrier_init_done();
    }
    block_sync();
    if (t == 0) {
        mbarrier_arrive_expecting(arrived, 16 * 1024);
        for (i32 i = 0; i < 16; i++) bulk_copy(tile + i * 256, X, 1024, arrived);
    }
    f32 acc[64];
    for (i32 i = 0; i < 64; i++) acc[i] = 0.0f;
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
    f32 sum = 0.0f;
    for (i32 i = 0; i < 64; i++) sum = sum + acc[i];
    Y[blockIdx.x * 128 + t] = sum;
}

MENDED
{
    IN(f32, X);
    OUT(f32, Y);
    SHARED(f32, memory, 17 * 256);
    SHARED(u64, arrived, 1);
    i32 t = threadIdx.x;
    sptr<f32> tile = align_to_1024(memory);
    if (t == 0) {
        mbarrier_init(arrived, 1);
        mbarrier_init_done();
    }
    block_sync();
    if (t == 0) {
        mbarrier_arrive_expecting(arrived, 16 * 1024);
        for (i32 i = 0; i < 16; i++) bulk_copy(tile + i * 256, X, 1024, arrived);
    }
    f32 acc[64];
    for (i32 i = 0; i < 64; i++) acc[i] = 0.0f;
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
    f32 sum = 0.0f;
    for (i32 i = 0; i < 64; i++) sum = sum + acc[i];
    Y[blockIdx.x * 128 + t] = sum;
}
