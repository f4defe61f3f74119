// batch_norm.cu: y = act((x - mean) / sqrt(variance + epsilon) * gamma + beta) over a row-major Rows x Columns matrix, mean and variance a
// column (Ioffe and Szegedy 2015, algorithm 1); NHWC images are rows of channels. A few operations an element, so memory decides: one pass for the
// statistics (x read), one to normalise (x read, y written).
//   batch_norm_statistics  a chunk of 64 rows of a column a lane: [chunks, 3, Columns] = its first row, its mean less that, its squared deviations
//   batch_norm_finish      the chunks' results of a column, ascending: Stats [3, Columns] = mean, 1/sqrt(variance + epsilon), unbiased variance
//   batch_norm_running     the first two rows of Stats from running statistics
//   batch_norm_update      running statistics moved towards Stats
//   batch_norm_apply       y from x and Stats
// Free of cancellation in one pass: a chunk's sums are of x - s, s its first row. With n rows the squares' sum exceeds what is wanted by n (mean - s)^2, and
// since s is itself one of the n values that is at most n times what is wanted: rounding errors grow 65 times at worst, whatever mean and deviation are.
// Chunks are joined by two walks over their small results, the mean and then the deviations from it, all relative to the first chunk's s: no mean is
// rounded at its own size before the end.
#include "Common/math.cuh"
#include "Normalization/column_pairs.cuh"

// Quads: groups of four columns, moved 16 bytes at a time; 0 where Columns or an address does not allow it
#define BATCH_NORM_ARGS(F)                                                                                                          \
    F(garg<const STORED>, X) F(garg<REAL>, Partials) F(garg<REAL>, Stats) F(garg<REAL>, RunningMean) F(garg<REAL>, RunningVariance)  \
    F(garg<const REAL>, Gamma) F(garg<const REAL>, Beta) F(garg<STORED>, Y) F(i64, Rows) F(i64, Columns) F(i64, Quads)               \
    F(f64, Epsilon) F(f64, Momentum) F(f64, Slope)
ARGS(BatchNormArgs, BATCH_NORM_ARGS)

KERNEL(batch_norm_statistics, BatchNormArgs, 256, 1)
{
    IN(STORED, X);
    OUT(REAL, Partials);
    for (i64 at = global_index(); at < chunks_of(a.Rows) * a.Columns; at += grid_stride()) {
        i64 chunk = at / a.Columns, column = at % a.Columns, first = chunk * CHUNK;
        i32 height = (i32)(a.Rows - first < CHUNK ? a.Rows - first : CHUNK);
        chunk_statistics<4 * FOURS, STORED, REAL>(X, Partials, chunk, height, a.Columns, column);
    }
}

KERNEL(batch_norm_finish, BatchNormArgs, 256, 1)
{
    IN(REAL, Partials);
    OUT(REAL, Stats);
    SHARED(REAL, means, TILE * COLUMNS);
    SHARED(REAL, squares, TILE * COLUMNS);
    i64 column = (i64)blockIdx.x * COLUMNS + lane_index(), chunks = chunks_of(a.Rows);
    bool inside = column < a.Columns;
    REAL shift = inside ? (REAL)Partials[column] : (REAL)0, sum = 0, total = 0;
    auto load = [&](i64 chunk, REAL& mean, REAL& square) {
        gptr<const REAL> partial = Partials + (3 * chunk * a.Columns + column);
        mean = (partial[0] - shift) + partial[a.Columns];
        square = partial[2 * a.Columns];
    };
    auto count = [&](i64 chunk) { return (REAL)(chunk + 1 < chunks ? CHUNK : a.Rows - chunk * CHUNK); };
    walk_chunks(chunks, inside, load, means, squares, [&](i64 chunk, REAL mean, REAL) { sum = fma(count(chunk), mean, sum); });
    REAL grand = sum / (REAL)a.Rows;
    walk_chunks(chunks, inside, load, means, squares, [&](i64 chunk, REAL mean, REAL square) {
        REAL d = mean - grand;
        total = total + square;
        total = fma(count(chunk) * d, d, total);
    });
    if (warp_index() != 0 || !inside) return;
    Stats[column] = shift + grand;
    Stats[a.Columns + column] = gen_rsqrt(total / (REAL)a.Rows + (REAL)a.Epsilon);
    Stats[2 * a.Columns + column] = total / (REAL)(a.Rows - 1);
}

KERNEL(batch_norm_running, BatchNormArgs, 256, 1)
{
    IN(REAL, RunningMean);
    IN(REAL, RunningVariance);
    OUT(REAL, Stats);
    for (i64 column = global_index(); column < a.Columns; column += grid_stride()) {
        REAL mean = RunningMean[column], variance = RunningVariance[column];
        Stats[column] = mean;
        Stats[a.Columns + column] = gen_rsqrt(variance + (REAL)a.Epsilon);
    }
}

KERNEL(batch_norm_update, BatchNormArgs, 256, 1)
{
    IN(REAL, Stats);
    UPD(REAL, RunningMean);
    UPD(REAL, RunningVariance);
    REAL momentum = (REAL)a.Momentum;
    for (i64 column = global_index(); column < a.Columns; column += grid_stride()) {
        REAL mean = RunningMean[column], variance = RunningVariance[column];
        RunningMean[column] = fma(momentum, Stats[column] - mean, mean);
        RunningVariance[column] = fma(momentum, Stats[2 * a.Columns + column] - variance, variance);
    }
}

#ifdef ACTIVATION
KERNEL(batch_norm_apply, BatchNormArgs, 256, 1)
{
    IN(STORED, X);
    IN(REAL, Stats);
    IN(REAL, Gamma);
    IN(REAL, Beta);
    OUT(STORED, Y);
    REAL slope = (REAL)a.Slope;
    auto value = [&](REAL x, REAL mean, REAL inverse, REAL gamma, REAL beta) {
        return gen_activate<ACTIVATION>(fma((x - mean) * inverse, gamma, beta), slope);
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
            vec4<REAL> x[FOURS];
            UNROLL
            for (int f = 0; f < FOURS; f++) {
                if (i + f * step < items) x[f] = get4(X + 4 * (i + f * step));
            }
            UNROLL
            for (int f = 0; f < FOURS; f++) {
                if (i + f * step >= items) break;
                i64 c = 4 * column;
                vec4<REAL> m = ld4(Stats + c), s = ld4(Stats + (a.Columns + c)), g = ld4(Gamma + c), b = ld4(Beta + c);
                x[f].x = value(x[f].x, m.x, s.x, g.x, b.x);
                x[f].y = value(x[f].y, m.y, s.y, g.y, b.y);
                x[f].z = value(x[f].z, m.z, s.z, g.z, b.z);
                x[f].w = value(x[f].w, m.w, s.w, g.w, b.w);
                put4(Y + 4 * (i + f * step), x[f]);
                advance();
            }
        } else {
            for (i64 at = i; at < items && at < i + FOURS * step; at += step) {
                REAL x = get1(X + at), m = Stats[column], s = Stats[a.Columns + column], g = Gamma[column], b = Beta[column];
                put1(Y + at, value(x, m, s, g, b));
                advance();
            }
        }
    }
}
#endif
