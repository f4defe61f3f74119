// ladder.cuh: what the rungs share. C = A B in float; A is M x K, B is K x N, row-major. Each file beside this one is one rung: the rung below it
// and one idea more. Rungs 1 to 5 give every output as one chain of fused multiply-adds over ascending k, so their bits are MatMul's.
#pragma once
#include "Common/prelude.cuh"

#define LADDER_ARGS(F) F(garg<const f32>, A) F(garg<const f32>, B) F(garg<f32>, C) F(i64, M) F(i64, N) F(i64, K)
ARGS(LadderArgs, LADDER_ARGS)

#ifndef QUADS
#define QUADS 0  // 1: K and N are multiples of four, rows begin on 16-byte boundaries
#endif

// How many of `extent` lie at first and after, as far as a tile may ask
DEV i32 count_from(i64 extent, i64 first) { return (i32)(extent - first < 1024 ? extent - first : 1024); }

// Asks for ROWS x COLUMNS values, `stride` apart, to be copied into shared memory, zeros past the end; they are there after cp_async_wait.
// All THREADS of the block. From sm_80.
template <int ROWS, int COLUMNS, int PITCH, int THREADS>
DEV void copy_panel(sptr<f32> to, gptr<const f32> from, i64 stride, i32 rows, i32 columns)
{
    constexpr int run = QUADS ? 4 : 1, copies = ROWS * COLUMNS / run / THREADS;
    static_assert(copies * run * THREADS == ROWS * COLUMNS, "every thread copies as often");
    UNROLL
    for (int i = 0; i < copies; i++) {
        i32 slot = (i32)threadIdx.x + i * THREADS;
        i32 row = slot / (COLUMNS / run), column = slot % (COLUMNS / run) * run;
        bool valid = row < rows && column < columns;
        if constexpr (QUADS != 0) cp_async16(to + row * PITCH + column, from + row * stride + column, valid);
        else cp_async4(to + row * PITCH + column, from + row * stride + column, valid);
    }
}
