// batch_norm_backward.cu: gradients of batch_norm.cu. With z before the activation, h = (x - mean) * inverse deviation and dz = dy act'(z):
//   dbeta = sum dz,   dgamma = sum dz h,   dx = gamma inverse (dz - mean(dz) - h mean(dz h))   (without the means where the statistics are constants)
// z and act' are computed again from x, so nothing but x and the statistics is kept. Two passes: sums (dy, x read), dx (dy, x read, dx written; in place of
// dy where that is allowed). Sums by column_pairs.cuh; layer norm's parameters use the finish too.
#include "Common/math.cuh"
#include "Normalization/column_pairs.cuh"

// Means: [2, Columns], mean(dz) and mean(dz h), where Training. ToGamma, ToBeta: see below
#define BATCH_NORM_BACKWARD_ARGS(F)                                                                                                 \
    F(garg<const STORED>, DY) F(garg<const STORED>, X) F(garg<const REAL>, Stats) F(garg<const REAL>, Gamma) F(garg<const REAL>, Beta) \
    F(garg<REAL>, Partials) F(garg<REAL>, Means) F(garg<REAL>, DGamma) F(garg<REAL>, DBeta) F(garg<STORED>, DX) F(i64, Rows)         \
    F(i64, Columns) F(i64, Quads) F(f64, Slope) F(i32, Training) F(i32, ToGamma) F(i32, ToBeta) F(i32, Accumulate)
ARGS(BatchNormBackwardArgs, BATCH_NORM_BACKWARD_ARGS)

// what becomes of a parameter's gradient
#define UNWANTED 0
#define WRITTEN 1
#define ADDED 2

#ifdef ACTIVATION
// dz from dy and h
DEV REAL before_activation(REAL dy, REAL h, REAL gamma, REAL beta, REAL slope)
{
    if constexpr (ACTIVATION == ACT_NONE) return dy;
    else return dy * gen_activate_grad<ACTIVATION>(gen_activate<ACTIVATION>(fma(h, gamma, beta), slope), slope);
}

KERNEL(batch_norm_backward_sums, BatchNormBackwardArgs, 256, 1)
{
    IN(STORED, DY);
    IN(STORED, X);
    IN(REAL, Stats);
    IN(REAL, Gamma);
    IN(REAL, Beta);
    OUT(REAL, Partials);
    REAL slope = (REAL)a.Slope;
    for (i64 at = global_index(); at < chunks_of(a.Rows) * a.Columns; at += grid_stride()) {
        i64 chunk = at / a.Columns, column = at % a.Columns, first = chunk * CHUNK;
        i32 height = (i32)(a.Rows - first < CHUNK ? a.Rows - first : CHUNK);
        REAL mean = Stats[column], inverse = Stats[a.Columns + column], gamma = Gamma[column], beta = Beta[column], sum, dot;
        chunk_pair<4 * FOURS>(first, height, [&](i64 row, REAL& u, REAL& v) {
            REAL x = get1(X + (row * a.Columns + column)), dy = get1(DY + (row * a.Columns + column));
            v = (x - mean) * inverse;
            u = before_activation(dy, v, gamma, beta, slope);
        }, sum, dot);
        Partials[2 * chunk * a.Columns + column] = sum;
        Partials[(2 * chunk + 1) * a.Columns + column] = dot;
    }
}

// DX may be DY, so neither is restrict
KERNEL(batch_norm_backward_apply, BatchNormBackwardArgs, 256, 1)
{
    gptr<const STORED> DY = a.DY;
    gptr<STORED> DX = a.DX;
    IN(STORED, X);
    IN(REAL, Stats);
    IN(REAL, Gamma);
    IN(REAL, Beta);
    IN(REAL, Means);
    REAL slope = (REAL)a.Slope;
    auto gradient = [&](REAL dy, REAL x, REAL old, i64 column) {
        REAL inverse = Stats[a.Columns + column], gamma = Gamma[column], beta = Beta[column];
        REAL h = (x - Stats[column]) * inverse, d = before_activation(dy, h, gamma, beta, slope);
        if (a.Training) {
            d = d - Means[column];
            d = fma(-h, Means[a.Columns + column], d);
        }
        return a.Accumulate ? fma(d, gamma * inverse, old) : d * (gamma * inverse);
    };
    bool quads = a.Quads > 0;
    i64 width = quads ? a.Columns / 4 : a.Columns, items = quads ? a.Quads : a.Rows * a.Columns, step = grid_stride();
    i64 i = global_index(), column = i % width, columns = step % width;
    auto advance = [&] {
        column += columns;
        if (column >= width) column -= width;
    };
    NO_UNROLL
    for (; i < items; i += FOURS * step) {
        if (quads) {
            vec4<REAL> d[FOURS], x[FOURS], old[FOURS];
            UNROLL
            for (int f = 0; f < FOURS; f++) {
                const i64 at = 4 * (i + f * step);
                if (i + f * step >= items) break;
                d[f] = get4(DY + at);
                x[f] = get4(X + at);
                old[f] = d[f];
                if (a.Accumulate) old[f] = get4(gptr<const STORED>(DX + at));
            }
            UNROLL
            for (int f = 0; f < FOURS; f++) {
                if (i + f * step >= items) break;
                i64 c = 4 * column;
                d[f].x = gradient(d[f].x, x[f].x, old[f].x, c);
                d[f].y = gradient(d[f].y, x[f].y, old[f].y, c + 1);
                d[f].z = gradient(d[f].z, x[f].z, old[f].z, c + 2);
                d[f].w = gradient(d[f].w, x[f].w, old[f].w, c + 3);
                put4(DX + 4 * (i + f * step), d[f]);
                advance();
            }
        } else {
            for (i64 at = i; at < items && at < i + FOURS * step; at += step) {
                REAL dy = get1(DY + at), x = get1(X + at), old = dy;
                if (a.Accumulate) old = get1(gptr<const STORED>(DX + at));
                put1(DX + at, gradient(dy, x, old, column));
                advance();
            }
        }
    }
}
#endif

KERNEL(batch_norm_backward_finish, BatchNormBackwardArgs, 256, 1)
{
    IN(REAL, Partials);
    SHARED(REAL, sums, TILE * COLUMNS);
    SHARED(REAL, dots, TILE * COLUMNS);
    i64 column = (i64)blockIdx.x * COLUMNS + lane_index();
    REAL total = 0, dot = 0;
    bool inside = column < a.Columns;
    auto load = [&](i64 chunk, REAL& first, REAL& second) {
        first = Partials[2 * chunk * a.Columns + column];
        second = Partials[(2 * chunk + 1) * a.Columns + column];
    };
    walk_chunks(chunks_of(a.Rows), inside, load, sums, dots, [&](i64, REAL first, REAL second) {
        total = total + first;
        dot = dot + second;
    });
    if (warp_index() != 0 || !inside) return;
    if (a.Training) {
        OUT(REAL, Means);
        Means[column] = total / (REAL)a.Rows;
        Means[a.Columns + column] = dot / (REAL)a.Rows;
    }
    if (a.ToBeta != UNWANTED) {
        UPD(REAL, DBeta);
        DBeta[column] = a.ToBeta == ADDED ? DBeta[column] + total : total;
    }
    if (a.ToGamma != UNWANTED) {
        UPD(REAL, DGamma);
        DGamma[column] = a.ToGamma == ADDED ? DGamma[column] + dot : dot;
    }
}
