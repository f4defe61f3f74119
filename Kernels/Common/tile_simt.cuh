// tile_simt.cuh: a block's tile of C += A x B on the ordinary arithmetic units, for matrix products and convolutions. Each output is one
// chain of fused multiply-adds over ascending k, so no choice of tile changes a bit.
//
// The block walks K in steps of DEPTH. A step's panels of A and B lie in shared memory, k by k, while the next step's are on their way
// from global memory in registers: one barrier a step. A thread owns TM x TN outputs, in quads of 4 x 4 that lie 4 lanes apart, so
// that a warp (4 x 8 lanes) reads each k of its panels in conflict-free 16-byte pieces: 2 TM TN arithmetic operations for TM + TN words.
// Where K ends inside a step, A is filled up with +0 and B with -0: their product, -0, changes no sum, not even the sign of a zero.
#pragma once
#include "Common/prelude.cuh"

template <int BM_, int BN_, int DEPTH_, int TM_, int TN_> struct SimtTile {
    static constexpr int BM = BM_, BN = BN_, DEPTH = DEPTH_, TM = TM_, TN = TN_;
    static constexpr int THREADS = BM / TM * (BN / TN);
    static constexpr int RUN = TM < 4 ? TM : 4;  // neighbouring rows of a thread
    static constexpr int PITCH_A = BM + 4, PITCH_B = BN + 4;  // the 4 spread transposing stores over the banks
    static constexpr int STAGE = DEPTH * (PITCH_A + PITCH_B);
    static constexpr int SHARED_WORDS = 2 * STAGE;
    static constexpr int WARPS_N = BN / (8 * TN);
    static_assert(BM % (4 * TM) == 0 && BN % (8 * TN) == 0 && TN % 4 == 0 && DEPTH % 4 == 0, "whole warps of whole quads");

    // where output (i, j) of the calling thread stands in the tile
    static DEV int row(int i)
    {
        return warp_index() / WARPS_N * (4 * TM) + i / RUN * (4 * RUN) + lane_index() / 8 * RUN + i % RUN;
    }
    static DEV int column(int j) { return warp_index() % WARPS_N * (8 * TN) + j / 4 * 32 + lane_index() % 8 * 4 + j % 4; }
};

// p[0 .. 3] as far as `left` elements, then fill. WHOLE: extents are multiples of 4 and rows begin on 16-byte boundaries, so that four
// neighbours are one access, and all there or all not.
template <bool WHOLE, class T> DEV vec4<T> load_upto4(gptr<const T> p, i32 left, T fill)
{
    vec4<T> v = {fill, fill, fill, fill};
    if constexpr (WHOLE) {
        if (left > 0) v = ld4(p);
    } else {
        if (left > 0) v.x = p[0];
        if (left > 1) v.y = p[1];
        if (left > 2) v.z = p[2];
        if (left > 3) v.w = p[3];
    }
    return v;
}

// The same, decided at run time; for outputs, whose fill reaches nobody.
template <class T> DEV vec4<T> load_outputs(gptr<const T> p, i32 left, bool quads)
{
    if (quads) return load_upto4<true, T>(p, left, (T)0);
    return load_upto4<false, T>(p, left, (T)0);
}

template <class T> DEV vec4<T> add4(vec4<T> a, vec4<T> b) { return {a.x + b.x, a.y + b.y, a.z + b.z, a.w + b.w}; }

// p[0 .. 3] = v, as far as `left` elements
template <bool WHOLE, class T> DEV void store_upto4(gptr<T> p, vec4<T> v, i32 left)
{
    if constexpr (WHOLE) {
        if (left > 0) st4(p, v);
    } else {
        if (left > 0) p[0] = v.x;
        if (left > 1) p[1] = v.y;
        if (left > 2) p[2] = v.z;
        if (left > 3) p[3] = v.w;
    }
}

// How many of `extent` lie at first and after, as far as a tile may ask
DEV i32 count_left(i64 extent, i64 first) { return (i32)(extent - first < 1024 ? extent - first : 1024); }

// A loader brings the panels of an operand step by step: fetch(left) the next one into registers, where K has `left` more; store() it
// into shared memory. Rows past the end repeat the last ones: they reach no output. This loader is for rows that are
// contiguous along k, stored transposed.
template <class T, bool WHOLE, int WIDTH, int PITCH, int DEPTH, int THREADS> struct PanelAlongK {
    static constexpr int LOADS = WIDTH * DEPTH / 4 / THREADS;
    static_assert(LOADS * 4 * THREADS == WIDTH * DEPTH, "every thread loads as often");
    gptr<const T> next[LOADS];
    T fill;
    vec4<T> held[LOADS];

    static DEV i32 slot_row(int l) { return ((i32)threadIdx.x + l * THREADS) / (DEPTH / 4); }
    static DEV i32 slot_k(int l) { return ((i32)threadIdx.x + l * THREADS) % (DEPTH / 4) * 4; }

    // source: the tile's first row, of `rows`; `stride` from one row to the next
    DEV PanelAlongK(gptr<const T> source, i64 stride, i32 rows, T filling) : fill(filling)
    {
        UNROLL
        for (int l = 0; l < LOADS; l++) next[l] = source + (slot_row(l) < rows ? slot_row(l) : rows - 1) * stride + slot_k(l);
    }
    DEV void fetch(i32 left)
    {
        UNROLL
        for (int l = 0; l < LOADS; l++) {
            held[l] = load_upto4<WHOLE, T>(next[l], left - slot_k(l), fill);
            next[l] = next[l] + DEPTH;
        }
    }
    DEV void store(sptr<T> panel) const
    {
        UNROLL
        for (int l = 0; l < LOADS; l++) {
            sptr<T> p = panel + slot_k(l) * PITCH + slot_row(l);
            p[0] = held[l].x;
            p[PITCH] = held[l].y;
            p[2 * PITCH] = held[l].z;
            p[3 * PITCH] = held[l].w;
        }
    }
};

// The loader for rows that are neighbours in memory, stored as they are; `stride` from one k to the next.
template <class T, bool WHOLE, int WIDTH, int PITCH, int DEPTH, int THREADS> struct PanelAcrossK {
    static constexpr int LOADS = WIDTH * DEPTH / 4 / THREADS;
    static_assert(LOADS * 4 * THREADS == WIDTH * DEPTH, "every thread loads as often");
    gptr<const T> next[LOADS];
    i64 step;
    i32 rows;
    T fill;
    vec4<T> held[LOADS];

    static DEV i32 slot_row(int l) { return ((i32)threadIdx.x + l * THREADS) % (WIDTH / 4) * 4; }
    static DEV i32 slot_k(int l) { return ((i32)threadIdx.x + l * THREADS) / (WIDTH / 4); }

    DEV PanelAcrossK(gptr<const T> source, i64 stride, i32 tile_rows, T filling) : step(stride * DEPTH), rows(tile_rows), fill(filling)
    {
        UNROLL
        for (int l = 0; l < LOADS; l++) {
            i32 row = WHOLE && slot_row(l) >= rows ? rows - 4 : slot_row(l);
            next[l] = source + slot_k(l) * stride + row;
        }
    }
    DEV void fetch(i32 left)
    {
        UNROLL
        for (int l = 0; l < LOADS; l++) {
            held[l] = load_upto4<WHOLE, T>(next[l], slot_k(l) < left ? WHOLE ? 4 : rows - slot_row(l) : 0, fill);
            next[l] = next[l] + step;
        }
    }
    DEV void store(sptr<T> panel) const
    {
        UNROLL
        for (int l = 0; l < LOADS; l++) st4(panel + slot_k(l) * PITCH + slot_row(l), held[l]);
    }
};

// acc += one step's panels
template <class Tile, class T> DEV void tile_multiply(sptr<const T> panel_a, sptr<const T> panel_b, T (&acc)[Tile::TM][Tile::TN])
{
    UNROLL
    for (int k = 0; k < Tile::DEPTH; k++) {
        T x[Tile::TM], y[Tile::TN];
        UNROLL
        for (int i = 0; i < Tile::TM; i += Tile::RUN) {
            sptr<const T> p = panel_a + k * Tile::PITCH_A + Tile::row(i);
            if constexpr (Tile::RUN == 4) {
                vec4<T> v = ld4(p);
                x[i] = v.x, x[i + 1] = v.y, x[i + 2] = v.z, x[i + 3] = v.w;
            } else {
                UNROLL
                for (int r = 0; r < Tile::RUN; r++) x[i + r] = p[r];
            }
        }
        UNROLL
        for (int j = 0; j < Tile::TN; j += 4) {
            vec4<T> v = ld4(panel_b + k * Tile::PITCH_B + Tile::column(j));
            y[j] = v.x, y[j + 1] = v.y, y[j + 2] = v.z, y[j + 3] = v.w;
        }
        UNROLL
        for (int i = 0; i < Tile::TM; i++) {
            UNROLL
            for (int j = 0; j < Tile::TN; j++) acc[i][j] = fma(x[i], y[j], acc[i][j]);
        }
    }
}

// acc += A x B over all of K; shared holds Tile::SHARED_WORDS. All threads of the block.
template <class Tile, class T, class LoaderA, class LoaderB>
DEV void tile_product(sptr<T> shared, i32 K, LoaderA& load_a, LoaderB& load_b, T (&acc)[Tile::TM][Tile::TN])
{
    const int panel_b = Tile::DEPTH * Tile::PITCH_A;
    load_a.fetch(K);
    load_b.fetch(K);
    load_a.store(shared);
    load_b.store(shared + panel_b);
    block_sync();
    int stage = 0;
    NO_UNROLL
    for (i32 left = K - Tile::DEPTH;; left -= Tile::DEPTH) {
        if (left > 0) {
            load_a.fetch(left);
            load_b.fetch(left);
        }
        tile_multiply<Tile, T>(shared + stage, shared + stage + panel_b, acc);
        if (left <= 0) break;
        stage = Tile::STAGE - stage;
        load_a.store(shared + stage);
        load_b.store(shared + stage + panel_b);
        block_sync();
    }
}
