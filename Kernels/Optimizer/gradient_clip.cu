// gradient_clip.cu: bounds the gradients of a flat arena: each one (clip_value), or their norm (square_rows, then clip_norm).
// Cost: clip_value reads and writes the arena; the norm reads it once. The sum of squares is the law's "sum of all": a warp sums a
// row of 4096 by its 32 lanes and their tree, and one warp sums the rows' sums in the same way.
#include "Common/prelude.cuh"
#include "Common/four.cuh"
#include "Optimizer/optimizer.cuh"

#define CLIP_VALUE_ARGS(F) F(garg<REAL>, G) F(i64, N) F(f64, Limit) F(i32, Aligned)
ARGS(ClipValueArgs, CLIP_VALUE_ARGS)

#define CLIP_NORM_ARGS(F) F(garg<const REAL>, G) F(garg<REAL>, Sums) F(garg<f64>, State) F(i64, N) F(i64, Rows) F(f64, MaxNorm)
ARGS(ClipNormArgs, CLIP_NORM_ARGS)

#define ROW_LENGTH 4096

DEV REAL bounded(REAL g, REAL limit) { return g > limit ? limit : -limit > g ? -limit : g; }

KERNEL(clip_value, ClipValueArgs, 256, 1)
{
    UPD(REAL, G);
    REAL limit = (REAL)a.Limit;
    for (i64 i = global_index() * 4; i < a.N; i += grid_stride() * 4) {
        vec4<REAL> g = load4<REAL>(G, i, a.N, a.Aligned);
        g.x = bounded(g.x, limit);
        g.y = bounded(g.y, limit);
        g.z = bounded(g.z, limit);
        g.w = bounded(g.w, limit);
        store4<REAL>(G, i, a.N, a.Aligned, g);
    }
}

KERNEL(square_rows, ClipNormArgs, 256, 1)
{
    IN(REAL, G);
    OUT(REAL, Sums);
    for (i64 row = global_index() >> 5; row < a.Rows; row += grid_stride() >> 5) {
        i64 first = row * ROW_LENGTH, end = a.N - first < ROW_LENGTH ? a.N : first + ROW_LENGTH;
        REAL sum = 0;
        for (i64 i = first + lane_index(); i < end; i += 32) {
            REAL g = G[i];
            sum = fma(g, g, sum);
        }
        sum = warp_sum_tree(sum);
        if (lane_index() == 0) Sums[row] = sum;
    }
}

KERNEL(clip_norm, ClipNormArgs, 32, 1)
{
    IN(REAL, Sums);
    UPD(f64, State);
    REAL sum = 0;
    for (i64 row = lane_index(); row < a.Rows; row += 32) sum = sum + Sums[row];
    sum = warp_sum_tree(sum);
    if (lane_index() == 0) {
        f64 norm = (f64)real_sqrt(sum);
        f64 scale = a.MaxNorm / (norm + 1e-6);
        State[STATE_GRAD_NORM] = norm;
        State[STATE_GRAD_SCALE] = scale > 1.0 ? 1.0 : scale;
    }
}
