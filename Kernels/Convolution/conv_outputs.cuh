// conv_outputs.cuh: what becomes of a convolution's sums in registers, four neighbouring channels at a time: what y held, bias, activation, residual;
// or, of an input gradient, the derivative of the activation that made the input, and what it is added to.
#pragma once
#include "Common/fused_activation.cuh"
#include "Common/tile_simt.cuh"
#include "Convolution/conv.cuh"

// y, bias, residual, through: at the first of the channels, of which there are `left`. The costly activations are left to a rolled loop of smooth_activation over
// what is stored.
DEV void finish_conv_outputs(const ConvArgs& a, gptr<f32> y, gptr<const f32> bias, gptr<const f32> residual, gptr<const f32> through, vec4<f32> sum, i32 left, bool quads)
{
    const f32 slope = (f32)a.Slope;
    if (a.Accumulate != 0) sum = add4(sum, load_outputs(gptr<const f32>(y), left, quads));
    if (a.HasBias != 0) sum = add4(sum, load_upto4<false, f32>(bias, left, 0.0f));
    if (a.ThroughActivation != 0) {
        vec4<f32> onto = {-0.0f, -0.0f, -0.0f, -0.0f};
        if (a.HasResidual != 0) onto = load_outputs<f32>(residual, left, quads);
        sum = through_activation(a.ThroughActivation, slope, sum, load_outputs<f32>(through, left, quads), onto);
    } else if (a.Activation != ACT_NONE) {
        sum.x = linear_activation(a.Activation, sum.x, slope);
        sum.y = linear_activation(a.Activation, sum.y, slope);
        sum.z = linear_activation(a.Activation, sum.z, slope);
        sum.w = linear_activation(a.Activation, sum.w, slope);
    }
    if (a.ThroughActivation == 0 && a.HasResidual != 0) sum = add4(sum, load_outputs<f32>(residual, left, quads));
    if (quads) store_upto4<true, f32>(y, sum, left);
    else store_upto4<false, f32>(y, sum, left);
}
