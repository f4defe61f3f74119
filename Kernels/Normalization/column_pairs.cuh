// column_pairs.cuh: two sums a column over chunks of 64 rows, S = sum u and Q = sum u v; batch norm's statistics, its gradients and those
// of layer norm's parameters have this form. The order is the column-sum law's: rows ascending inside a chunk, then chunks ascending.
#pragma once
#include "Common/prelude.cuh"

#define CHUNK 64
#define TILE 64
#define COLUMNS 32

DEV i64 chunks_of(i64 rows) { return (rows + CHUNK - 1) / CHUNK; }

// One chunk of one column: load(row, u, v) gives the terms of a row. Four rows' loads are under way at once.
template <class F> DEV void chunk_pair(i64 first, i32 height, F load, REAL& sum, REAL& dot)
{
    REAL u[4], v[4];
    i32 row = 0;
    sum = 0;
    dot = 0;
    for (; row + 4 <= height; row += 4) {
        UNROLL
        for (i32 k = 0; k < 4; k++) load(first + row + k, u[k], v[k]);
        UNROLL
        for (i32 k = 0; k < 4; k++) {
            sum = sum + u[k];
            dot = fma(u[k], v[k], dot);
        }
    }
    for (; row < height; row++) {
        load(first + row, u[0], v[0]);
        sum = sum + u[0];
        dot = fma(u[0], v[0], dot);
    }
}

// Walks the partial results of 32 columns: step(chunk, first, second), chunks ascending, in the block's first warp. load(chunk, first, second) fetches
// them for this lane's column; they pass through shared memory in tiles, since a chain that waits for memory at each step would take longer than what
// made them.
template <class L, class F> DEV void walk_chunks(i64 chunks, bool inside, L load, sptr<REAL> firsts, sptr<REAL> seconds, F step)
{
    for (i64 tile = 0; tile < chunks; tile += TILE) {
        i32 height = (i32)(chunks - tile < TILE ? chunks - tile : TILE);
        for (i32 row = warp_index(); row < height && inside; row += 8) {
            REAL first, second;
            load(tile + row, first, second);
            firsts[row * COLUMNS + lane_index()] = first;
            seconds[row * COLUMNS + lane_index()] = second;
        }
        block_sync();
        if (warp_index() == 0 && inside) {
            for (i32 row = 0; row < height; row++) {
                REAL first = firsts[row * COLUMNS + lane_index()], second = seconds[row * COLUMNS + lane_index()];
                step(tile + row, first, second);
            }
        }
        block_sync();
    }
}
