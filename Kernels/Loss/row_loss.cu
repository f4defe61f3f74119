// row_loss.cu: loss[row] = sum over the row of f(x, t) and its gradient dx = dloss[row] f'(x, t).
//   -DKIND=0  binary cross-entropy of logits x: max(x, 0) - x t + log1p(exp(-|x|)), which neither overflows nor cancels
//   -DKIND=1  (x - t)^2
//   -DKIND=2  |x - t|, derivative 0 at 0
// Forward reads 2 values an element, backward reads 2 and writes 1. One warp a row in the order of the row-sum law; loads run ahead
// of the lane's one chain of additions.
#include "Common/four.cuh"
#include "Common/math.cuh"

DEV REAL row_loss_step(REAL lane, REAL x, REAL t)
{
    if (KIND == 0) return lane + (fma(-x, t, real_max2(x, (REAL)0)) + gen_softplus(-real_abs(x)));
    REAL d = x - t;
    return KIND == 1 ? fma(d, d, lane) : lane + real_abs(d);
}

DEV REAL row_loss_gradient(REAL g, REAL x, REAL t)
{
    if (KIND == 0) return (gen_sigmoid(x) - t) * g;
    REAL d = x - t;
    if (KIND == 1) return d * (g + g);
    return d > (REAL)0 ? g : (REAL)0 > d ? -g : d * g;  // the last: 0 stays 0, NaN stays NaN
}

#define ROW_LOSS_FORWARD_ARGS(F) F(garg<const REAL>, Prediction) F(garg<const REAL>, Target) F(garg<REAL>, Loss) F(i32, Rows) F(i32, Columns)
ARGS(RowLossForwardArgs, ROW_LOSS_FORWARD_ARGS)

KERNEL(row_loss_forward, RowLossForwardArgs, 128, 1)
{
    IN(REAL, Prediction);
    IN(REAL, Target);
    OUT(REAL, Loss);
    i64 row = (i64)blockIdx.x * (blockDim.x / 32) + warp_index();
    if (row >= a.Rows) return;
    i64 first = row * a.Columns;
    REAL sum = 0;
    for (i32 c = lane_index(); c < a.Columns; c += 32) {
        REAL x = Prediction[first + c], t = Target[first + c];
        sum = row_loss_step(sum, x, t);
    }
    sum = warp_sum_tree(sum);
    if (lane_index() == 0) Loss[row] = sum;
}

#define ROW_LOSS_BACKWARD_ARGS(F) \
    F(garg<const REAL>, Prediction) F(garg<const REAL>, Target) F(garg<const REAL>, DLoss) F(garg<REAL>, DPrediction) \
    F(i64, Count) F(i32, Columns) F(i32, Aligned)
ARGS(RowLossBackwardArgs, ROW_LOSS_BACKWARD_ARGS)

KERNEL(row_loss_backward, RowLossBackwardArgs, 256, 1)
{
    IN(REAL, Prediction);
    IN(REAL, Target);
    IN(REAL, DLoss);
    OUT(REAL, DPrediction);
    for (i64 first = 4 * global_index(); first < a.Count; first += 4 * grid_stride()) {
        vec4<REAL> x = load4(Prediction, first, a.Count, a.Aligned), t = load4(Target, first, a.Count, a.Aligned);
        vec4<REAL> g = row_values4(DLoss, first, a.Count, a.Columns);
        vec4<REAL> d = { row_loss_gradient(g.x, x.x, t.x), row_loss_gradient(g.y, x.y, t.y),
                         row_loss_gradient(g.z, x.z, t.z), row_loss_gradient(g.w, x.w, t.w) };
        store4(DPrediction, first, a.Count, a.Aligned, d);
    }
}
