// prelude.cuh: the words that every kernel is written in, for two compilers. NVRTC sees thin names for CUDA's own; the host's
// C++ compiler (SIMT_HOST) sees simt.h, the emulator. Kernels hold no #ifdef, no intrinsic and no inline assembly: all of it is here.
// Needs -fmad=false (NVRTC) and -ffp-contract=off (host): a mul and an add written apart stay apart, so both give the same bits.
#pragma once

typedef signed char i8;
typedef unsigned char u8;
typedef short i16;
typedef unsigned short u16;
typedef int i32;
typedef unsigned int u32;
typedef long long i64;
typedef unsigned long long u64;
typedef float f32;
typedef double f64;

// The element type of kernels that come in float and double; -DREAL=double for gradient checks.
#ifndef REAL
#define REAL float
#endif

// Four neighbours moved at once (one 16-byte access for float); p must be aligned to the vector, 16 bytes at most.
template <class T> struct alignas(sizeof(T) * 4 > 16 ? 16 : sizeof(T) * 4) vec4 {
    T x, y, z, w;
};

#ifdef SIMT_HOST

#include "Devices/Gpu/Simt/simt.h"

#else

#define DEV __device__ __forceinline__
#define UNROLL _Pragma("unroll")
#define NO_UNROLL _Pragma("unroll 1")

template <class T> using gptr = T*;  // pointer into global memory
template <class T> using sptr = T*;  // pointer into shared memory
template <class T> using garg = T*;  // pointer field of an argument struct

#define GE_FIELD(Type, field) Type field;
#define ARGS(Name, LIST) struct Name { LIST(GE_FIELD) };
#define KERNEL(entry, Args, threads, blocks) \
    extern "C" __global__ void __launch_bounds__(threads, blocks) entry(const __grid_constant__ Args a)

// restrict on a struct field does nothing; on a local pointer it makes loads go through the read-only path
#define IN(Type, field) const Type* __restrict__ field = a.field
#define OUT(Type, field) Type* __restrict__ field = a.field
#define UPD(Type, field) Type* __restrict__ field = a.field

#define SHARED(Type, array, count) __shared__ __align__(16) Type array[count]
extern __shared__ __align__(16) unsigned char ge_dynamic_shared[];
#define DYN_SHARED(Type, array) Type* array = (Type*)ge_dynamic_shared

DEV void block_sync() { __syncthreads(); }
DEV void warp_sync() { __syncwarp(); }
template <class T> DEV T shfl(T value, i32 lane) { return __shfl_sync(0xFFFFFFFFu, value, lane); }
template <class T> DEV T shfl_down(T value, u32 delta) { return __shfl_down_sync(0xFFFFFFFFu, value, delta); }
template <class T> DEV T shfl_up(T value, u32 delta) { return __shfl_up_sync(0xFFFFFFFFu, value, delta); }
template <class T> DEV T shfl_xor(T value, i32 mask) { return __shfl_xor_sync(0xFFFFFFFFu, value, mask); }
DEV u32 ballot(bool predicate) { return __ballot_sync(0xFFFFFFFFu, predicate); }

// Waits for all blocks of a cooperative launch. bar: two u32 of global memory, zero before the first use, declared updated.
// The last block to arrive resets the count and opens the next generation; the fences publish every lane's writes.
DEV void grid_sync(gptr<u32> bar)
{
    __syncthreads();
    if (threadIdx.x == 0) {
        volatile u32* generation = bar + 1;
        u32 now = *generation;
        __threadfence();
        if (atomicAdd(bar, 1u) == gridDim.x * gridDim.y * gridDim.z - 1) {
            *(volatile u32*)bar = 0;
            __threadfence();
            *generation = now + 1;
        } else {
            while (*generation == now) __nanosleep(20);
        }
        __threadfence();
    }
    __syncthreads();
}

template <class T> DEV vec4<T> ld4(const T* p) { return *(const vec4<T>*)p; }
template <class T> DEV void st4(T* p, vec4<T> v) { *(vec4<T>*)p = v; }

// The same memory as elements of another type, to carve up DYN_SHARED.
template <class U, class T> DEV U* recast(T* p) { return (U*)p; }

DEV u32 atomic_add(gptr<u32> p, u32 value) { return atomicAdd(p, value); }
DEV i32 atomic_add(gptr<i32> p, i32 value) { return atomicAdd(p, value); }

// fma(a, b, c) is NVRTC's own, overloaded for float and double
DEV f32 real_sqrt(f32 x) { return sqrtf(x); }
DEV f64 real_sqrt(f64 x) { return sqrt(x); }
DEV f32 real_abs(f32 x) { return fabsf(x); }
DEV f64 real_abs(f64 x) { return fabs(x); }
DEV f32 real_floor(f32 x) { return floorf(x); }
DEV f64 real_floor(f64 x) { return floor(x); }
DEV f32 real_round(f32 x) { return rintf(x); }  // nearest, ties to even
DEV f64 real_round(f64 x) { return rint(x); }

DEV u32 f32_bits(f32 x) { return __float_as_uint(x); }
DEV f32 bits_f32(u32 x) { return __uint_as_float(x); }
DEV u64 f64_bits(f64 x) { return (u64)__double_as_longlong(x); }
DEV f64 bits_f64(u64 x) { return __longlong_as_double((i64)x); }

DEV u32 mul_hi(u32 a, u32 b) { return __umulhi(a, b); }
DEV u64 mul_hi(u64 a, u64 b) { return __umul64hi(a, b); }
DEV i32 popcount(u32 x) { return __popc(x); }
DEV i32 count_leading_zeros(u32 x) { return __clz(x); }  // 32 for 0

// ---- sm_80: asynchronous copies, ldmatrix, mma ----

DEV u32 shared_address(const void* p) { return (u32)__cvta_generic_to_shared(p); }

// Copies 16 (or 4) bytes from global to shared memory past the registers; zeros when not valid. Visible to the lane that issued it
// after cp_async_wait, to others after a barrier as well.
template <class T, class S> DEV void cp_async16(T* to, S* from, bool valid = true)
{
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(shared_address(to)), "l"(from), "r"(valid ? 16 : 0) : "memory");
}
template <class T, class S> DEV void cp_async4(T* to, S* from, bool valid = true)
{
    asm volatile("cp.async.ca.shared.global [%0], [%1], 4, %2;" ::"r"(shared_address(to)), "l"(from), "r"(valid ? 4 : 0) : "memory");
}
DEV void cp_async_commit() { asm volatile("cp.async.commit_group;" ::: "memory"); }
// Waits until at most Pending of this lane's committed groups are still under way.
template <i32 Pending> DEV void cp_async_wait() { asm volatile("cp.async.wait_group %0;" ::"n"(Pending) : "memory"); }

// 8x8 matrices of 16-bit elements: lane l brings the address of row l % 8 of matrix l / 8 (16 bytes, aligned).
#define GE_LDMATRIX_X2(name, modifier)                                                                                      \
    template <class T> DEV void name(u32 (&r)[2], T* row)                                                                   \
    {                                                                                                                       \
        asm volatile("ldmatrix.sync.aligned.m8n8.x2" modifier ".shared.b16 {%0, %1}, [%2];"                                 \
                     : "=r"(r[0]), "=r"(r[1]) : "r"(shared_address(row)) : "memory");                                       \
    }
#define GE_LDMATRIX_X4(name, modifier)                                                                                      \
    template <class T> DEV void name(u32 (&r)[4], T* row)                                                                   \
    {                                                                                                                       \
        asm volatile("ldmatrix.sync.aligned.m8n8.x4" modifier ".shared.b16 {%0, %1, %2, %3}, [%4];"                         \
                     : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3]) : "r"(shared_address(row)) : "memory");               \
    }
GE_LDMATRIX_X2(ldmatrix_x2, "")
GE_LDMATRIX_X2(ldmatrix_x2_trans, ".trans")
GE_LDMATRIX_X4(ldmatrix_x4, "")
GE_LDMATRIX_X4(ldmatrix_x4_trans, ".trans")

// d[16 x 8] += a[16 x 16] b[16 x 8], bf16 operands. Row and column of each register: see simt_tensor.h, which computes the same.
DEV void mma_bf16_16816(f32 (&d)[4], const u32 (&a)[4], const u32 (&b)[2])
{
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
                 : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}
// d[16 x 8] += a[16 x 8] b[8 x 8], operands made by to_tf32.
DEV void mma_tf32_1688(f32 (&d)[4], const u32 (&a)[4], const u32 (&b)[2])
{
    asm volatile("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
                 : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}
DEV u32 to_tf32(f32 x)  // to nearest, ties away from zero
{
    u32 bits;
    asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(bits) : "f"(x));
    return bits;
}
DEV u32 pack_bf16(f32 low, f32 high)  // each as to_bf16
{
    u32 bits;
    asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(bits) : "f"(high), "f"(low));
    return bits;
}

#endif

// ---- the same text for both compilers ----

DEV i64 global_index() { return (i64)blockIdx.x * blockDim.x + threadIdx.x; }
DEV i64 grid_stride() { return (i64)gridDim.x * blockDim.x; }
DEV i32 lane_index() { return (i32)(threadIdx.x & 31); }
DEV i32 warp_index() { return (i32)(threadIdx.x >> 5); }

// b where either is NaN, as the ternary says and as the C# twins do
DEV f32 real_max2(f32 a, f32 b) { return a > b ? a : b; }
DEV f64 real_max2(f64 a, f64 b) { return a > b ? a : b; }
DEV f32 real_min2(f32 a, f32 b) { return a < b ? a : b; }
DEV f64 real_min2(f64 a, f64 b) { return a < b ? a : b; }

template <class T> struct RealLimits;
template <> struct RealLimits<f32> {
    static DEV f32 max() { return 3.402823466e+38f; }
    static DEV f32 inf() { return bits_f32(0x7F800000u); }
};
template <> struct RealLimits<f64> {
    static DEV f64 max() { return 1.7976931348623157e+308; }
    static DEV f64 inf() { return bits_f64(0x7FF0000000000000ull); }
};
#define real_max() (RealLimits<REAL>::max())
#define real_inf() (RealLimits<REAL>::inf())

// The summation law's tree over the 32 lanes of a full warp; the sum is in lane 0 (other lanes hold partial sums).
template <class T> DEV T warp_sum_tree(T value)
{
    UNROLL
    for (u32 width = 16; width > 0; width /= 2) value = value + shfl_down(value, width);
    return value;
}

// The same tree for the maximum.
template <class T> DEV T warp_max_tree(T value)
{
    UNROLL
    for (u32 width = 16; width > 0; width /= 2) value = real_max2(value, shfl_down(value, width));
    return value;
}

// bfloat16 in memory: the upper half of a float. Arithmetic is in float.
struct bf16 {
    u16 bits;
};
DEV f32 to_f32(bf16 x) { return bits_f32((u32)x.bits << 16); }
DEV bf16 to_bf16(f32 x)  // to nearest, ties to even; NaN becomes 0x7FFF
{
    u32 b = f32_bits(x);
    bf16 r;
    r.bits = (b & 0x7FFFFFFFu) > 0x7F800000u ? (u16)0x7FFF : (u16)((b + 0x7FFFu + ((b >> 16) & 1u)) >> 16);
    return r;
}
