// softmax_cross_entropy.cu: loss[row] = log(sum exp(x - max)) - (x[label] - max) and, in the same pass, dx = softmax(x) - onehot(label).
// A label outside [0, columns) makes its row's loss and gradient NaN: it can neither read past the row nor train on silently.
// Reads each logit once and writes each gradient once: with -DITEMS=n > 0 a warp holds its row of up to 32 n columns in registers;
// ITEMS=0 walks longer rows three times, and finds them in the L1 cache. One warp a row; sums and the maximum by the row-sum law.
#include "Common/four.cuh"
#include "Common/math.cuh"

#define SOFTMAX_CROSS_ENTROPY_ARGS(F) \
    F(garg<const REAL>, Logits) F(garg<const i32>, Labels) F(garg<REAL>, Loss) F(garg<REAL>, DLogits) F(i32, Rows) F(i32, Columns) F(i32, Gradient)
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
    i32 lane = lane_index(), columns = a.Columns, label = Labels[row];
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
    REAL inverse = known ? (REAL)1 / sum : gen_nan((REAL)0);
#if ITEMS > 0
    UNROLL for (i32 k = 0; k < ITEMS; k++) {
        i32 c = lane + 32 * k;
        REAL p = e[k] * inverse;
        if (c < columns) d[c] = c == label ? p - (REAL)1 : p;
    }
#else
    for (i32 c = lane; c < columns; c += 32) {
        REAL v = x[c], p = gen_exp(v - largest) * inverse;
        d[c] = c == label ? p - (REAL)1 : p;
    }
#endif
}

#define SOFTMAX_CROSS_ENTROPY_BACKWARD_ARGS(F) F(garg<const REAL>, DLoss) F(garg<REAL>, DLogits) F(i64, Count) F(i32, Columns) F(i32, Aligned)
ARGS(SoftmaxCrossEntropyBackwardArgs, SOFTMAX_CROSS_ENTROPY_BACKWARD_ARGS)

// dlogits[row, :] *= dloss[row], in place
KERNEL(softmax_cross_entropy_backward, SoftmaxCrossEntropyBackwardArgs, 256, 1)
{
    IN(REAL, DLoss);
    UPD(REAL, DLogits);
    for (i64 first = 4 * global_index(); first < a.Count; first += 4 * grid_stride()) {
        vec4<REAL> d = load4<REAL>(DLogits, first, a.Count, a.Aligned), g = row_values4(DLoss, first, a.Count, a.Columns);
        vec4<REAL> p = { d.x * g.x, d.y * g.y, d.z * g.z, d.w * g.w };
        store4(DLogits, first, a.Count, a.Aligned, p);
    }
}
