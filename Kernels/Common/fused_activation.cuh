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

// For activation >= ACT_ELU.
template <class R> DEV R smooth_activation(i32 activation, R x, R slope)
{
    if (activation == ACT_ELU) return gen_activate<ACT_ELU>(x, slope);
    if (activation == ACT_TANH) return gen_activate<ACT_TANH>(x, slope);
    if (activation == ACT_SIGMOID) return gen_activate<ACT_SIGMOID>(x, slope);
    return gen_activate<ACT_SOFTPLUS>(x, slope);
}
