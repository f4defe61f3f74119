// conv_outputs.cuh: what becomes of a convolution's sums in registers, four neighbouring channels at a time: what y held, bias, activation, residual;
// or, of an input gradient, the derivative of the activation that made the input, and what it is added to.
#pragma once
#include "Common/fused_activation.cuh"
#include "Common/stored.cuh"
#include "Common/tile_simt.cuh"
#include "Convolution/conv.cuh"

// held, bias, residual and through fetch what they are called for, if it is asked for.
template <class H, class B, class R, class T> DEV vec4<f32> conv_outputs(const ConvArgs& a, vec4<f32> sum, H held, B bias, R residual, T through)
{
    const f32 slope = (f32)a.Slope;
    if (a.Accumulate != 0) sum = add4(sum, held());
    if (a.HasBias != 0) sum = add4(sum, bias());
    if (a.ThroughActivation != 0) {
        vec4<f32> onto = {-0.0f, -0.0f, -0.0f, -0.0f};
        if (a.HasResidual != 0) onto = residual();
        sum = through_activation(a.ThroughActivation, slope, sum, through(), onto);
    } else if (a.Activation != ACT_NONE) {
        sum.x = linear_activation(a.Activation, sum.x, slope);
        sum.y = linear_activation(a.Activation, sum.y, slope);
        sum.z = linear_activation(a.Activation, sum.z, slope);
        sum.w = linear_activation(a.Activation, sum.w, slope);
    }
    if (a.ThroughActivation == 0 && a.HasResidual != 0) sum = add4(sum, residual());
    return sum;
}

// y, bias, residual, through: at the first of the channels, of which there are `left`. The costly activations are left to a rolled loop of smooth_activation over
// what is stored.
DEV void finish_conv_outputs(const ConvArgs& a, gptr<f32> y, gptr<const f32> bias, gptr<const f32> residual, gptr<const f32> through, vec4<f32> sum, i32 left, bool quads)
{
    sum = conv_outputs(a, sum, [&] { return load_outputs(gptr<const f32>(y), left, quads); }, [&] { return load_upto4<false, f32>(bias, left, 0.0f); },
        [&] { return load_outputs<f32>(residual, left, quads); }, [&] { return load_outputs<f32>(through, left, quads); });
    if (quads) store_upto4<true, f32>(y, sum, left);
    else store_upto4<false, f32>(y, sum, left);
}

// Eight channels at once that memory has as bf16: 16 bytes of y and of rectified. onto: what y held or what is added last; made: what the gradient goes on through; both where they
// are asked for. No costly activation follows.
DEV void finish_conv_outputs(const ConvArgs& a, gptr<bf16> y, gptr<const f32> bias, gptr<bf16> rectified, Eight sums, Eight onto, Eight made)
{
    const vec4<f32> low = conv_outputs(a, sums.low, [&] { return onto.low; }, [&] { return ld4(bias); }, [&] { return onto.low; }, [&] { return made.low; }),
        high = conv_outputs(a, sums.high, [&] { return onto.high; }, [&] { return ld4(bias + 4); }, [&] { return onto.high; }, [&] { return made.high; });
    put8(y, low, high);
    if (a.HasRectified == 0) return;
    const Eight left = rounded8(low, high);  // the rectifier's own kernel would read that
    auto relu = [](vec4<f32> v) { return vec4<f32>{gen_activate<ACT_RELU>(v.x, 0.0f), gen_activate<ACT_RELU>(v.y, 0.0f), gen_activate<ACT_RELU>(v.z, 0.0f), gen_activate<ACT_RELU>(v.w, 0.0f)}; };
    put8(rectified, relu(left.low), relu(left.high));
}
