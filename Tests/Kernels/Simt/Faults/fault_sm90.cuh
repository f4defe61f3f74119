// fault_sm90.cuh: what the planted faults around wgmma share: one tile that serves as both operands, and what becomes of the sums.
#include "Common/prelude_sm90.cuh"
#include "Tests/Kernels/Simt/Faults/fault.cuh"

// Asks for 16 bulk copies of X's 1024 bytes, one behind the other, into the returned tile; `arrived` tells when they are there.
DEV sptr<f32> begin_tile(sptr<f32> memory, sptr<u64> arrived, gptr<const f32> X, f32 (&acc)[64])
{
    sptr<f32> tile = align_to_1024(memory);
    if (threadIdx.x == 0) {
        mbarrier_init(arrived, 1);
        mbarrier_init_done();
    }
    block_sync();
    if (threadIdx.x == 0) {
        mbarrier_arrive_expecting(arrived, 16 * 1024);
        for (i32 i = 0; i < 16; i++) bulk_copy(tile + i * 256, X, 1024, arrived);
    }
    for (i32 i = 0; i < 64; i++) acc[i] = 0.0f;
    return tile;
}

DEV f32 sum_of(const f32 (&acc)[64])
{
    f32 sum = 0.0f;
    for (i32 i = 0; i < 64; i++) sum = sum + acc[i];
    return sum;
}
