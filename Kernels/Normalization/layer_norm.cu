// layer_norm.cu: y = (x - mean) / sqrt(variance + epsilon) * gamma + beta over each row of a Rows x Columns matrix, gamma and beta a column
// (Ba, Kiros and Hinton 2016, eq. 4), and its gradients. Biased variance.
// A warp owns a row and walks it three times; the second and third walk find it in the first-level cache, so memory sees x once and y once.
// Sums by the row-sum law. The mean is x[0] + mean(x - x[0]) and the variance is of deviations from it: no cancellation.
// With h = (x - mean) inverse and g = dy gamma: dx = inverse (g - mean(g) - h mean(g h)), means over the row; dbeta = sum dy and
// dgamma = sum dy h over the rows by column_pairs.cuh, finished by batch_norm_backward_finish.
#include "Common/math.cuh"
#include "Normalization/column_pairs.cuh"

// Stats: [2, Rows], means and inverse deviations
#define LAYER_NORM_ARGS(F)                                                                                                         \
    F(garg<const REAL>, X) F(garg<const REAL>, Gamma) F(garg<const REAL>, Beta) F(garg<REAL>, Stats) F(garg<REAL>, Y)             \
    F(garg<const REAL>, DY) F(garg<REAL>, DX) F(garg<REAL>, Partials) F(i64, Rows) F(i64, Columns) F(f64, Epsilon) F(i32, Accumulate)
ARGS(LayerNormArgs, LAYER_NORM_ARGS)

KERNEL(layer_norm, LayerNormArgs, 128, 1)
{
    IN(REAL, X);
    IN(REAL, Gamma);
    IN(REAL, Beta);
    OUT(REAL, Stats);
    OUT(REAL, Y);
    i64 row = (i64)blockIdx.x * 4 + warp_index();
    if (row >= a.Rows) return;
    gptr<const REAL> x = X + row * a.Columns;
    gptr<REAL> y = Y + row * a.Columns;
    REAL shift = x[0], sum = 0, squares = 0, count = (REAL)a.Columns;
    for (i64 c = lane_index(); c < a.Columns; c += 32) {
        REAL v = x[c];
        sum = sum + (v - shift);
    }
    REAL mean = shift + shfl(warp_sum_tree(sum), 0) / count;
    for (i64 c = lane_index(); c < a.Columns; c += 32) {
        REAL v = x[c], d = v - mean;
        squares = fma(d, d, squares);
    }
    REAL inverse = gen_rsqrt(shfl(warp_sum_tree(squares), 0) / count + (REAL)a.Epsilon);
    for (i64 c = lane_index(); c < a.Columns; c += 32) {
        REAL v = x[c], gamma = Gamma[c], beta = Beta[c];
        y[c] = fma((v - mean) * inverse, gamma, beta);
    }
    if (lane_index() == 0) {
        Stats[row] = mean;
        Stats[a.Rows + row] = inverse;
    }
}

// DX may be DY, so neither is restrict
KERNEL(layer_norm_backward, LayerNormArgs, 128, 1)
{
    IN(REAL, X);
    IN(REAL, Gamma);
    IN(REAL, Stats);
    i64 row = (i64)blockIdx.x * 4 + warp_index();
    if (row >= a.Rows) return;
    gptr<const REAL> x = X + row * a.Columns, DY = a.DY, dy = DY + row * a.Columns;
    gptr<REAL> DX = a.DX, dx = DX + row * a.Columns;
    REAL mean = Stats[row], inverse = Stats[a.Rows + row], sum = 0, dot = 0, count = (REAL)a.Columns;
    for (i64 c = lane_index(); c < a.Columns; c += 32) {
        REAL up = dy[c], gamma = Gamma[c], v = x[c];
        sum = fma(up, gamma, sum);
        dot = fma(up * gamma, (v - mean) * inverse, dot);
    }
    sum = shfl(warp_sum_tree(sum), 0) / count;
    dot = shfl(warp_sum_tree(dot), 0) / count;
    for (i64 c = lane_index(); c < a.Columns; c += 32) {
        REAL up = dy[c], gamma = Gamma[c], v = x[c];
        REAL d = fma(-((v - mean) * inverse), dot, up * gamma - sum);
        dx[c] = a.Accumulate ? fma(d, inverse, (REAL)dx[c]) : d * inverse;
    }
}

KERNEL(layer_norm_backward_sums, LayerNormArgs, 256, 1)
{
    IN(REAL, DY);
    IN(REAL, X);
    IN(REAL, Stats);
    OUT(REAL, Partials);
    for (i64 at = global_index(); at < chunks_of(a.Rows) * a.Columns; at += grid_stride()) {
        i64 chunk = at / a.Columns, column = at % a.Columns, first = chunk * CHUNK;
        i32 height = (i32)(a.Rows - first < CHUNK ? a.Rows - first : CHUNK);
        REAL sum, dot;
        chunk_pair(first, height, [&](i64 row, REAL& u, REAL& v) {
            REAL x = X[row * a.Columns + column], mean = Stats[row], inverse = Stats[a.Rows + row];
            u = DY[row * a.Columns + column];
            v = (x - mean) * inverse;
        }, sum, dot);
        Partials[2 * chunk * a.Columns + column] = sum;
        Partials[(2 * chunk + 1) * a.Columns + column] = dot;
    }
}
