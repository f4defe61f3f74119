// fused_activation.cuh: activations at the end of a product, in two parts: the cheap ones on every output in registers, the others in a rolled
// loop over what the thread has stored, so that their code stands in a kernel once and not once an output.
#pragma once
#include "Common/math.cuh"

// What is not cheap stays as it is.
template <class R> DEV R linear_activation(i32 activation, R x, R slope)
{
    if (activation == ACT_RELU) return gen_activate<ACT_RELU>(x, slope);
    if (activation == ACT_LEAKY_RELU) return gen_activate<ACT_LEAKY_RELU>(x, slope);
    return x;
}

// The derivative from y = f(x) of the two that are cheap.
template <class R> DEV R linear_activation_grad(i32 activation, R y, R slope)
{
    if (activation == ACT_RELU) return gen_activate_grad<ACT_RELU>(y, slope);
    return gen_activate_grad<ACT_LEAKY_RELU>(y, slope);
}

// A gradient on through an activation of outputs y, plus `onto`; -0 there adds nothing, not even a sign.
template <class R> DEV vec4<R> through_activation(i32 activation, R slope, vec4<R> gradient, vec4<R> y, vec4<R> onto)
{
    gradient.x = fma(gradient.x, linear_activation_grad(activation, y.x, slope), onto.x);
    gradient.y = fma(gradient.y, linear_activation_grad(activation, y.y, slope), onto.y);
    gradient.z = fma(gradient.z, linear_activation_grad(activation, y.z, slope), onto.z);
    gradient.w = fma(gradient.w, linear_activation_grad(activation, y.w, slope), onto.w);
    return gradient;
}

// For activation >= ACT_ELU.
template <class R> DEV R smooth_activation(i32 activation, R x, R slope)
{
    if (activation == ACT_ELU) return gen_activate<ACT_ELU>(x, slope);
    if (activation == ACT_TANH) return gen_activate<ACT_TANH>(x, slope);
    if (activation == ACT_SIGMOID) return gen_activate<ACT_SIGMOID>(x, slope);
    return gen_activate<ACT_SOFTPLUS>(x, slope);
}
