// draw.cuh: draws from logits, for whoever draws: a choice among weights, a level of a logistic distribution, a pixel of a mixture of them. The twin of Common/LogitDraw.cs.
// One thread a draw, weights in order, so that every device adds alike.
#pragma once
#include "Common/prelude.cuh"
#include "Common/math.cuh"
#include "Common/philox.cuh"

// The first whose cumulative weight exp((logit - largest) * sharpness), summed in order, exceeds u times the sum of all.
template <class R, class P> DEV i32 draw_choice(P logits, i32 count, R u, R sharpness)
{
    R largest = logits[0];
    for (i32 k = 1; k < count; k++) {
        R logit = logits[k];
        largest = real_max2(largest, logit);
    }
    R sum = 0, so_far = 0;
    for (i32 k = 0; k < count; k++) sum = sum + gen_exp(((R)logits[k] - largest) * sharpness);
    R bound = u * sum;
    i32 chosen = 0;
    for (; chosen < count - 1; chosen++) {  // u < 1, so the last one's cumulative weight would exceed it
        so_far = so_far + gen_exp(((R)logits[chosen] - largest) * sharpness);
        if (so_far > bound) break;
    }
    return chosen;
}

// The nearest level to mean + exp(s) logit(u), 0 to 255, and what it stands for in [-1, 1]. u = 0 counts as 2^-25; the greatest u may round to 1, which is the brightest level.
template <class R> DEV R draw_level(R mean, R log_scale, R u, R& x)
{
    R s = (R)-7 > log_scale ? (R)-7 : log_scale;
    s = (R)60 < s ? (R)60 : s;
    u = u + (R)2.98023223876953125e-8;
    R exact = fma(gen_exp(s), gen_log(u) - gen_log((R)1 - u), mean);
    R level = real_round(fma(exact, (R)127.5, (R)127.5));
    level = (R)0 > level ? (R)0 : level;
    level = (R)255 < level ? (R)255 : level;
    x = (level + level - (R)255) / (R)255;
    return level;
}

// The channels of a pixel from a mixture of logistic distributions; the parameters as the loss has them (LogisticMixture.cs). Levels, and what they stand for.
template <class R, class P> DEV void draw_mixture(P p, i32 components, i32 channels, PhiloxWords words, R sharpness, R (&levels)[3], R (&x)[3])
{
    i32 share = channels == 1 ? 2 : 3, chosen = draw_choice<R>(p, components, (R)uniform_of(words.w0), sharpness);
    for (i32 c = 0; c < channels; c++) {
        i32 channel = (1 + share * c) * components + chosen;
        R mean = p[channel], log_scale = p[channel + components];
        if (c == 1) {
            R green_on_red = p[3 * components + chosen];
            mean = fma(gen_tanh(green_on_red), x[0], mean);
        }
        if (c == 2) {
            R blue_on_red = p[6 * components + chosen], blue_on_green = p[9 * components + chosen];
            mean = fma(gen_tanh(blue_on_green), x[1], fma(gen_tanh(blue_on_red), x[0], mean));
        }
        levels[c] = draw_level(mean, log_scale, (R)uniform_of(philox_word(words, c + 1)), x[c]);
    }
}
