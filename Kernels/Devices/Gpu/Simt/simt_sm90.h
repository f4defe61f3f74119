// simt_sm90.h: host twins of the sm_90a instructions: mbarriers, bulk copies, products of warp groups.
#pragma once

extern "C" {
void simt_mbarrier_init(void* bar, u32 count, const char* file, int line);
void simt_mbarrier_arrive(void* bar, u32 bytes, u32 rank, const char* file, int line);
u32 simt_cluster_rank();
void simt_cluster_sync(const char* file, int line);
void simt_cluster_store(void* to, u32 array, u32 rank, u32 bits, const char* file, int line);
void simt_mbarrier_wait(void* bar, u32 parity, const char* file, int line);
void simt_bulk_copy(void* to, const void* from, u32 bytes, void* bar, u32 ranks, const char* file, int line);
u32 simt_shared_offset(const void* p);
void* simt_scratch();
void simt_wgmma_fence();
void simt_fence_proxy();
void simt_group_sync(const char* file, int line);
void simt_wgmma(void (*run)(const SimtWarpCall*), f32* d, u64 a, u64 b, u32 columns, u32 across, u32 add, const char* file, int line);
void simt_wgmma_commit();
void simt_wgmma_wait(u32 pending, const char* file, int line);
}

DEV void mbarrier_init(sptr<u64> bar, u32 arrivals, SIMT_SITE) { simt_mbarrier_init((void*)simt_raw(bar, 8, kSimtWrite, file, line), arrivals, file, line); }
DEV void mbarrier_init_done() {}
DEV void mbarrier_arrive(sptr<u64> bar, SIMT_SITE) { simt_mbarrier_arrive((void*)simt_raw(bar, 8, kSimtAtomic, file, line), 0, simt_cluster_rank(), file, line); }
DEV void mbarrier_arrive_expecting(sptr<u64> bar, u32 bytes, SIMT_SITE) { simt_mbarrier_arrive((void*)simt_raw(bar, 8, kSimtAtomic, file, line), bytes, simt_cluster_rank(), file, line); }
DEV void mbarrier_wait(sptr<u64> bar, u32 parity, SIMT_SITE) { simt_mbarrier_wait((void*)simt_raw(bar, 8, kSimtAtomic, file, line), parity, file, line); }

DEV void mbarrier_arrive_at(sptr<u64> bar, u32 rank, SIMT_SITE) { simt_mbarrier_arrive((void*)simt_unchecked(bar), 0, rank, file, line); }

// The destination's rules (bounds, overlap) are the run time's, which knows what else is under way there.
template <class T, class S> DEV void bulk_copy_to(sptr<T> to, gptr<S> from, u32 bytes, sptr<u64> bar, u32 ranks, SIMT_SITE)
{
    const void* source = simt_raw(from, bytes, kSimtRead, file, line, 16);
    simt_bulk_copy((void*)simt_unchecked(to), source, bytes, (void*)simt_raw(bar, 8, kSimtAtomic, file, line), ranks, file, line);
}
template <class T, class S> DEV void bulk_copy(sptr<T> to, gptr<S> from, u32 bytes, sptr<u64> bar, SIMT_SITE)
{
    bulk_copy_to(to, from, bytes, bar, 1u << simt_cluster_rank(), file, line);
}

// ---- clusters ----

#define KERNEL_CLUSTER(entry, Args, threads, blocks, cluster) SIMT_KERNEL(entry, Args, threads, cluster)
DEV u32 cluster_rank() { return simt_cluster_rank(); }
DEV void cluster_sync(SIMT_SITE) { simt_cluster_sync(file, line); }
DEV void cluster_store(sptr<u32> to, u32 rank, u32 value, SIMT_SITE) { simt_cluster_store((void*)simt_unchecked(to), simt_owner(to), rank, value, file, line); }
DEV void cluster_store(sptr<i32> to, u32 rank, i32 value, SIMT_SITE) { simt_cluster_store((void*)simt_unchecked(to), simt_owner(to), rank, (u32)value, file, line); }
DEV void cluster_store(sptr<f32> to, u32 rank, f32 value, SIMT_SITE) { simt_cluster_store((void*)simt_unchecked(to), simt_owner(to), rank, f32_bits(value), file, line); }

DEV void group_sync(SIMT_SITE) { simt_group_sync(file, line); }
DEV void fence_proxy_async() { simt_fence_proxy(); }

template <i32 Registers> DEV void keep_registers() {}
template <i32 Registers> DEV void take_registers() {}

template <class T> DEV u32 shared_address(sptr<T> p) { return simt_shared_offset((const void*)simt_unchecked(p)); }

// async.h's Operand and the head of its Product.
struct SimtOperand {
    const u8* from;
    u64 bytes;
    u32 group, offset, slice;
};
struct SimtProduct {
    void (*run)(const SimtWarpCall*);
    f32* d;
    u64 a_descriptor, b_descriptor;
    SimtOperand a, b;
    u32 add;
};

// 32 bytes of a row, from the operand's offset on; the swizzle exchanges pieces of 16 bytes by the row's number in its eight.
DEV const u8* simt_piece(const SimtOperand& o, i32 row, i32 half)
{
    const u8* line = o.from + (u64)(row / 8) * o.group + row % 8 * 128;
    return line + (((o.offset / 16 + (u32)half) ^ (u32)(row % 8)) * 16);
}

// The number of 16 bits at k of a row that lies across k: 128 bytes a k, eight k a group, 64 rows a slice.
DEV f32 simt_across(const SimtOperand& o, i32 row, i32 k)
{
    const u8* line = o.from + (u64)(row / 64) * o.slice + (u64)(k / 8) * o.group + k % 8 * 128;
    u16 bits;
    __builtin_memcpy(&bits, line + ((row % 64 / 8) ^ (k % 8)) * 16 + row % 8 * 2, 2);
    return simt_bf16(bits, 0);
}

// d[64 x N] += a[64 x k] b[N x k]', the warp's sixteen rows of it, products in ascending k. Lane l holds, of every eight columns, the pair from
// 2 (l % 4) on, in rows l / 4 and l / 4 + 8.
template <i32 N, bool IsBf16, bool IsAcross> void simt_wgmma_run(const SimtWarpCall* call)
{
    const SimtProduct& q = *(const SimtProduct*)call->in[0];
    constexpr i32 depth = IsBf16 ? 16 : 8;
    struct Tiles {
        f32 a[16][depth], b[depth][N], c[16][N];
    };
    Tiles& tiles = *(Tiles*)simt_scratch();  // a lane's stack is small
    auto& a = tiles.a;
    auto& b = tiles.b;
    auto& c = tiles.c;
    auto number = [](const SimtOperand& o, i32 row, i32 k) {
        if (IsAcross) return simt_across(o, row, k);
        const u8* piece = simt_piece(o, row, k / (depth / 2));
        u32 bits;
        __builtin_memcpy(&bits, piece + k % (depth / 2) * (IsBf16 ? 2 : 4) / 4 * 4, 4);
        return IsBf16 ? simt_bf16(bits, k % 2) : simt_tf32(bits);
    };
    for (i32 row = 0; row < 16; row++)
        for (i32 k = 0; k < depth; k++) a[row][k] = number(q.a, call->number * 16 + row, k);
    for (i32 column = 0; column < N; column++)
        for (i32 k = 0; k < depth; k++) b[k][column] = number(q.b, column, k);
    auto each = [&](auto move) {
        for (i32 lane = 0; lane < 32; lane++) {
            f32* d = (f32*)call->out[lane];
            for (i32 i = 0; i < N / 2; i++) move(d[i], c[lane / 4 + i / 2 % 2 * 8][i / 4 * 8 + lane % 4 * 2 + i % 2]);
        }
    };
    if (q.add) each([](f32& d, f32& sum) { sum = d; });
    else __builtin_memset(c, 0, sizeof c);
    for (i32 row = 0; row < 16; row++)
        for (i32 k = 0; k < depth; k++) {
            const f32 x = a[row][k];
            for (i32 column = 0; column < N; column++) c[row][column] = fma(x, b[k][column], c[row][column]);
        }
    each([](f32& d, f32& sum) { d = sum; });
}

DEV void wgmma_fence() { simt_wgmma_fence(); }
template <i32 N> DEV void wgmma_bf16(f32 (&d)[N / 2], u64 a, u64 b, bool add, SIMT_SITE) { simt_wgmma(simt_wgmma_run<N, true, false>, d, a, b, N, 0, add, file, line); }
template <i32 N> DEV void wgmma_bf16_across(f32 (&d)[N / 2], u64 a, u64 b, bool add, SIMT_SITE) { simt_wgmma(simt_wgmma_run<N, true, true>, d, a, b, N, 1, add, file, line); }
template <i32 N> DEV void wgmma_tf32(f32 (&d)[N / 2], u64 a, u64 b, bool add, SIMT_SITE) { simt_wgmma(simt_wgmma_run<N, false, false>, d, a, b, N, 0, add, file, line); }
DEV void wgmma_commit() { simt_wgmma_commit(); }
template <i32 Pending, i32 Count> DEV void wgmma_wait(f32 (&d)[Count], SIMT_SITE)
{
    (void)d;
    simt_wgmma_wait(Pending, file, line);
}
