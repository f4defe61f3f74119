// column_pairs.cuh: two sums a column over chunks of 64 rows, S = sum u and Q = sum u v; batch norm's statistics, its gradients and those
// of layer norm's parameters have this form. The order is the column-sum law's: rows ascending inside a chunk, then chunks ascending.
#pragma once
#include "Common/chunk_sums.cuh"

#define TILE 64
#define COLUMNS 32

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
