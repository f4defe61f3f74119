// prelude_sm90.cuh: prelude.cuh and the words for what only sm_90a has: mbarriers, bulk copies, products of warp groups (PTX ISA, "mbarrier",
// "cp.async.bulk", "wgmma"). Kernels that use it are compiled for sm_90a alone (GpuKernel.ArchSpecific).
#pragma once
#include "Common/prelude.cuh"

#ifdef SIMT_HOST

#include "Devices/Gpu/Simt/simt_sm90.h"

#else

// ---- mbarriers: a phase ends when so many have arrived and all bytes that were expected have come ----

DEV void mbarrier_init(u64* bar, u32 arrivals) { asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" ::"r"(shared_address(bar)), "r"(arrivals) : "memory"); }
// By the lane that has initialised, before a block barrier: bulk copies see the mbarriers.
DEV void mbarrier_init_done() { asm volatile("fence.mbarrier_init.release.cluster;\n\tfence.proxy.async;" ::: "memory"); }
DEV void mbarrier_arrive(u64* bar) { asm volatile("mbarrier.arrive.shared::cta.b64 _, [%0];" ::"r"(shared_address(bar)) : "memory"); }
DEV void mbarrier_arrive_expecting(u64* bar, u32 bytes)
{
    asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(shared_address(bar)), "r"(bytes) : "memory");
}
// Waits for the end of the phase of this parity. The first phase has parity 0; the one before it counts as ended.
DEV void mbarrier_wait(u64* bar, u32 parity)
{
    asm volatile(
        "{\n\t"
        ".reg .pred done;\n"
        "again:\n\t"
        "mbarrier.try_wait.parity.shared::cta.b64 done, [%0], %1;\n\t"
        "@!done bra again;\n\t"
        "}" ::"r"(shared_address(bar)), "r"(parity) : "memory");
}

// Copies from global to shared memory, both aligned to 16 bytes, by the copy engine; tells bar when the bytes are there.
template <class T, class S> DEV void bulk_copy(T* to, S* from, u32 bytes, u64* bar)
{
    asm volatile("cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1], %2, [%3];" ::"r"(shared_address(to)), "l"(from), "r"(bytes),
                 "r"(shared_address(bar)) : "memory");
}

// The same to several blocks of the cluster, bit r of `ranks` for rank r: to this place of each, whose own mbarrier at this place is told.
template <class T, class S> DEV void bulk_copy_to(T* to, S* from, u32 bytes, u64* bar, u32 ranks)
{
    asm volatile("cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes.multicast::cluster [%0], [%1], %2, [%3], %4;" ::"r"(shared_address(to)), "l"(from), "r"(bytes),
                 "r"(shared_address(bar)), "h"((u16)ranks) : "memory");
}

// ---- clusters: blocks that run together and reach each other's shared memory ----

#define KERNEL_CLUSTER(entry, Args, threads, blocks, cluster) \
    extern "C" __global__ void __attribute__((cluster_dims(cluster, 1, 1))) __launch_bounds__(threads, blocks) entry(const __grid_constant__ Args a)

DEV u32 cluster_rank()
{
    u32 rank;
    asm("mov.u32 %0, %%cluster_ctarank;" : "=r"(rank));
    return rank;
}
// A barrier of all blocks of the cluster. At the end of a kernel it keeps a block's shared memory alive for the others.
DEV void cluster_sync() { asm volatile("barrier.cluster.arrive.release;\n\tbarrier.cluster.wait.acquire;" ::: "memory"); }
// Stores into this place of the shared memory of block `rank` of the cluster, which must have begun and not ended: between two cluster_sync, and
// the other block reads it behind the second.
DEV void cluster_store(sptr<u32> to, u32 rank, u32 value)
{
    asm volatile("{\n\t.reg .b32 there;\n\tmapa.shared::cluster.u32 there, %0, %1;\n\tst.shared::cluster.b32 [there], %2;\n\t}" ::"r"(shared_address(to)), "r"(rank), "r"(value)
                 : "memory");
}
DEV void cluster_store(sptr<i32> to, u32 rank, i32 value) { cluster_store((sptr<u32>)to, rank, (u32)value); }
DEV void cluster_store(sptr<f32> to, u32 rank, f32 value) { cluster_store((sptr<u32>)to, rank, f32_bits(value)); }
// Says that reads of the calling warp are over (wgmma_wait is behind it). It orders no data for the other block: with cluster scope it would be a
// fence of all the GPU's memory, in the innermost loop.
DEV void mbarrier_arrive_at(u64* bar, u32 rank)
{
    asm volatile("{\n\t.reg .b32 there;\n\tmapa.shared::cluster.u32 there, %0, %1;\n\tmbarrier.arrive.shared::cluster.b64 _, [there];\n\t}" ::"r"(shared_address(bar)), "r"(rank)
                 : "memory");
}
// By a lane that wrote shared memory by ordinary stores or cp_async, once its writes are there: wgmma and bulk copies see them.
DEV void fence_proxy_async() { asm volatile("fence.proxy.async.shared::cta;" ::: "memory"); }

// A barrier of the calling warp group, 128 lanes of the block.
DEV void group_sync() { asm volatile("bar.sync %0, 128;" ::"r"(1 + threadIdx.x / 128) : "memory"); }

// A warp group's registers a lane: gives back all but so many, or waits until it has so many.
template <i32 Registers> DEV void keep_registers() { asm volatile("setmaxnreg.dec.sync.aligned.u32 %0;" ::"n"(Registers)); }
template <i32 Registers> DEV void take_registers() { asm volatile("setmaxnreg.inc.sync.aligned.u32 %0;" ::"n"(Registers)); }

// ---- wgmma: d[64 x N] += a[64 x k] b[N x k]' by 128 lanes, operands in shared memory, both along k, or with _across both across it ----
// Asynchronous: between wgmma_fence and wgmma_wait nobody may touch the registers, and shared memory must stay until wgmma_wait.

DEV void wgmma_fence() { asm volatile("wgmma.fence.sync.aligned;" ::: "memory"); }
DEV void wgmma_commit() { asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory"); }
// Waits until at most Pending committed groups are under way; the registers that are named may then be read.
template <i32 Pending, i32 Count> DEV void wgmma_wait(f32 (&d)[Count])
{
    asm volatile("wgmma.wait_group.sync.aligned %0;" ::"n"(Pending) : "memory");
    UNROLL
    for (i32 i = 0; i < Count; i++) asm volatile("" : "+f"(d[i])::"memory");
}

#define GE_NAMES_32 \
    "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, " \
    "%16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31"
#define GE_NAMES_64 GE_NAMES_32 ", " \
    "%32, %33, %34, %35, %36, %37, %38, %39, %40, %41, %42, %43, %44, %45, %46, %47, " \
    "%48, %49, %50, %51, %52, %53, %54, %55, %56, %57, %58, %59, %60, %61, %62, %63"
#define GE_NAMES_128 GE_NAMES_64 ", " \
    "%64, %65, %66, %67, %68, %69, %70, %71, %72, %73, %74, %75, %76, %77, %78, %79, " \
    "%80, %81, %82, %83, %84, %85, %86, %87, %88, %89, %90, %91, %92, %93, %94, %95, " \
    "%96, %97, %98, %99, %100, %101, %102, %103, %104, %105, %106, %107, %108, %109, %110, %111, " \
    "%112, %113, %114, %115, %116, %117, %118, %119, %120, %121, %122, %123, %124, %125, %126, %127"
#define GE_FLOATS_4(i) "+f"(d[i]), "+f"(d[i + 1]), "+f"(d[i + 2]), "+f"(d[i + 3])
#define GE_FLOATS_16(i) GE_FLOATS_4(i), GE_FLOATS_4(i + 4), GE_FLOATS_4(i + 8), GE_FLOATS_4(i + 12)
#define GE_FLOATS_32 GE_FLOATS_16(0), GE_FLOATS_16(16)
#define GE_FLOATS_64 GE_FLOATS_32, GE_FLOATS_16(32), GE_FLOATS_16(48)
#define GE_FLOATS_128 GE_FLOATS_64, GE_FLOATS_16(64), GE_FLOATS_16(80), GE_FLOATS_16(96), GE_FLOATS_16(112)
// A, B, P: the operands' numbers behind those of d; tail: whether A and B are negated and, of 16 bits, transposed
#define GE_WGMMA(name, shape, types, count, A, B, P, tail)                                                                     \
    DEV void name(f32 (&d)[count], u64 a, u64 b, bool add)                                                                     \
    {                                                                                                                          \
        asm volatile("{\n\t.reg .pred p;\n\tsetp.ne.b32 p, %" P ", 0;\n\twgmma.mma_async.sync.aligned." shape ".f32." types \
                     " {" GE_NAMES_##count "}, %" A ", %" B ", p, " tail ";\n\t}"                                            \
                     : GE_FLOATS_##count : "l"(a), "l"(b), "r"((i32)add) : "memory");                                          \
    }
GE_WGMMA(wgmma_bf16_64, "m64n64k16", "bf16.bf16", 32, "32", "33", "34", "1, 1, 0, 0")
GE_WGMMA(wgmma_bf16_128, "m64n128k16", "bf16.bf16", 64, "64", "65", "66", "1, 1, 0, 0")
GE_WGMMA(wgmma_bf16_256, "m64n256k16", "bf16.bf16", 128, "128", "129", "130", "1, 1, 0, 0")
GE_WGMMA(wgmma_bf16_across_64, "m64n64k16", "bf16.bf16", 32, "32", "33", "34", "1, 1, 1, 1")
GE_WGMMA(wgmma_bf16_across_128, "m64n128k16", "bf16.bf16", 64, "64", "65", "66", "1, 1, 1, 1")
GE_WGMMA(wgmma_bf16_across_256, "m64n256k16", "bf16.bf16", 128, "128", "129", "130", "1, 1, 1, 1")
GE_WGMMA(wgmma_tf32_64, "m64n64k8", "tf32.tf32", 32, "32", "33", "34", "1, 1")
GE_WGMMA(wgmma_tf32_128, "m64n128k8", "tf32.tf32", 64, "64", "65", "66", "1, 1")
GE_WGMMA(wgmma_tf32_256, "m64n256k8", "tf32.tf32", 128, "128", "129", "130", "1, 1")

template <i32 N> DEV void wgmma_bf16(f32 (&d)[N / 2], u64 a, u64 b, bool add)
{
    if constexpr (N == 256) wgmma_bf16_256(d, a, b, add);
    else if constexpr (N == 128) wgmma_bf16_128(d, a, b, add);
    else wgmma_bf16_64(d, a, b, add);
}
template <i32 N> DEV void wgmma_bf16_across(f32 (&d)[N / 2], u64 a, u64 b, bool add)
{
    if constexpr (N == 256) wgmma_bf16_across_256(d, a, b, add);
    else if constexpr (N == 128) wgmma_bf16_across_128(d, a, b, add);
    else wgmma_bf16_across_64(d, a, b, add);
}
template <i32 N> DEV void wgmma_tf32(f32 (&d)[N / 2], u64 a, u64 b, bool add)
{
    if constexpr (N == 256) wgmma_tf32_256(d, a, b, add);
    else if constexpr (N == 128) wgmma_tf32_128(d, a, b, add);
    else wgmma_tf32_64(d, a, b, add);
}

#endif

// The first 1024-byte boundary from p on; 1024 bytes more than are needed must be there.
template <class T> DEV sptr<T> align_to_1024(sptr<T> p) { return p + (i32)((0u - shared_address(p)) & 1023u); }

// Rows of 128 bytes one after another, pieces of 16 bytes swizzled: piece c of row r lies at c ^ r % 8. p: at a multiple of 1024 bytes, or
// 32, 64, 96 bytes behind it for later k.
template <class T> DEV u64 wgmma_descriptor(sptr<T> p)
{
    return (u64)((shared_address(p) & 0x3FFFFu) >> 4) | (u64)1 << 16 | (u64)(1024 >> 4) << 32 | (u64)1 << 62;
}

// Slices of 64 k by 64 rows of 16 bits, k after k, 128 bytes each, pieces of eight rows swizzled: piece c of k lies at c ^ k % 8. The next 64 rows are the next
// slice. p: at a multiple of 1024 bytes, that is at a multiple of 8 k.
template <class T> DEV u64 wgmma_descriptor_across(sptr<T> p)
{
    return (u64)((shared_address(p) & 0x3FFFFu) >> 4) | (u64)(8192 >> 4) << 16 | (u64)(1024 >> 4) << 32 | (u64)1 << 62;
}
