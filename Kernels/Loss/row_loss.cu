// row_loss.cu: loss[row] = sum over the row of f(x, t) and its gradient dx = dloss[row] f'(x, t); forward leaves Scale f'(x, t) in the
// same pass where Gradient is set, from the same exponential.
//   -DKIND=0  binary cross-entropy of logits x: max(x, 0) - x t + log1p(exp(-|x|)), which never overflows
//   -DKIND=1  (x - t)^2
//   -DKIND=2  |x - t|, derivative 0 at 0
// Forward reads 2 values an element (and writes 1), backward reads 2 and writes 1. The row-sum law gives a row 32 chains of additions and no more;
// what can run beside them is everything else. Short rows take a warp each. A long row takes a block: 256 threads load and evaluate
// the terms of a tile at once, and one warp adds them up in the law's order while the others are at the next tile.
#include "Common/four.cuh"
#include "Common/math.cuh"

// What an element brings to its lane's sum, and how it is added.
DEV REAL row_loss_term(REAL x, REAL t)
{
    if (KIND == 0) return fma(-x, t, real_max2(x, (REAL)0)) + gen_log1p_of_unit(gen_exp(-real_abs(x)));
    return KIND == 1 ? x - t : real_abs(x - t);
}

DEV REAL row_loss_add(REAL lane, REAL term) { return KIND == 1 ? fma(term, term, lane) : lane + term; }

DEV REAL row_loss_gradient(REAL g, REAL x, REAL t)
{
    if (KIND == 0) return (gen_sigmoid(x) - t) * g;
    REAL d = x - t;
    if (KIND == 1) return d * (g + g);
    return d > (REAL)0 ? g : (REAL)0 > d ? -g : d * g;  // the last: 0 stays 0, NaN stays NaN
}

#define ROW_LOSS_FORWARD_ARGS(F) \
    F(garg<const REAL>, Prediction) F(garg<const REAL>, Target) F(garg<REAL>, Loss) F(garg<REAL>, DPrediction) F(f64, Scale) \
    F(i32, Rows) F(i32, Columns) F(i32, Gradient)
ARGS(RowLossForwardArgs, ROW_LOSS_FORWARD_ARGS)

KERNEL(row_loss_forward, RowLossForwardArgs, 128, 1)
{
    IN(REAL, Prediction);
    IN(REAL, Target);
    OUT(REAL, Loss);
    OUT(REAL, DPrediction);
    REAL scale = (REAL)a.Scale;
    i64 row = (i64)blockIdx.x * (blockDim.x / 32) + warp_index();
    if (row >= a.Rows) return;
    const i32 Items = 4;
    i64 first = row * a.Columns;
    REAL sum = 0;
    for (i32 c = lane_index(); c < a.Columns; c += 32 * Items) {
        REAL x[Items], t[Items];
        UNROLL for (i32 k = 0; k < Items; k++) {  // all loads ahead of all arithmetic
            bool inside = c + 32 * k < a.Columns;
            x[k] = inside ? (REAL)Prediction[first + c + 32 * k] : (REAL)0;
            t[k] = inside ? (REAL)Target[first + c + 32 * k] : (REAL)0;
        }
        UNROLL for (i32 k = 0; k < Items; k++) {
            if (c + 32 * k >= a.Columns) continue;
            sum = row_loss_add(sum, row_loss_term(x[k], t[k]));
            if (a.Gradient) DPrediction[first + c + 32 * k] = row_loss_gradient(scale, x[k], t[k]);
        }
    }
    sum = warp_sum_tree(sum);
    if (lane_index() == 0) Loss[row] = sum;
}

KERNEL(row_loss_forward_wide, RowLossForwardArgs, 256, 1)
{
    const i32 Threads = 256, Items = 8, Tile = Threads * Items;
    IN(REAL, Prediction);
    IN(REAL, Target);
    OUT(REAL, Loss);
    OUT(REAL, DPrediction);
    SHARED(REAL, terms, 2 * Tile);
    REAL scale = (REAL)a.Scale;
    i64 row = blockIdx.x, first = row * a.Columns;
    i32 thread = (i32)threadIdx.x, half = 0;
    REAL sum = 0;
    for (i64 start = 0; start < a.Columns; start += Tile) {
        i32 count = a.Columns - start < Tile ? (i32)(a.Columns - start) : Tile;
        REAL x[Items], t[Items];
        UNROLL for (i32 k = 0; k < Items; k++) {
            i32 c = thread + Threads * k;
            x[k] = c < count ? (REAL)Prediction[first + start + c] : (REAL)0;
            t[k] = c < count ? (REAL)Target[first + start + c] : (REAL)0;
        }
        UNROLL for (i32 k = 0; k < Items; k++) {
            i32 c = thread + Threads * k;
            terms[half + c] = row_loss_term(x[k], t[k]);
            if (a.Gradient && c < count) DPrediction[first + start + c] = row_loss_gradient(scale, x[k], t[k]);
        }
        block_sync();  // the only one: the other half is written next, and this one only after the next barrier
        if (warp_index() == 0) {
            for (i32 c = thread; c < count; c += 32) {
                REAL term = terms[half + c];
                sum = row_loss_add(sum, term);
            }
        }
        half = Tile - half;
    }
    if (warp_index() != 0) return;
    sum = warp_sum_tree(sum);
    if (thread == 0) Loss[row] = sum;
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
