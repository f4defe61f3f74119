// reduce.cu: sums, means and maxima of a row-major Rows x Columns matrix: over rows (a value a column), over columns (a value a row)
// or over all of it, in the orders of the summation law, which depend on the shape alone.
//   reduce_row            one warp a row: lane l takes elements l, l + 32, ..., then a tree over the lanes
//   reduce_column_chunks  one lane a column of a chunk of 64 rows, ascending
//   reduce_column_finish  the chunks' results of a column, ascending; they pass through shared memory in tiles, since a chain of
//                         additions that waits for memory at each step would take longer than the first stage
// All of it: rows of 4096 elements by reduce_row, then their results as one row. At most two launches, no atomics, each element read once.
// Maximum: a later element replaces only where it is greater, so NaNs never win; ArgMax is the least index that holds the value.
// limits: bank conflicts 1.0, sectors 1.25
#include "Common/stored.cuh"

#define SUM 0
#define MAX 1
#define ARGMAX 2

#define CHUNK 64
#define TILE 64
#define NO_INDEX 0x7FFFFFFF

// where the index of an element comes from
#define FROM_ROW 0    // its place in its row
#define FROM_ARRAY 1  // its place in X
#define FROM_INDEX 2  // Index at its place in X: a second stage

// X has Total elements. Mean: divides by Count. Where rows from ValidRows[0] on do not count, RowElements is what a row has of X (0 in a
// stage that does not read rows) and RowCount is what it adds to the mean's divisor.
#define REDUCE_ARGS(F)                                                                                                          \
    F(garg<const STORED>, X) F(garg<const i32>, Index) F(garg<const i32>, ValidRows) F(garg<REAL>, Y) F(garg<i32>, ArgMax)       \
    F(i64, Rows) F(i64, Columns) F(i64, Total) F(i64, Count) F(i64, RowElements) F(i64, RowCount) F(i32, IndexSource)          \
    F(i32, Mean) F(i32, Accumulate) F(i32, LastStage)
ARGS(ReduceArgs, REDUCE_ARGS)

struct Best {
    REAL value;
    i32 index;
};

DEV Best nothing()
{
    Best best;
    best.value = OP == SUM ? (REAL)0 : -real_inf();
    best.index = NO_INDEX;
    return best;
}

DEV Best combine(Best so_far, REAL x, i32 index)
{
    if constexpr (OP == SUM) {
        so_far.value = so_far.value + x;
    } else {
        if (OP == ARGMAX && (x > so_far.value || (x == so_far.value && index < so_far.index))) so_far.index = index;
        so_far.value = x > so_far.value ? x : so_far.value;
    }
    return so_far;
}

DEV i64 valid_rows(const ReduceArgs& a)
{
    IN(i32, ValidRows);
    i64 valid = ValidRows[0];
    return valid > 0 ? valid : 0;
}

DEV void write(const ReduceArgs& a, i64 at, Best result)
{
    UPD(REAL, Y);
    REAL y = result.value;
    if (a.Mean) {
        i64 valid = a.RowCount > 0 ? valid_rows(a) * a.RowCount : a.Count;
        y = y / (REAL)(valid < a.Count ? valid : a.Count);
    }
    if (a.Accumulate) y = Y[at] + y;
    Y[at] = y;
    if constexpr (OP == ARGMAX) {
        OUT(i32, ArgMax);
        ArgMax[at] = a.LastStage && result.index == NO_INDEX ? 0 : result.index;
    }
}

KERNEL(reduce_row, ReduceArgs, 128, 1)
{
    IN(STORED, X);
    i64 row = (i64)blockIdx.x * 4 + warp_index(), total = a.Total;
    if (row >= a.Rows) return;
    if (a.RowElements > 0) {
        i64 valid = valid_rows(a) * a.RowElements;
        total = valid < total ? valid : total;
    }
    i64 first = row * a.Columns, end = first + a.Columns < total ? first + a.Columns : total, i = first + lane_index();
    Best best = nothing();
    for (; OP != ARGMAX && i + 96 < end; i += 128) {  // four loads under way
        REAL x0 = get1(X + i), x1 = get1(X + (i + 32)), x2 = get1(X + (i + 64)), x3 = get1(X + (i + 96));
        best = combine(best, x0, 0);
        best = combine(best, x1, 0);
        best = combine(best, x2, 0);
        best = combine(best, x3, 0);
    }
    for (; i < end; i += 32) {
        i32 index = (i32)(a.IndexSource == FROM_ROW ? i - first : i);
        if constexpr (OP == ARGMAX) {
            IN(i32, Index);
            if (a.IndexSource == FROM_INDEX) index = Index[i];
        }
        best = combine(best, get1(X + i), index);
    }
    UNROLL
    for (u32 width = 16; width > 0; width /= 2) {
        REAL other = shfl_down(best.value, width);
        i32 index = OP == ARGMAX ? shfl_down(best.index, width) : 0;
        best = combine(best, other, index);
    }
    if (lane_index() == 0) write(a, row, best);
}

// Rows counts the rows of X; a chunk's results are a row of Y
KERNEL(reduce_column_chunks, ReduceArgs, 256, 1)
{
    IN(STORED, X);
    i64 rows = a.Rows, chunks = rows > CHUNK ? (rows + CHUNK - 1) / CHUNK : 1;
    if (a.RowElements > 0) {
        i64 valid = valid_rows(a);
        rows = valid < rows ? valid : rows;
    }
    for (i64 at = global_index(); at < chunks * a.Columns; at += grid_stride()) {
        i64 chunk = at / a.Columns, column = at % a.Columns, row = chunk * CHUNK;
        i64 end = row + CHUNK < rows ? row + CHUNK : rows;
        Best best = nothing();
        for (; row + 8 <= end; row += 8) {
            REAL x[8];
            UNROLL
            for (i32 k = 0; k < 8; k++) x[k] = get1(X + ((row + k) * a.Columns + column));
            UNROLL
            for (i32 k = 0; k < 8; k++) best = combine(best, x[k], (i32)(row + k));
        }
        for (; row < end; row++) best = combine(best, get1(X + (row * a.Columns + column)), (i32)row);
        write(a, at, best);
    }
}

// Rows counts the chunks: X has a row of results for each. A block takes 32 columns, its first warp does the additions.
KERNEL(reduce_column_finish, ReduceArgs, 256, 1)
{
    IN(STORED, X);
    SHARED(REAL, values, TILE * 32);
    SHARED(i32, indices, OP == ARGMAX ? TILE * 32 : 1);
    i64 column = (i64)blockIdx.x * 32 + lane_index();
    Best best = nothing();
    for (i64 first = 0; first < a.Rows; first += TILE) {
        i32 height = (i32)(a.Rows - first < TILE ? a.Rows - first : TILE);
        if (column < a.Columns) {
            UNROLL
            for (i32 k = 0; k < TILE / 8; k++) {
                i32 row = warp_index() + 8 * k;
                if (row < height) {
                    values[row * 32 + lane_index()] = get1(X + ((first + row) * a.Columns + column));
                    if constexpr (OP == ARGMAX) {
                        IN(i32, Index);
                        indices[row * 32 + lane_index()] = Index[(first + row) * a.Columns + column];
                    }
                }
            }
        }
        block_sync();
        if (warp_index() == 0 && column < a.Columns) {
            for (i32 row = 0; row < height; row++) {
                i32 index = OP == ARGMAX ? indices[row * 32 + lane_index()] : 0;
                best = combine(best, values[row * 32 + lane_index()], index);
            }
        }
        block_sync();
    }
    if (warp_index() == 0 && column < a.Columns) write(a, column, best);
}
