// stored.cuh: what a kernel computes in and what memory holds may differ. STORED is the element type of images and of their gradients in memory, REAL
// the type of everything else and of all arithmetic: -DSTORED=bf16 beside -DREAL=float halves the bytes of a pass, and each result is rounded once, to nearest,
// where it is stored.
#pragma once
#include "Common/prelude.cuh"

#ifndef STORED
#define STORED REAL
#endif

// How many fours a lane of a pass over memory has under way at once: as many bytes of bf16 as of float.
constexpr int FOURS = sizeof(STORED) == 2 ? 2 : 1;

DEV f32 widened(f32 x) { return x; }
DEV f64 widened(f64 x) { return x; }
DEV f32 widened(bf16 x) { return to_f32(x); }

template <class S, class R> struct Narrowed {
    static DEV S one(R x) { return x; }
    static DEV vec4<S> four(vec4<R> v) { return v; }
};
template <> struct Narrowed<bf16, f32> {
    static DEV bf16 one(f32 x)
    {
        bf16 r;
        r.bits = (u16)pack_bf16(x, 0.0f);
        return r;
    }
    static DEV vec4<bf16> four(vec4<f32> v)
    {
        const u32 low = pack_bf16(v.x, v.y), high = pack_bf16(v.z, v.w);
        vec4<bf16> r;
        r.x.bits = (u16)low;
        r.y.bits = (u16)(low >> 16);
        r.z.bits = (u16)high;
        r.w.bits = (u16)(high >> 16);
        return r;
    }
};

// One element, and four neighbours at once (8 bytes of bf16), as they are computed with.
template <class S> DEV auto get1(gptr<const S> p)
{
    const S x = p[0];
    return widened(x);
}
DEV vec4<f32> get4(gptr<const f32> p) { return ld4(p); }
DEV vec4<f64> get4(gptr<const f64> p) { return ld4(p); }
DEV vec4<f32> get4(gptr<const bf16> p)
{
    const vec4<bf16> v = ld4(p);
    return {to_f32(v.x), to_f32(v.y), to_f32(v.z), to_f32(v.w)};
}
// Eight neighbours, 16 bytes; p must be aligned to that.
struct Eight {
    vec4<f32> low, high;
};
DEV Eight eight_of(vec4<u32> w)  // as memory has them
{
    return {{bits_f32(w.x << 16), bits_f32(w.x & 0xFFFF0000u), bits_f32(w.y << 16), bits_f32(w.y & 0xFFFF0000u)},
            {bits_f32(w.z << 16), bits_f32(w.z & 0xFFFF0000u), bits_f32(w.w << 16), bits_f32(w.w & 0xFFFF0000u)}};
}
DEV Eight get8(gptr<const bf16> p) { return eight_of(ld4(recast<const u32>(p))); }
DEV void put8(gptr<bf16> p, vec4<f32> low, vec4<f32> high)
{
    st4(recast<u32>(p), vec4<u32>{pack_bf16(low.x, low.y), pack_bf16(low.z, low.w), pack_bf16(high.x, high.y), pack_bf16(high.z, high.w)});
}
// What put8 stores, as it comes back.
DEV Eight rounded8(vec4<f32> low, vec4<f32> high)
{
    return eight_of({pack_bf16(low.x, low.y), pack_bf16(low.z, low.w), pack_bf16(high.x, high.y), pack_bf16(high.z, high.w)});
}
template <class S, class R> DEV void put1(gptr<S> p, R x) { p[0] = Narrowed<S, R>::one(x); }
template <class S, class R> DEV void put4(gptr<S> p, vec4<R> v) { st4(p, Narrowed<S, R>::four(v)); }
