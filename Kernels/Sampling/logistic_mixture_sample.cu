// logistic_mixture_sample.cu: x drawn from a mixture of discretised logistic distributions a row (PixelCNN++, Salimans et al. 2017).
// One thread a row: an image model samples one position of each image at a time, a few hundred rows. The layout of the parameters is
// that of the loss (LogisticMixture.cs). The component: the first whose cumulative weight exceeds u times their sum.
#include "Common/prelude.cuh"
#include "Common/math.cuh"
#include "Common/philox.cuh"

#define LOGISTIC_MIXTURE_SAMPLE_ARGS(F)                                                                                  \
    F(garg<const REAL>, Parameters) F(garg<REAL>, X) F(garg<const u64>, State) F(i32, Rows) F(i32, Components)         \
    F(i32, Channels) F(u32, Stream)
ARGS(LogisticMixtureSampleArgs, LOGISTIC_MIXTURE_SAMPLE_ARGS)

// The nearest level to mean + exp(s) logit(u), in [-1, 1]. u = 0 counts as 2^-25; the greatest u may round to 1, which is the brightest level.
DEV REAL logistic_level(REAL mean, REAL log_scale, REAL u)
{
    REAL s = (REAL)-7 > log_scale ? (REAL)-7 : log_scale;
    s = (REAL)60 < s ? (REAL)60 : s;
    u = u + (REAL)2.98023223876953125e-8;
    REAL x = fma(gen_exp(s), gen_log(u) - gen_log((REAL)1 - u), mean);
    REAL level = real_round(fma(x, (REAL)127.5, (REAL)127.5));
    level = (REAL)0 > level ? (REAL)0 : level;
    level = (REAL)255 < level ? (REAL)255 : level;
    return (level + level - (REAL)255) / (REAL)255;
}

KERNEL(logistic_mixture_sample, LogisticMixtureSampleArgs, 64, 1)
{
    IN(REAL, Parameters);
    OUT(REAL, X);
    IN(u64, State);
    i64 row = global_index();
    if (row >= a.Rows) return;
    i32 components = a.Components, share = a.Channels == 1 ? 2 : 3;
    gptr<const REAL> p = Parameters + row * components * (1 + share * a.Channels);
    PhiloxWords words = philox_words(philox_stream(State, a.Stream), (u32)row);

    REAL largest = p[0];
    for (i32 k = 1; k < components; k++) {
        REAL logit = p[k];
        largest = real_max2(largest, logit);
    }
    REAL sum = 0;
    for (i32 k = 0; k < components; k++) sum = sum + gen_exp((REAL)p[k] - largest);
    REAL bound = uniform_of(words.w0) * sum, so_far = 0;
    i32 chosen = 0;
    for (; chosen < components - 1; chosen++) {  // u < 1, so the last one's cumulative weight would exceed it
        so_far = so_far + gen_exp((REAL)p[chosen] - largest);
        if (so_far > bound) break;
    }

    REAL x[3];
    for (i32 c = 0; c < a.Channels; c++) {
        gptr<const REAL> channel = p + (1 + share * c) * components + chosen;
        REAL mean = channel[0];
        if (c == 1) {
            REAL green_on_red = p[3 * components + chosen];
            mean = fma(gen_tanh(green_on_red), x[0], mean);
        }
        if (c == 2) {
            REAL blue_on_red = p[6 * components + chosen], blue_on_green = p[9 * components + chosen];
            mean = fma(gen_tanh(blue_on_green), x[1], fma(gen_tanh(blue_on_red), x[0], mean));
        }
        REAL log_scale = channel[components];
        x[c] = logistic_level(mean, log_scale, uniform_of(philox_word(words, c + 1)));
        X[row * a.Channels + c] = x[c];
    }
}
