// an operand across k that begins between two groups of eight k
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
    wgmma_bf16_across<128>(acc, wgmma_descriptor_across(tile + 128), wgmma_descriptor_across(tile), true);  // reported here
    wgmma_commit();
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
    wgmma_bf16_across<128>(acc, wgmma_descriptor_across(tile), wgmma_descriptor_across(tile), true);
    wgmma_commit();
    wgmma_wait<0>(acc);
    Y[blockIdx.x * 128 + t] = sum_of(acc);
}
