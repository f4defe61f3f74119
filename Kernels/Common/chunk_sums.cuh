// chunk_sums.cuh: sums a column over a chunk of 64 rows, S = sum u and Q = sum u v, rows ascending from +0; and the statistics that a batch norm
// joins, from whoever has the rows at hand: the kernel that made them, or one that reads them once more.
#pragma once
#include "Common/stored.cuh"

#define CHUNK 64

DEV i64 chunks_of(i64 rows) { return (rows + CHUNK - 1) / CHUNK; }

// One chunk of one column: load(row, u, v) gives the terms of a row. LOADS rows' loads are under way at once.
template <int LOADS = 4, class F, class T> DEV void chunk_pair(i64 first, i32 height, F load, T& sum, T& dot)
{
    T u[LOADS], v[LOADS];
    i32 row = 0;
    sum = 0;
    dot = 0;
    NO_UNROLL
    for (; row + LOADS <= height; row += LOADS) {
        UNROLL
        for (i32 k = 0; k < LOADS; k++) load(first + row + k, u[k], v[k]);
        UNROLL
        for (i32 k = 0; k < LOADS; k++) {
            sum = sum + u[k];
            dot = fma(u[k], v[k], dot);
        }
    }
    NO_UNROLL
    for (; row < height; row++) {
        load(first + row, u[0], v[0]);
        sum = sum + u[0];
        dot = fma(u[0], v[0], dot);
    }
}

// The sum of one column of a chunk of x, as reduce_column_chunks adds it: sums [chunks, columns].
template <int LOADS, class S, class T> DEV void chunk_sum(gptr<const S> x, gptr<T> sums, i64 chunk, i32 height, i64 columns, i64 column)
{
    gptr<const S> next = x + (chunk * CHUNK * columns + column);
    T sum = 0;
    i32 row = 0;
    NO_UNROLL
    for (; row + LOADS <= height; row += LOADS) {
        T v[LOADS];
        UNROLL
        for (i32 k = 0; k < LOADS; k++) v[k] = get1(next + (row + k) * columns);
        UNROLL
        for (i32 k = 0; k < LOADS; k++) sum = sum + v[k];
    }
    NO_UNROLL
    for (; row < height; row++) sum = sum + get1(next + row * columns);
    sums[chunk * columns + column] = sum;
}

// Statistics of one column of a chunk of x, `height` rows of `columns` elements: partials [chunks, 3, columns] = its first row, its mean less that, its
// squared deviations.
template <int LOADS, class S, class T> DEV void chunk_statistics(gptr<const S> x, gptr<T> partials, i64 chunk, i32 height, i64 columns, i64 column)
{
    i64 first = chunk * CHUNK;
    T shift = get1(x + (first * columns + column)), sum, squares;
    chunk_pair<LOADS>(first, height, [&](i64 row, T& u, T& v) {
        T value = get1(x + (row * columns + column));
        u = value - shift;
        v = u;
    }, sum, squares);
    T mean = sum / (T)height, rest = fma(-sum, mean, squares);
    partials[3 * chunk * columns + column] = shift;
    partials[(3 * chunk + 1) * columns + column] = mean;
    partials[(3 * chunk + 2) * columns + column] = (T)0 > rest ? (T)0 : rest;  // a NaN passes
}
