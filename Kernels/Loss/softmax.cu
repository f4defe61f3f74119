// softmax.cu: probabilities of logits, a row each.
//   forward   y = exp(x - max) / sum exp(x - max)
//   backward  dx = y (dy - sum(y dy))
// One warp a row, walked three times forward and twice backward: the first walk brings it to the L1 cache, where the others find it.
// Sums and the maximum by the row-sum law.
#include "Common/prelude.cuh"
#include "Common/math.cuh"

#define SOFTMAX_FORWARD_ARGS(F) F(garg<const REAL>, X) F(garg<REAL>, Y) F(i32, Rows) F(i32, Columns)
ARGS(SoftmaxForwardArgs, SOFTMAX_FORWARD_ARGS)

KERNEL(softmax_forward, SoftmaxForwardArgs, 128, 1)
{
    IN(REAL, X);
    OUT(REAL, Y);
    i64 row = (i64)blockIdx.x * (blockDim.x / 32) + warp_index();
    if (row >= a.Rows) return;
    gptr<const REAL> x = X + row * a.Columns;
    gptr<REAL> y = Y + row * a.Columns;
    i32 lane = lane_index();
    REAL largest = -real_inf(), sum = 0;
    for (i32 c = lane; c < a.Columns; c += 32) {
        REAL v = x[c];
        largest = real_max2(largest, v);
    }
    largest = shfl(warp_max_tree(largest), 0);
    for (i32 c = lane; c < a.Columns; c += 32) {
        REAL v = x[c];
        sum = sum + gen_exp(v - largest);
    }
    REAL inverse = (REAL)1 / shfl(warp_sum_tree(sum), 0);
    for (i32 c = lane; c < a.Columns; c += 32) {
        REAL v = x[c];
        y[c] = gen_exp(v - largest) * inverse;
    }
}

#define SOFTMAX_BACKWARD_ARGS(F) F(garg<const REAL>, Y) F(garg<const REAL>, DY) F(garg<REAL>, DX) F(i32, Rows) F(i32, Columns)
ARGS(SoftmaxBackwardArgs, SOFTMAX_BACKWARD_ARGS)

KERNEL(softmax_backward, SoftmaxBackwardArgs, 128, 1)
{
    IN(REAL, Y);
    IN(REAL, DY);
    OUT(REAL, DX);
    i64 row = (i64)blockIdx.x * (blockDim.x / 32) + warp_index();
    if (row >= a.Rows) return;
    i64 start = row * a.Columns;
    REAL dot = 0;
    for (i32 c = lane_index(); c < a.Columns; c += 32) dot = fma((REAL)Y[start + c], (REAL)DY[start + c], dot);
    dot = shfl(warp_sum_tree(dot), 0);
    for (i32 c = lane_index(); c < a.Columns; c += 32) {
        REAL p = Y[start + c], g = DY[start + c];
        DX[start + c] = p * (g - dot);
    }
}
