// tile_mma.cuh: a block's tile of C += A x B on tensor cores (sm_80 on), for matrix products and convolutions: float32 in global and shared
// memory, operands rounded to TF32 or BF16, or split into two of TF32, on their way from shared memory to registers, sums in float32.
//
// The block walks K in steps of DEPTH; STAGES panels of A and B lie in shared memory, all but one still under way (cp.async, one barrier a
// step). A warp owns WM x WN outputs. Which row stands where in an mma, and which k, is free as long as A and B agree on k and C knows the
// rows; the choice here makes every access to shared memory one of 16 bytes without bank conflicts, in panels of both orders:
//   * lane (g, t) = (lane / 4, lane % 4) brings, of 16 steps of k, the four from 4 t on, and of 32 rows the four from 4 pi(g) on:
//     16 words, four reads of 16 bytes along k or four across it. pi(g) = g % 2 * 4 + g / 2.
//   * row 4 pi(g) + q of A is row g + 8 (q % 2) of the q / 2 nd mma, row 4 pi(g) + q of B column g of the q th. So the
//     lane's outputs come in fours of neighbouring columns, and C moves in pieces of 16 bytes too, whole sectors of it.
// The order of k does not depend on the tile: tiles of one precision give the same bits. Where K or rows end, panels are filled with +0.
#pragma once
#include "Common/prelude.cuh"

DEV int mma_group() { return lane_index() / 4; }
DEV int mma_thread() { return lane_index() % 4; }
DEV int mma_group_slot() { return mma_group() % 2 * 4 + mma_group() / 2; }  // pi

template <int BM_, int BN_, int DEPTH_, int WARPS_M, int WARPS_N_, int STAGES_> struct MmaTile {
    static constexpr int BM = BM_, BN = BN_, DEPTH = DEPTH_, STAGES = STAGES_, WARPS_N = WARPS_N_;
    static constexpr int THREADS = 32 * WARPS_M * WARPS_N;
    static constexpr int WM = BM / WARPS_M, WN = BN / WARPS_N;
    static constexpr int TM = WM / 16, TN = WN / 8;      // mma tiles of a warp
    static constexpr int STAGE = DEPTH * (BM + BN);      // words
    static constexpr int SHARED_WORDS = STAGES * STAGE;  // of dynamic shared memory
    static_assert(WM % 32 == 0 && WN % 32 == 0 && WM * WARPS_M == BM && WN * WARPS_N == BN, "a warp owns whole blocks of 32 x 32");
    static_assert(DEPTH == 16 || DEPTH == 32, "swizzles are made for these");
    static_assert(STAGES >= 2, "one stage is used while others are under way");

    static DEV int warp_row() { return warp_index() / WARPS_N * WM; }
    static DEV int warp_column() { return warp_index() % WARPS_N * WN; }
    // Where acc[i][j][2 h + e] of the calling lane stands in the tile. Neighbours in j / 4 * 4 .. j / 4 * 4 + 3 are neighbouring columns.
    static DEV int row(int i, int h) { return warp_row() + i / 2 * 32 + mma_group_slot() * 4 + i % 2 * 2 + h; }
    static DEV int column(int j, int e) { return warp_column() + j / 4 * 32 + e * 16 + mma_thread() * 4 + j % 4; }
};

// ---- panels in shared memory: where a word stands, and how a warp reads its operands ----

// Rows one after another, DEPTH words each. Rows 16 apart are read together: every other 16 of them have the halves of a line exchanged.
template <int WIDTH_, int DEPTH_> struct MmaPanelAlongK {
    static constexpr int WIDTH = WIDTH_, DEPTH = DEPTH_;

    static DEV int word(int row, int k) { return (row * DEPTH + k) ^ (row >> 4 & 1) << 4; }

    // What read() adds to the panel: the calling lane's place in the first 32 of a warp's rows.
    static DEV int lane_word(int warp_row) { return warp_row * DEPTH + mma_group_slot() * 4 * DEPTH + (mma_group() % 2 * 16 + mma_thread() * 4); }

    // v[q][j] = row 4 pi(g) + q of the block-th 32 rows, k = 16 s + 4 t + j
    static DEV void read(sptr<const f32> panel, int lane_word, int block, int s, f32 (&v)[4][4])
    {
        UNROLL
        for (int q = 0; q < 4; q++) {
            const int at = block * 32 * DEPTH + q * DEPTH + s * 16, half = at & 16;  // constants of the unrolled loop
            vec4<f32> x = ld4(panel + ((lane_word ^ half) + (at - half)));
            v[q][0] = x.x, v[q][1] = x.y, v[q][2] = x.z, v[q][3] = x.w;
        }
    }
};

// Steps of k one after another, WIDTH words each. The four t of a warp read k 4 apart: pieces of 16 bytes are exchanged by k / 4 % 4.
template <int WIDTH_, int DEPTH_> struct MmaPanelAcrossK {
    static constexpr int WIDTH = WIDTH_, DEPTH = DEPTH_;

    static DEV int word(int row, int k) { return k * WIDTH + (row ^ (k >> 2 & 3) << 2); }

    static DEV int lane_word(int warp_row) { return mma_thread() * 4 * WIDTH + warp_row + (mma_group_slot() ^ mma_thread()) * 4; }

    static DEV void read(sptr<const f32> panel, int lane_word, int block, int s, f32 (&v)[4][4])
    {
        UNROLL
        for (int j = 0; j < 4; j++) {
            vec4<f32> x = ld4(panel + (lane_word + (s * 16 + j) * WIDTH + block * 32));
            v[0][j] = x.x, v[1][j] = x.y, v[2][j] = x.z, v[3][j] = x.w;
        }
    }
};

// ---- loaders: issue() starts the copies of one step, where K has `left` more, and moves on to the next ----
// A loader decides the address of each piece and whether it is there; one that gathers (a convolution's taps) keeps a pointer a row.
// WHOLE: extents are multiples of 4 and rows begin on 16-byte boundaries, so pieces are 16 bytes, else single words.

template <bool WHOLE> DEV void copy_piece(sptr<f32> to, gptr<const f32> from, bool valid)
{
    if constexpr (WHOLE) cp_async16(to, from, valid);
    else cp_async4(to, from, valid);
}

// For rows that are contiguous along k.
template <bool WHOLE, int WIDTH, int DEPTH, int THREADS> struct MmaCopyAlongK {
    using Panel = MmaPanelAlongK<WIDTH, DEPTH>;
    static constexpr int PIECE = WHOLE ? 4 : 1;
    static constexpr int PIECES = DEPTH / PIECE;       // of a row
    static constexpr int STEP = THREADS / PIECES;      // rows from one piece of a thread to its next
    static constexpr int LOADS = WIDTH / STEP;
    static_assert(THREADS % PIECES == 0 && WIDTH % STEP == 0, "every thread copies as often");
    gptr<const f32> next;
    i64 step;
    i32 rows;

    static DEV int slot_row() { return (int)threadIdx.x / PIECES; }
    static DEV int slot_k() { return (int)threadIdx.x % PIECES * PIECE; }

    // source: the tile's first row, of `tile_rows`; `stride` from one row to the next
    DEV MmaCopyAlongK(gptr<const f32> source, i64 stride, i32 tile_rows)
        : next(source + (slot_row() * stride + slot_k())), step(STEP * stride), rows(tile_rows - slot_row())
    {
    }
    DEV void issue(sptr<f32> panel, i32 left)
    {
        const bool inside = slot_k() < left;
        UNROLL
        for (int l = 0; l < LOADS; l++)
            copy_piece<WHOLE>(panel + Panel::word(slot_row() + l * STEP, slot_k()), next + l * step, inside && l * STEP < rows);
        next = next + DEPTH;
    }
};

// For rows that are neighbours in memory; `stride` from one k to the next.
template <bool WHOLE, int WIDTH, int DEPTH, int THREADS> struct MmaCopyAcrossK {
    using Panel = MmaPanelAcrossK<WIDTH, DEPTH>;
    static constexpr int PIECE = WHOLE ? 4 : 1;
    static constexpr int PIECES = WIDTH / PIECE;       // of a step of k
    static constexpr int STEP = THREADS / PIECES;      // steps of k from one piece of a thread to its next
    static constexpr int LOADS = DEPTH / STEP;
    static_assert(THREADS % PIECES == 0 && DEPTH % STEP == 0, "every thread copies as often");
    gptr<const f32> next;
    i64 step;
    bool inside;

    static DEV int slot_row() { return (int)threadIdx.x % PIECES * PIECE; }
    static DEV int slot_k() { return (int)threadIdx.x / PIECES; }

    DEV MmaCopyAcrossK(gptr<const f32> source, i64 stride, i32 tile_rows)
        : next(source + (slot_k() * stride + slot_row())), step(STEP * stride), inside(slot_row() < tile_rows)
    {
    }
    DEV void issue(sptr<f32> panel, i32 left)
    {
        UNROLL
        for (int l = 0; l < LOADS; l++)
            copy_piece<WHOLE>(panel + Panel::word(slot_row(), slot_k() + l * STEP), next + l * step, inside && slot_k() + l * STEP < left);
        next = next + LOADS * step;
    }
};

// ---- arithmetic: 16 steps of k of two rows of A (g and g + 8 of an mma) and one column of B, the lane's share of them ----

struct MmaTf32 {
    static constexpr bool SPLIT = false;
    static constexpr int WORDS = 4, PARTS = 2;  // registers for a lane's four k; mma instructions for 16 of them
    static DEV void round(const f32 (&v)[4], u32 (&w)[WORDS])
    {
        UNROLL
        for (int j = 0; j < 4; j++) w[j] = to_tf32(v[j]);
    }
    template <int PART> static DEV void multiply(f32 (&acc)[4], const u32 (&upper)[WORDS], const u32 (&lower)[WORDS], const u32 (&y)[WORDS])
    {
        const u32 a[4] = {upper[2 * PART], lower[2 * PART], upper[2 * PART + 1], lower[2 * PART + 1]}, b[2] = {y[2 * PART], y[2 * PART + 1]};
        mma_tf32_1688(acc, a, b);
    }
};

struct MmaBf16 {
    static constexpr bool SPLIT = false;
    static constexpr int WORDS = 2, PARTS = 1;
    static DEV void round(const f32 (&v)[4], u32 (&w)[WORDS]) { w[0] = pack_bf16(v[0], v[1]), w[1] = pack_bf16(v[2], v[3]); }
    template <int PART> static DEV void multiply(f32 (&acc)[4], const u32 (&upper)[WORDS], const u32 (&lower)[WORDS], const u32 (&y)[WORDS])
    {
        const u32 a[4] = {upper[0], lower[0], upper[1], lower[1]}, b[2] = {y[0], y[1]};
        mma_bf16_16816(acc, a, b);
    }
};

// "3xTF32": x is big + small, both TF32, and a product is small big' + big small' + big big'. What is left out, small small' and the rounding of
// the small parts, is at most 2^-21 of the product while neither operand is below 2^-114 (small parts are multiples of 2^-136).
//   * Sums: a tensor core rounds towards zero where it adds, which over all of K would be off by more than that. So the six instructions of
//     16 steps of k begin at zero, small terms first, and an ordinary addition takes their sum to that of the steps before.
//   * Infinity is 1 + infinity: as a big part it would meet the other operand's small part, which may be 0 or of the other sign. So what
//     infinities and NaN give is what float32 gives, but for infinity times less than 2^-137, which is NaN. What TF32 rounds to infinity
//     counts as infinite, and products beyond 2^128 are infinite or NaN.
// The big part of x, which rounds to `rounded`: 1 with its sign where that is not finite.
DEV u32 big_tf32(f32 x, u32 rounded)
{
    return real_abs(bits_f32(rounded)) < RealLimits<f32>::inf() ? rounded : (f32_bits(x) & 0x80000000u) | f32_bits(1.0f);
}
DEV void split_tf32(f32 x, u32& big, u32& small)
{
    big = big_tf32(x, to_tf32(x));
    small = to_tf32(x - bits_f32(big));
}

struct MmaTf32x3 {
    static constexpr bool SPLIT = true;
    static constexpr int WORDS = 8, TERMS = 6;  // four big parts, four small ones; mma instructions for 16 k
    static DEV void split(const f32 (&v)[4][4], u32 (&w)[4][WORDS])
    {
        f32 check[4] = {};  // NaN where one of the sixteen is not finite: a multiply-add each, where comparing and selecting take six times as long
        UNROLL
        for (int i = 0; i < 16; i++) {
            w[i / 4][i % 4] = to_tf32(v[i / 4][i % 4]);
            check[i % 4] = fma(bits_f32(w[i / 4][i % 4]), 0.0f, check[i % 4]);
        }
        if (check[0] + check[1] + (check[2] + check[3]) != 0.0f) {
            UNROLL
            for (int i = 0; i < 16; i++) w[i / 4][i % 4] = big_tf32(v[i / 4][i % 4], w[i / 4][i % 4]);
        }
        UNROLL
        for (int i = 0; i < 16; i++) w[i / 4][4 + i % 4] = to_tf32(v[i / 4][i % 4] - bits_f32(w[i / 4][i % 4]));
    }
    // term: a constant once loops are unrolled; odd ones are the second eight k, the last two big big'
    static DEV void multiply(int term, f32 (&sum)[4], const u32 (&upper)[WORDS], const u32 (&lower)[WORDS], const u32 (&y)[WORDS])
    {
        const int p = term % 2 * 2 + (term / 2 == 0 ? 4 : 0), q = term % 2 * 2 + (term / 2 == 1 ? 4 : 0);
        const u32 a[4] = {upper[p], lower[p], upper[p + 1], lower[p + 1]}, b[2] = {y[q], y[q + 1]};
        mma_tf32_1688(sum, a, b);
    }
};

// by Precision's number
template <int NUMBER> struct MmaMath;
template <> struct MmaMath<1> {
    using Type = MmaTf32;
};
template <> struct MmaMath<2> {
    using Type = MmaBf16;
};
template <> struct MmaMath<3> {
    using Type = MmaTf32x3;
};

template <class Tile, class Math, int PART>
DEV void mma_part(const u32 (&x)[4][Math::WORDS], const u32 (&y)[Tile::TN][Math::WORDS], f32 (&acc)[Tile::TM][Tile::TN][4], int block)
{
    UNROLL
    for (int i = 0; i < 2; i++) {
        UNROLL
        for (int j = 0; j < Tile::TN; j++) Math::template multiply<PART>(acc[2 * block + i][j], x[2 * i], x[2 * i + 1], y[j]);
    }
    if constexpr (PART + 1 < Math::PARTS) mma_part<Tile, Math, PART + 1>(x, y, acc, block);
}

// acc += one step's panels; lane_a and lane_b are the panels' lane_word
template <class Tile, class Math, class PanelA, class PanelB>
DEV void mma_multiply(sptr<const f32> panel_a, int lane_a, sptr<const f32> panel_b, int lane_b, f32 (&acc)[Tile::TM][Tile::TN][4])
{
    UNROLL
    for (int s = 0; s < Tile::DEPTH / 16; s++) {
        u32 y[Tile::TN][Math::WORDS];
        UNROLL
        for (int block = 0; block < Tile::TN / 4; block++) {
            f32 v[4][4];
            PanelB::read(panel_b, lane_b, block, s, v);
            UNROLL
            for (int q = 0; q < 4; q++) Math::round(v[q], y[4 * block + q]);
        }
        UNROLL
        for (int block = 0; block < Tile::TM / 2; block++) {
            f32 v[4][4];
            u32 x[4][Math::WORDS];
            PanelA::read(panel_a, lane_a, block, s, v);
            UNROLL
            for (int q = 0; q < 4; q++) Math::round(v[q], x[q]);
            mma_part<Tile, Math, 0>(x, y, acc, block);
        }
    }
}

// The same where operands are split, which takes twice the registers: blocks of 32 columns by 32 rows, one at a time. rows: of the warp; blocks past
// them are skipped. That branch and the loop also keep the compiler from reading a later block's words before this one's are used up,
// which without them ends in spills.
template <class Tile, class Math, class PanelA, class PanelB>
DEV void mma_multiply_split(sptr<const f32> panel_a, int lane_a, sptr<const f32> panel_b, int lane_b, i32 rows, f32 (&acc)[Tile::TM][Tile::TN][4])
{
    NO_UNROLL
    for (int s = 0; s < Tile::DEPTH / 16; s++) {
        UNROLL
        for (int columns = 0; columns < Tile::TN / 4; columns++) {
            f32 v[4][4];
            u32 y[4][Math::WORDS];
            PanelB::read(panel_b, lane_b, columns, s, v);
            Math::split(v, y);
            UNROLL
            for (int block = 0; block < Tile::TM / 2; block++) {
                if (block * 32 >= rows) break;  // all lanes alike
                u32 x[4][Math::WORDS];
                PanelA::read(panel_a, lane_a, block, s, v);
                Math::split(v, x);
                UNROLL
                for (int i = 0; i < 2; i++) {
                    f32 sum[4][4] = {};  // four chains of instructions side by side
                    UNROLL
                    for (int term = 0; term < Math::TERMS; term++) {
                        UNROLL
                        for (int j = 0; j < 4; j++) Math::multiply(term, sum[j], x[2 * i], x[2 * i + 1], y[j]);
                    }
                    UNROLL
                    for (int j = 0; j < 4; j++) {
                        UNROLL
                        for (int r = 0; r < 4; r++) acc[2 * block + i][4 * columns + j][r] = acc[2 * block + i][4 * columns + j][r] + sum[j][r];
                    }
                }
            }
        }
    }
}

// acc += A x B over all of K; shared holds Tile::SHARED_WORDS. rows: of the tile; acc of others may stay as it was. All threads of the block. Ends without a barrier.
template <class Tile, class Math, class LoaderA, class LoaderB>
DEV void mma_product(sptr<f32> shared, i32 K, i32 rows, LoaderA& load_a, LoaderB& load_b, f32 (&acc)[Tile::TM][Tile::TN][4])
{
    using PanelA = typename LoaderA::Panel;
    using PanelB = typename LoaderB::Panel;
    const int panel_b = Tile::DEPTH * Tile::BM;
    const int lane_a = PanelA::lane_word(Tile::warp_row()), lane_b = PanelB::lane_word(Tile::warp_column());
    i32 left = K;  // of what is not yet under way
    UNROLL
    for (int stage = 0; stage < Tile::STAGES - 1; stage++) {
        if (left > 0) {
            load_a.issue(shared + stage * Tile::STAGE, left);
            load_b.issue(shared + (stage * Tile::STAGE + panel_b), left);
        }
        left -= Tile::DEPTH;
        cp_async_commit();
    }
    int now = 0, free = (Tile::STAGES - 1) * Tile::STAGE;
    NO_UNROLL
    for (i32 k = 0; k < K; k += Tile::DEPTH) {
        // an empty group stands for a step past the end, so that the count of groups says which step has landed
        cp_async_wait<Tile::STAGES - 2>();
        block_sync();  // all have landed everywhere, and nobody reads the stage of the step before any more
        if (left > 0) {
            load_a.issue(shared + free, left);
            load_b.issue(shared + (free + panel_b), left);
        }
        left -= Tile::DEPTH;
        cp_async_commit();
        if constexpr (Math::SPLIT) mma_multiply_split<Tile, Math, PanelA, PanelB>(shared + now, lane_a, shared + (now + panel_b), lane_b, rows - Tile::warp_row(), acc);
        else mma_multiply<Tile, Math, PanelA, PanelB>(shared + now, lane_a, shared + (now + panel_b), lane_b, acc);
        free = now;
        now = now + Tile::STAGE == Tile::SHARED_WORDS ? 0 : now + Tile::STAGE;
    }
}

// f(m, n, y) for the calling lane's outputs in fours: row m, columns n to n + 3 of the tile.
template <class Tile, class F> DEV void mma_for_each(f32 (&acc)[Tile::TM][Tile::TN][4], F f)
{
    UNROLL
    for (int j = 0; j < Tile::TN; j += 4) {
        UNROLL
        for (int e = 0; e < 2; e++) {
            UNROLL
            for (int i = 0; i < Tile::TM; i++) {
                UNROLL
                for (int h = 0; h < 2; h++) {
                    const int r = 2 * h + e;
                    vec4<f32> y = {acc[i][j][r], acc[i][j + 1][r], acc[i][j + 2][r], acc[i][j + 3][r]};
                    f(Tile::row(i, h), Tile::column(j, e), y);
                }
            }
        }
    }
}

// The tile of a linear block number: GROUP rows of tiles at a time, so that blocks that run together read the same panels from the L2 cache.
template <int GROUP> DEV void tile_in_groups(i32 number, i32 tiles_m, i32 tiles_n, i32& m, i32& n)
{
    i32 first = number / (GROUP * tiles_n) * GROUP;
    i32 rows = tiles_m - first < GROUP ? tiles_m - first : GROUP, inside = number % (GROUP * tiles_n);
    m = first + inside % rows;
    n = inside / rows;
}
