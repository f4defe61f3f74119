// softmax_cross_entropy.cu: loss[row] = log(sum exp(x - max)) - (x[label] - max) and, in the same pass,
// dx = Scale (softmax(x) - onehot(label)). Of each Positions rows the first Ignore have loss and gradient 0: their warps read nothing.
// A label outside [0, columns) makes its row's loss and gradient NaN: it can neither read past the row nor train on silently.
// Reads each logit once and writes each gradient once: with -DITEMS=n > 0 a warp holds its row of up to 32 n columns in registers;
// ITEMS=0 walks longer rows three times, and finds them in the L1 cache. One warp a row; sums and the maximum by the row-sum law.
#include "Common/prelude.cuh"
#include "Common/math.cuh"

#define SOFTMAX_CROSS_ENTROPY_ARGS(F) \
    F(garg<const REAL>, Logits) F(garg<const i32>, Labels) F(garg<REAL>, Loss) F(garg<REAL>, DLogits) F(f64, Scale) F(i32, Rows) \
    F(i32, Columns) F(i32, Positions) F(i32, Ignore) F(i32, Gradient)
ARGS(SoftmaxCrossEntropyArgs, SOFTMAX_CROSS_ENTROPY_ARGS)

KERNEL(softmax_cross_entropy, SoftmaxCrossEntropyArgs, 128, 1)
{
    IN(REAL, Logits);
    IN(i32, Labels);
    OUT(REAL, Loss);
    OUT(REAL, DLogits);
    i64 row = (i64)blockIdx.x * (blockDim.x / 32) + warp_index();
    if (row >= a.Rows) return;
    gptr<const REAL> x = Logits + row * a.Columns;
    i32 lane = lane_index(), columns = a.Columns;
    if (a.Ignore > 0 && row % a.Positions < a.Ignore) {
        if (lane == 0) Loss[row] = (REAL)0;
        if (a.Gradient)
            for (i32 c = lane; c < columns; c += 32) DLogits[row * columns + c] = (REAL)0;
        return;
    }
    i32 label = Labels[row];
    REAL largest = -real_inf(), sum = 0;

#if ITEMS > 0
    REAL e[ITEMS];
    UNROLL for (i32 k = 0; k < ITEMS; k++) {
        i32 c = lane + 32 * k;
        e[k] = c < columns ? (REAL)x[c] : -real_inf();
        largest = real_max2(largest, e[k]);
    }
    largest = shfl(warp_max_tree(largest), 0);
    UNROLL for (i32 k = 0; k < ITEMS; k++) {
        e[k] = gen_exp(e[k] - largest);
        if (lane + 32 * k < columns) sum = sum + e[k];
    }
#else
    for (i32 c = lane; c < columns; c += 32) {
        REAL v = x[c];
        largest = real_max2(largest, v);
    }
    largest = shfl(warp_max_tree(largest), 0);
    for (i32 c = lane; c < columns; c += 32) {
        REAL v = x[c];
        sum = sum + gen_exp(v - largest);
    }
#endif

    sum = shfl(warp_sum_tree(sum), 0);
    bool known = label >= 0 && label < columns;
    if (lane == 0) {
        REAL chosen = known ? (REAL)x[label] : gen_nan((REAL)0);
        Loss[row] = gen_log(sum) - (chosen - largest);
    }
    if (!a.Gradient) return;

    gptr<REAL> d = DLogits + row * columns;
    REAL scale = (REAL)a.Scale, inverse = known ? scale / sum : gen_nan((REAL)0);
#if ITEMS > 0
    UNROLL for (i32 k = 0; k < ITEMS; k++) {
        i32 c = lane + 32 * k;
        REAL p = e[k] * inverse;
        if (c < columns) d[c] = c == label ? p - scale : p;
    }
#else
    for (i32 c = lane; c < columns; c += 32) {
        REAL v = x[c], p = gen_exp(v - largest) * inverse;
        d[c] = c == label ? p - scale : p;
    }
#endif
}
