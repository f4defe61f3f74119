// conv_weight_sum.cu: the second half of a filter's gradient (conv_weight.cu): the sums of all chunks of pixels, [chunk, tap, input channel,
// output channel], added in order and written as [output channel, tap, input channel]; added to what is there when it accumulates.
// One lane a weight, neighbours in the scratch: memory is read once, with IN_FLIGHT loads under way in each lane, for the chain of additions waits.
// Weights that no tap of the plan has (masks) get +0, or stay as they are when it accumulates.
// limits: sectors 2.5
#include "Convolution/conv_weight.cuh"

#define IN_FLIGHT 16

// Whether the plan has this weight
DEV bool in_plan(const ConvWeightArgs& a, i32 output, i32 filter, i32 channel)
{
    IN(ConvPart, Parts);
    IN(ConvTap, Taps);
    for (i32 i = 0; i < a.PartCount; i++) {
        ConvPart part = Parts[i];
        if (output < part.FirstOutput || output >= part.EndOutput) continue;
        for (i32 t = part.FirstTap; t < part.EndTap; t++) {
            ConvTap tap = Taps[t];
            if (tap.Filter == filter && channel >= tap.First && channel < tap.End) return true;
        }
    }
    return false;
}

KERNEL(conv_weight_sum, ConvWeightArgs, 256, 1)
{
    IN(REAL, Scratch);
    UPD(REAL, Dw);
    const i64 filter = (i64)a.FilterTaps * a.InC * a.OutC;
    for (i64 at = global_index(); at < filter; at += grid_stride()) {
        const i64 row = at / a.OutC;  // tap and input channel
        const i32 output = (i32)(at - row * a.OutC);
        gptr<REAL> weight = Dw + ((i64)output * a.FilterTaps * a.InC + row);
        if (a.Masked != 0 && !in_plan(a, output, (i32)(row / a.InC), (i32)(row % a.InC))) {
            if (a.Accumulate == 0) weight[0] = (REAL)0;
            continue;
        }
        REAL sum = (REAL)0;
        gptr<const REAL> p = Scratch + at;
        i32 chunk = 0;
        for (; chunk + IN_FLIGHT <= a.Chunks; chunk += IN_FLIGHT) {
            REAL v[IN_FLIGHT];
            UNROLL
            for (int i = 0; i < IN_FLIGHT; i++) v[i] = p[(i64)i * filter];
            UNROLL
            for (int i = 0; i < IN_FLIGHT; i++) sum = sum + v[i];
            p = p + IN_FLIGHT * filter;
        }
        for (; chunk < a.Chunks; chunk++) {
            sum = sum + p[0];
            p = p + filter;
        }
        if (a.Accumulate != 0) sum = weight[0] + sum;
        weight[0] = sum;
    }
}
