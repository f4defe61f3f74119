// weight_norm.cu: w = g v / |v|, a row (an output channel's filter) at a time (Salimans and Kingma 2016, eq. 2), and its gradients (eq. 3):
//   dg = <dw, v> / |v|,   dv = g / |v| (dw - v <dw, v> / |v|^2)
// Rows x Columns; weights are small beside activations. A warp owns a row and walks it twice, the second time in the first-level cache; sums by the
// row-sum law. A row of zeros has no direction: its w is NaN.
#include "Common/math.cuh"

// Inverse: 1/|v|, a row. ToV, ToG: see below
#define WEIGHT_NORM_ARGS(F)                                                                                                       \
    F(garg<const REAL>, V) F(garg<const REAL>, G) F(garg<REAL>, W) F(garg<REAL>, Inverse) F(garg<const REAL>, DW) F(garg<REAL>, DV) \
    F(garg<REAL>, DG) F(i64, Rows) F(i64, Columns) F(i32, ToV) F(i32, ToG)
ARGS(WeightNormArgs, WEIGHT_NORM_ARGS)

// what becomes of a gradient
#define UNWANTED 0
#define WRITTEN 1
#define ADDED 2

KERNEL(weight_norm, WeightNormArgs, 128, 1)
{
    IN(REAL, V);
    IN(REAL, G);
    OUT(REAL, W);
    OUT(REAL, Inverse);
    i64 row = (i64)blockIdx.x * 4 + warp_index();
    if (row >= a.Rows) return;
    gptr<const REAL> v = V + row * a.Columns;
    gptr<REAL> w = W + row * a.Columns;
    REAL squares = 0, g = G[row];
    for (i64 c = lane_index(); c < a.Columns; c += 32) {
        REAL x = v[c];
        squares = fma(x, x, squares);
    }
    REAL inverse = gen_rsqrt(shfl(warp_sum_tree(squares), 0)), scale = g * inverse;
    for (i64 c = lane_index(); c < a.Columns; c += 32) {
        REAL x = v[c];
        w[c] = x * scale;
    }
    if (lane_index() == 0) Inverse[row] = inverse;
}

KERNEL(weight_norm_backward, WeightNormArgs, 128, 1)
{
    IN(REAL, DW);
    IN(REAL, V);
    IN(REAL, G);
    IN(REAL, Inverse);
    UPD(REAL, DV);
    UPD(REAL, DG);
    i64 row = (i64)blockIdx.x * 4 + warp_index();
    if (row >= a.Rows) return;
    gptr<const REAL> v = V + row * a.Columns, dw = DW + row * a.Columns;
    REAL inverse = Inverse[row], g = G[row], dot = 0;
    for (i64 c = lane_index(); c < a.Columns; c += 32) {
        REAL x = v[c], up = dw[c];
        dot = fma(up, x, dot);
    }
    REAL dg = shfl(warp_sum_tree(dot), 0) * inverse, along = dg * inverse, scale = g * inverse;
    if (a.ToV != UNWANTED) {
        gptr<REAL> dv = DV + row * a.Columns;
        for (i64 c = lane_index(); c < a.Columns; c += 32) {
            REAL x = v[c], up = dw[c], d = fma(-x, along, up);
            dv[c] = a.ToV == ADDED ? fma(d, scale, (REAL)dv[c]) : d * scale;
        }
    }
    if (a.ToG != UNWANTED && lane_index() == 0) DG[row] = a.ToG == ADDED ? DG[row] + dg : dg;
}
