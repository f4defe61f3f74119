// simt.h: what the host's C++ compiler sees where NVRTC sees CUDA. A kernel becomes a plain function that the run time
// (runtime.cpp) calls once a lane; lanes are fibres that give way only where they must wait. Header-free: a unit compiles in 0.1 s.
#pragma once

#define DEV inline
#define UNROLL     // g++'s unroll pragma keeps its vectoriser away from the loop: half the speed
#define NO_UNROLL
#define SIMT_EXPORT __attribute__((visibility("default")))
#define SIMT_SITE const char *file = __builtin_FILE(), int line = __builtin_LINE()

struct Dim3 {
    u32 x, y, z;
};

// The part of a lane that kernels read; the run time's Lane begins with it.
struct SimtLane {
    Dim3 thread, block, block_size, grid;
};

// One entry of an argument struct, compared with the C# mirror when the kernel is loaded.
struct SimtField {
    const char* name;
    u32 offset, bytes;
};

// What a kernel object exports under the name entry##_kernel; the C# struct KernelDescriptor mirrors it.
struct SimtKernel {
    void (*run)(const void* args);
    const SimtField* fields;  // ends with a null name
    const char* file;
    u32 line, arg_bytes, max_threads, cluster;
};

// A rendezvous of a warp: the last lane to arrive runs op on the operands of all.
struct SimtWarpCall {
    const void* in[32];
    void* out[32];
    u32 present;  // bit l: lane l takes part
    i32 number;   // the collective's immediate operand
};

extern "C" {
const SimtLane* simt_lane() __attribute__((const));  // a fibre never changes its lane, so the compiler may keep the answer
void* simt_shared(const void* declaration, u64 bytes, const char* name, const char* file, int line);
void* simt_dynamic_shared(const char* file, int line);
void simt_block_sync(const char* file, int line);
void simt_grid_sync(const char* file, int line);
void simt_warp_sync(const char* file, int line);
void simt_warp_call(const void* in, void* out, void (*op)(const SimtWarpCall*), i32 number, const char* file, int line);
}

#define threadIdx (simt_lane()->thread)
#define blockIdx (simt_lane()->block)
#define blockDim (simt_lane()->block_size)
#define gridDim (simt_lane()->grid)

template <class Args> struct SimtFields;
#define GE_FIELD(Type, field) Type field;
#define GE_ENTRY(Type, field) {#field, (u32)__builtin_offsetof(Self, field), (u32)sizeof(Self::field)},
#define ARGS(Name, LIST)                                             \
    struct Name {                                                    \
        LIST(GE_FIELD)                                               \
    };                                                               \
    template <> struct SimtFields<Name> {                            \
        using Self = Name;                                           \
        static constexpr SimtField table[] = {LIST(GE_ENTRY){nullptr, 0, 0}}; \
    };

#define KERNEL(entry, Args, threads, blocks) SIMT_KERNEL(entry, Args, threads, 1)
#define SIMT_KERNEL(entry, Args, threads, cluster)                                                    \
    static void entry(const Args& a);                                                                 \
    static void entry##_run(const void* args) { entry(*(const Args*)args); }                          \
    extern "C" SIMT_EXPORT const SimtKernel entry##_kernel;                                           \
    const SimtKernel entry##_kernel = {entry##_run,  SimtFields<Args>::table, __FILE__, __LINE__,     \
                                       sizeof(Args), threads,                 cluster};                     \
    static void entry(const Args& a)

// The declaration's own address names the array: a lane that reaches it again, or another lane, gets the same memory.
#define SHARED(Type, array, count)                                                                      \
    static char array##_declaration;                                                                    \
    sptr<Type> array = simt_array<Type>(&array##_declaration, (u64)(count), #array, __FILE__, __LINE__)
#define DYN_SHARED(Type, array) sptr<Type> array = simt_dynamic_array<Type>(__FILE__, __LINE__)

#ifdef SIMT_CHECKED
#include "Devices/Gpu/Simt/simt_checked.h"
#else

template <class T> using gptr = T*;
template <class T> using sptr = T*;
template <class T> using garg = T*;

#define IN(Type, field) const Type* __restrict__ field = a.field
#define OUT(Type, field) Type* __restrict__ field = a.field
#define UPD(Type, field) Type* __restrict__ field = a.field

template <class T> DEV T* simt_array(const void* declaration, u64 count, const char* name, const char* file, int line)
{
    return (T*)simt_shared(declaration, count * sizeof(T), name, file, line);
}
template <class T> DEV T* simt_dynamic_array(const char* file, int line) { return (T*)simt_dynamic_shared(file, line); }

template <class T> DEV vec4<T> ld4(const T* p) { return *(const vec4<T>*)p; }
template <class T> DEV void st4(T* p, vec4<T> v) { *(vec4<T>*)p = v; }

template <class U, class T> DEV U* recast(T* p) { return (U*)p; }
constexpr u32 kSimtRead = 0, kSimtWrite = 1, kSimtAtomic = 2;
template <class T> DEV T* simt_raw(T* p, u32, u32, const char*, int, u32 = 0) { return p; }
template <class T> DEV T* simt_unchecked(T* p) { return p; }
template <class T> DEV u32 simt_owner(T*) { return 0; }

DEV u32 atomic_add(gptr<u32> p, u32 value) { return __atomic_fetch_add(p, value, __ATOMIC_RELAXED); }
DEV i32 atomic_add(gptr<i32> p, i32 value) { return __atomic_fetch_add(p, value, __ATOMIC_RELAXED); }

#endif

// ---- waiting ----

DEV void block_sync(SIMT_SITE) { simt_block_sync(file, line); }
DEV void warp_sync(SIMT_SITE) { simt_warp_sync(file, line); }
DEV void grid_sync(gptr<u32> bar, SIMT_SITE)
{
    (void)bar;
    simt_grid_sync(file, line);
}

// A value from a lane that does not exist (a block's last, partial warp) is all ones; out of range is the lane's own, as in CUDA.
template <class T> DEV void simt_shuffle(const SimtWarpCall* call, i32 lane, i32 source)
{
    if (source < 0 || source > 31) source = lane;
    if (call->present >> source & 1) *(T*)call->out[lane] = *(const T*)call->in[source];
    else __builtin_memset(call->out[lane], 0xFF, sizeof(T));
}
#define SIMT_SHUFFLE(name, Number, SOURCE)                                             \
    template <class T> DEV T name(T value, Number number, SIMT_SITE)                   \
    {                                                                                  \
        T result;                                                                      \
        simt_warp_call(                                                                \
            &value, &result,                                                           \
            [](const SimtWarpCall* call) {                                             \
                for (i32 lane = 0; lane < 32; lane++)                                  \
                    if (call->present >> lane & 1) simt_shuffle<T>(call, lane, SOURCE); \
            },                                                                         \
            (i32)number, file, line);                                                  \
        return result;                                                                 \
    }
SIMT_SHUFFLE(shfl_down, u32, lane + call->number)
SIMT_SHUFFLE(shfl_up, u32, lane - call->number)
SIMT_SHUFFLE(shfl_xor, i32, lane ^ call->number)

struct SimtIndexed {
    const void* value;
    i32 lane;
};
template <class T> DEV T shfl(T value, i32 lane, SIMT_SITE)
{
    T result;
    SimtIndexed mine = {&value, lane & 31};  // each lane may name a source of its own
    simt_warp_call(
        &mine, &result,
        [](const SimtWarpCall* call) {
            SimtWarpCall values = *call;
            for (i32 l = 0; l < 32; l++)
                if (call->present >> l & 1) values.in[l] = ((const SimtIndexed*)call->in[l])->value;
            for (i32 l = 0; l < 32; l++)
                if (call->present >> l & 1) simt_shuffle<T>(&values, l, ((const SimtIndexed*)call->in[l])->lane);
        },
        0, file, line);
    return result;
}
DEV u32 ballot(bool predicate, SIMT_SITE)
{
    u32 result;
    simt_warp_call(
        &predicate, &result,
        [](const SimtWarpCall* call) {
            u32 votes = 0;
            for (i32 l = 0; l < 32; l++)
                if (call->present >> l & 1) votes |= (u32) * (const bool*)call->in[l] << l;
            for (i32 l = 0; l < 32; l++)
                if (call->present >> l & 1) *(u32*)call->out[l] = votes;
        },
        0, file, line);
    return result;
}

// ---- arithmetic: one machine instruction each, no library ----

DEV f32 fma(f32 a, f32 b, f32 c) { return __builtin_fmaf(a, b, c); }
DEV f64 fma(f64 a, f64 b, f64 c) { return __builtin_fma(a, b, c); }
DEV f32 real_sqrt(f32 x) { return __builtin_sqrtf(x); }
DEV f64 real_sqrt(f64 x) { return __builtin_sqrt(x); }
DEV f32 real_abs(f32 x) { return __builtin_fabsf(x); }
DEV f64 real_abs(f64 x) { return __builtin_fabs(x); }
DEV f32 real_floor(f32 x) { return __builtin_floorf(x); }
DEV f64 real_floor(f64 x) { return __builtin_floor(x); }
DEV f32 real_round(f32 x) { return __builtin_rintf(x); }
DEV f64 real_round(f64 x) { return __builtin_rint(x); }

template <class To, class From> DEV To simt_bits(From x)
{
    static_assert(sizeof(To) == sizeof(From), "a bit move keeps the size");
    To y;
    __builtin_memcpy(&y, &x, sizeof(To));
    return y;
}
DEV u32 f32_bits(f32 x) { return simt_bits<u32>(x); }
DEV f32 bits_f32(u32 x) { return simt_bits<f32>(x); }
DEV u64 f64_bits(f64 x) { return simt_bits<u64>(x); }
DEV f64 bits_f64(u64 x) { return simt_bits<f64>(x); }

DEV u32 mul_hi(u32 a, u32 b) { return (u32)((u64)a * b >> 32); }
DEV u64 mul_hi(u64 a, u64 b) { return (u64)((unsigned __int128)a * b >> 64); }
DEV i32 popcount(u32 x) { return __builtin_popcount(x); }
DEV i32 count_leading_zeros(u32 x) { return x ? __builtin_clz(x) : 32; }

#include "Devices/Gpu/Simt/simt_tensor.h"
