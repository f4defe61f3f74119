// matmul_outputs.cuh: what becomes of sums in registers: C where it accumulates, bias, activation, or the derivative of one, four neighbours at a time.
#pragma once
#include "Common/fused_activation.cuh"
#include "Common/tile_simt.cuh"
#include "MatMul/matmul_args.cuh"

// c[0 .. 3] from the sums y; through: at the same outputs. The costly activations are left to a rolled loop of smooth_activation over what is stored.
template <bool WHOLE> DEV void finish_outputs(const MatMulArgs& a, gptr<f32> c, gptr<const f32> bias, gptr<const f32> through, vec4<f32> y, i32 left)
{
    const f32 slope = (f32)a.Slope;
    if (a.Accumulate != 0) y = add4(y, load_upto4<WHOLE, f32>(c, left, 0.0f));
    if (a.HasBias != 0) y = add4(y, load_upto4<false, f32>(bias, left, 0.0f));
    if (a.ThroughActivation != 0) {
        y = through_activation<f32>(a.ThroughActivation, slope, y, load_upto4<WHOLE, f32>(through, left, 0.0f), {-0.0f, -0.0f, -0.0f, -0.0f});
    } else if (a.Activation != ACT_NONE) {
        y.x = linear_activation(a.Activation, y.x, slope);
        y.y = linear_activation(a.Activation, y.y, slope);
        y.z = linear_activation(a.Activation, y.z, slope);
        y.w = linear_activation(a.Activation, y.w, slope);
    }
    store_upto4<WHOLE, f32>(c, y, left);
}
