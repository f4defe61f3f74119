// logistic_mixture.cu: loss[row] = -log sum_k w_k prod_c P_kc(x_c), the discretised logistic mixture of PixelCNN++ (Salimans et al. 2017,
// section 2.1), and in the same pass its gradient times Scale. -DCHANNELS=1 or 3; LogisticMixture.cs has the layout of a row of parameters.
// With a, b = (x +- 1/255 - mean) exp(-s):  log P = -softplus(-a) - softplus(b) + log(1 - exp(b - a)), and in the outermost bins the
// first or the second term alone. Four exponentials, one logarithm and three divisions a component and channel for three values read and
// written: arithmetic decides. Hence one thread a component of a position (its three channels one after the other, its parameters and
// gradients in registers) and as many positions a block as fit: 125 of 128 threads work with five components, 120 with ten.
// Neighbouring threads read neighbouring addresses. Components are added in ascending order, through shared memory.
#include "Common/prelude.cuh"
#include "Common/math.cuh"

#define THREADS 128
#define SHARE (CHANNELS == 1 ? 2 : 3)  // runs of Components values that a channel has

#define LOGISTIC_MIXTURE_ARGS(F)                                                                                                 \
    F(garg<const REAL>, Parameters) F(garg<const REAL>, Target) F(garg<REAL>, Loss) F(garg<REAL>, DParameters) F(f64, Scale) \
    F(i32, Rows) F(i32, Components) F(i32, Gradient)
ARGS(LogisticMixtureArgs, LOGISTIC_MIXTURE_ARGS)

// log P of one component and channel, and its derivatives
DEV void logistic_bin(REAL x, REAL mean, REAL log_scale, REAL& log_p, REAL& d_mean, REAL& d_log_scale)
{
    bool low = (REAL)-0.999 > x, high = x > (REAL)0.999;
    REAL s = (REAL)-7 > log_scale ? (REAL)-7 : log_scale;
    s = (REAL)60 < s ? (REAL)60 : s;
    bool clamped = (REAL)-7 > log_scale || log_scale > (REAL)60;
    REAL inverse = gen_exp(-s), centre = inverse * (x - mean), width = inverse * (REAL)(2.0 / 255);
    REAL a = fma(inverse, (REAL)(1.0 / 255), centre), b = fma(inverse, (REAL)(-1.0 / 255), centre);
    REAL ea = gen_exp(-real_abs(a)), eb = gen_exp(-real_abs(b));
    REAL ga = ea + (REAL)1, gb = eb + (REAL)1, inside = -gen_expm1_of_negative(-width);
    REAL pa = (a > (REAL)0 ? ea : (REAL)1) / ga, pb = (b > (REAL)0 ? (REAL)1 : eb) / gb;  // sigma(-a), sigma(b)
    REAL top = (REAL)0 > a ? -a : (REAL)0, bottom = b > (REAL)0 ? b : (REAL)0;
    REAL rate = (REAL)1 / inside;
    REAL z = low ? ga : high ? gb : ga * gb * rate;
    REAL linear = low ? top : high ? bottom : top + bottom;
    log_p = -(linear + gen_log(z));
    pa = high ? (REAL)0 : pa;
    pb = low ? (REAL)0 : pb;
    d_mean = inverse * (pb - pa);
    REAL shrink = low || high ? (REAL)0 : width * ((REAL)1 - inside) * rate;
    REAL d = fma(b, pb, -(a * pa)) - shrink;
    d_log_scale = clamped ? (REAL)0 : d;
}

KERNEL(logistic_mixture, LogisticMixtureArgs, THREADS, 1)
{
    IN(REAL, Parameters);
    IN(REAL, Target);
    OUT(REAL, Loss);
    OUT(REAL, DParameters);
    SHARED(REAL, logits, THREADS);
    SHARED(REAL, joints, THREADS);
    SHARED(REAL, priors, THREADS);
    SHARED(REAL, posteriors, THREADS);
    i32 components = a.Components, thread = (i32)threadIdx.x, place = thread / components, k = thread - place * components;
    i32 first = thread - k, positions = THREADS / components;
    i64 row = (i64)blockIdx.x * positions + place;
    bool active = place < positions && row < a.Rows;
    i64 at = row * components * (1 + SHARE * CHANNELS) + k;

    REAL x[CHANNELS], d_mean[CHANNELS], d_scale[CHANNELS], t[CHANNELS];
    REAL logit = 0, joint = 0;
    if (active) {
        logit = Parameters[at];
        REAL sum = 0;
        UNROLL for (i32 c = 0; c < CHANNELS; c++) {
            x[c] = Target[row * CHANNELS + c];
            t[c] = CHANNELS == 3 ? gen_tanh((REAL)Parameters[at + (i64)(3 + SHARE * c) * components]) : (REAL)0;
        }
        UNROLL for (i32 c = 0; c < CHANNELS; c++) {
            REAL mean = Parameters[at + (i64)(1 + SHARE * c) * components], log_scale = Parameters[at + (i64)(2 + SHARE * c) * components];
            if (c == 1) mean = fma(t[0], x[0], mean);
            if (c == 2) mean = fma(t[CHANNELS - 1], x[CHANNELS / 2], fma(t[CHANNELS / 2], x[0], mean));
            REAL log_p;
            logistic_bin(x[c], mean, log_scale, log_p, d_mean[c], d_scale[c]);
            sum = c == 0 ? log_p : sum + log_p;
        }
        joint = logit + sum;
        logits[thread] = logit;
        joints[thread] = joint;
    }
    block_sync();

    REAL prior = 0, posterior = 0, largest_logit = 0, largest_joint = 0;
    if (active) {
        largest_logit = logits[first];
        largest_joint = joints[first];
        for (i32 i = 1; i < components; i++) {
            REAL l = logits[first + i], j = joints[first + i];
            largest_logit = real_max2(largest_logit, l);
            largest_joint = real_max2(largest_joint, j);
        }
        prior = gen_exp(logit - largest_logit);
        posterior = gen_exp(joint - largest_joint);
        priors[thread] = prior;
        posteriors[thread] = posterior;
    }
    block_sync();
    if (!active) return;

    REAL prior_sum = 0, posterior_sum = 0;
    for (i32 i = 0; i < components; i++) {
        REAL p = priors[first + i], q = posteriors[first + i];
        prior_sum = prior_sum + p;
        posterior_sum = posterior_sum + q;
    }
    if (k == 0) Loss[row] = (gen_log(prior_sum) + largest_logit) - (gen_log(posterior_sum) + largest_joint);
    if (!a.Gradient) return;

    REAL scale = (REAL)a.Scale;
    REAL weight = posterior * (scale / posterior_sum), share = prior * (scale / prior_sum);
    DParameters[at] = share - weight;
    REAL carry[3] = { 0, 0, 0 };  // d loss / d mean
    UNROLL for (i32 c = 0; c < CHANNELS; c++) {
        carry[c] = -weight * d_mean[c];
        DParameters[at + (i64)(1 + SHARE * c) * components] = carry[c];
        DParameters[at + (i64)(2 + SHARE * c) * components] = -weight * d_scale[c];
    }
    if (CHANNELS == 3) {
        UNROLL for (i32 c = 0; c < CHANNELS; c++) {
            REAL slope = fma(-t[c], t[c], (REAL)1), from = c == 2 ? x[CHANNELS / 2] : x[0];
            DParameters[at + (i64)(3 + SHARE * c) * components] = carry[c == 0 ? 1 : 2] * (from * slope);
        }
    }
}
