// matmul_outputs.cuh: what becomes of sums in registers: C where it accumulates, bias, activation, four neighbours at a time.
#pragma once
#include "Common/fused_activation.cuh"
#include "MatMul/matmul_args.cuh"

// p[0 .. 3] as far as `left` elements
template <bool WHOLE> DEV vec4<f32> load_outputs(gptr<const f32> p, i32 left)
{
    vec4<f32> v = {0.0f, 0.0f, 0.0f, 0.0f};
    if constexpr (WHOLE) {
        if (left > 0) v = ld4(p);
    } else {
        if (left > 0) v.x = p[0];
        if (left > 1) v.y = p[1];
        if (left > 2) v.z = p[2];
        if (left > 3) v.w = p[3];
    }
    return v;
}

template <bool WHOLE> DEV void store_outputs(gptr<f32> p, vec4<f32> v, i32 left)
{
    if constexpr (WHOLE) {
        if (left > 0) st4(p, v);
    } else {
        if (left > 0) p[0] = v.x;
        if (left > 1) p[1] = v.y;
        if (left > 2) p[2] = v.z;
        if (left > 3) p[3] = v.w;
    }
}

DEV vec4<f32> add4(vec4<f32> a, vec4<f32> b) { return {a.x + b.x, a.y + b.y, a.z + b.z, a.w + b.w}; }

// c[0 .. 3] from the sums y. The costly activations are left to a rolled loop of smooth_activation over what is stored.
template <bool WHOLE> DEV void finish_outputs(const MatMulArgs& a, gptr<f32> c, gptr<const f32> bias, vec4<f32> y, i32 left)
{
    const f32 slope = (f32)a.Slope;
    if (a.Accumulate != 0) y = add4(y, load_outputs<WHOLE>(c, left));
    if (a.HasBias != 0) y = add4(y, load_outputs<false>(bias, left));
    y.x = linear_activation(a.Activation, y.x, slope);
    y.y = linear_activation(a.Activation, y.y, slope);
    y.z = linear_activation(a.Activation, y.z, slope);
    y.w = linear_activation(a.Activation, y.w, slope);
    store_outputs<WHOLE>(c, y, left);
}
