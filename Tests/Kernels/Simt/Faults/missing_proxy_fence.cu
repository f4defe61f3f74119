// copies of a lane are announced to others before wgmma may see them
#include "Common/prelude_sm90.cuh"
#include "Tests/Kernels/Simt/Faults/fault.cuh"

FAULTY
{
    IN(f32, X);
    OUT(f32, Y);
    SHARED(f32, tile, 128);
    SHARED(u64, arrived, 1);
    i32 t = threadIdx.x, i = blockIdx.x * 128 + t;
    if (t == 0) mbarrier_init(arrived, 128);
    block_sync();
    if (t < 32) cp_async16(tile + t * 4, X + (blockIdx.x * 128 + t * 4));
    cp_async_commit();
    cp_async_wait<0>();
    mbarrier_arrive(arrived);  // reported here
    mbarrier_wait(arrived, 0);
    Y[i] = X[i];
}

MENDED
{
    IN(f32, X);
    OUT(f32, Y);
    SHARED(f32, tile, 128);
    SHARED(u64, arrived, 1);
    i32 t = threadIdx.x, i = blockIdx.x * 128 + t;
    if (t == 0) mbarrier_init(arrived, 128);
    block_sync();
    if (t < 32) cp_async16(tile + t * 4, X + (blockIdx.x * 128 + t * 4));
    cp_async_commit();
    cp_async_wait<0>();
    fence_proxy_async();
    mbarrier_arrive(arrived);
    mbarrier_wait(arrived, 0);
    Y[i] = X[i];
}
