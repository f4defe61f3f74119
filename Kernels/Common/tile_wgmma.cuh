// tile_wgmma.cuh: a block's tiles of C = A x B' by products of warp groups (sm_90a), for matrix products and convolutions, BF16 (PRECISION 2), TF32 (1) or
// both parts of TF32 (3), sums in float32. One warp group fetches, two multiply, each 64 of the tile's 128 rows by all of its N columns.
//
// A brick is 128 rows (of A, or of B) by 128 bytes of k, rows one after another, swizzled as wgmma_descriptor says: 64 numbers of k of BF16, 32
// of TF32. Or ACROSS, in BF16 alone: two slices of 64 k by 128 bytes of rows (64), one k after another, swizzled alike; an operand that lies so in memory
// needs no turning. A stage of shared memory holds a brick of A and N rows of bricks of B, for each part. `full` tells that a stage has come, `empty` that both groups
// have used it. In a cluster of two, blocks have the tiles of 256 rows that are neighbours: each fetches half of B's rows and copies them to both,
// and a stage is empty when both blocks have used it. A block takes one tile after another, so that the next one's operands are on their way while outputs are stored.
// Order of sums: k ascending, in steps of the instruction; with PRECISION 3 (tile_mma.cuh, "3xTF32") six instructions of 16 k begin at zero, and an
// ordinary addition takes their sum to that of the steps before. The tile changes no bit.
#pragma once
#include "Common/prelude_sm90.cuh"

template <int N_, int PRECISION_, int STAGES_, int CLUSTER_, bool ACROSS_ = false> struct WgmmaTile {
    static constexpr int M = 128, N = N_, PREC = PRECISION_, STAGES = STAGES_, CLUSTER = CLUSTER_;
    static constexpr int GROUPS = 2, THREADS = 128 * (1 + GROUPS);
    static constexpr bool ACROSS = ACROSS_;
    static_assert(!ACROSS || PREC == 2, "wgmma takes operands across k in 16 bits only");
    static constexpr int PARTS = PREC == 3 ? 2 : 1;
    static constexpr int BRICK_K = PREC == 2 ? 64 : 32;  // of k, in a brick
    static constexpr int BRICK = 128 * 128;            // bytes
    static constexpr int STEP = ACROSS ? 16 * 128 : 32;  // bytes from one instruction's k to the next's
    static constexpr int SHARE = N / CLUSTER;          // rows of B that a block fetches
    static constexpr int ROWS_B = SHARE < 128 ? SHARE : 128, PIECES_B = SHARE / ROWS_B;
    static constexpr int PART_BYTES = BRICK + N * 128, STAGE_BYTES = PARTS * PART_BYTES;
    static constexpr int COUNT = N / 2;                // outputs a lane

    // A stage's places: rows of A, and of B, of a part
    static DEV sptr<u8> a_of(sptr<u8> stages, i32 stage, int part) { return stages + (stage * STAGE_BYTES + part * PART_BYTES); }
    static DEV sptr<u8> b_of(sptr<u8> stages, i32 stage, int part) { return stages + (stage * STAGE_BYTES + part * PART_BYTES + BRICK); }
};

// Where a walk through the stages stands.
struct WgmmaRing {
    i32 stage;
    u32 parity;
    template <int STAGES> DEV void next()
    {
        if (++stage < STAGES) return;
        stage = 0;
        parity ^= 1u;
    }
};

// Memory of a block: 1024 bytes and two mbarriers a stage more than its stages.
template <class Tile> struct WgmmaStages {
    sptr<u8> stages;
    sptr<u64> full, empty;

    // arrivals: of a full stage. By all threads.
    DEV WgmmaStages(sptr<u8> memory, u32 arrivals) : stages(align_to_1024(memory))
    {
        full = recast<u64>(stages + Tile::STAGES * Tile::STAGE_BYTES);
        empty = full + Tile::STAGES;
        if (threadIdx.x == 0) {
            for (int s = 0; s < Tile::STAGES; s++) {
                mbarrier_init(full + s, arrivals);
                mbarrier_init(empty + s, 4 * Tile::GROUPS * Tile::CLUSTER);  // one lane a warp
            }
            mbarrier_init_done();
        }
        if constexpr (Tile::CLUSTER > 1) cluster_sync();
        else block_sync();
    }
    DEV void wait_empty(const WgmmaRing& ring) const { mbarrier_wait(empty + ring.stage, ring.parity); }
    // A warp has used a stage.
    DEV void give_back(i32 stage) const
    {
        if constexpr (Tile::CLUSTER > 1) {
            if (lane_index() < Tile::CLUSTER) mbarrier_arrive_at(empty + stage, (u32)lane_index());
        } else {
            if (lane_index() == 0) mbarrier_arrive(empty + stage);
        }
    }
    // Copies the block's share of B's bricks of a stage; from: where the stage's brick of B's first rows begins; n: the tile's
    // first row; `line` words to the next 128 rows. By one lane, which has told `full` of all of B's bytes.
    DEV void fetch_b(i32 stage, int part, gptr<const f32> from, i64 n, i64 line) const
    {
        const i32 rank = Tile::CLUSTER > 1 ? (i32)cluster_rank() : 0;
        UNROLL
        for (int i = 0; i < Tile::PIECES_B; i++) {
            const i32 row = rank * Tile::SHARE + i * Tile::ROWS_B;
            sptr<u8> to = Tile::b_of(stages, stage, part) + row * 128;
            gptr<const f32> source = from + ((n + row) / 128 * line + (n + row) % 128 * 32);
            if constexpr (Tile::CLUSTER > 1) bulk_copy_to(to, source, Tile::ROWS_B * 128, full + stage, (1u << Tile::CLUSTER) - 1);
            else bulk_copy(to, source, Tile::ROWS_B * 128, full + stage);
        }
    }
    // Before the block ends: others may still reach for its shared memory.
    DEV void finish() const
    {
        if constexpr (Tile::CLUSTER > 1) cluster_sync();
    }
};

// Lanes of the warp group that fetches, when they gather by cp_async: a stage is told of when LAG others are under way behind it.
template <class Tile> struct WgmmaGather {
    static constexpr int LAG = Tile::STAGES < 5 ? Tile::STAGES - 2 : 3;  // two less than all, or nobody could go on
    static_assert(LAG >= 0, "two stages at least");
    WgmmaRing ring, told;
    i32 under_way;

    DEV WgmmaGather() : ring{0, 1}, told{0, 0}, under_way(0) {}  // nothing has been used yet: the first round waits for nobody
    DEV void tell(const WgmmaStages<Tile>& memory)
    {
        mbarrier_arrive(memory.full + told.stage);
        told.template next<Tile::STAGES>();
        under_way--;
    }
    // The lane has issued its copies into stage ring.stage.
    DEV void issued(const WgmmaStages<Tile>& memory)
    {
        cp_async_commit();
        ring.template next<Tile::STAGES>();
        if (++under_way <= LAG) return;
        cp_async_wait<LAG>();
        fence_proxy_async();
        tell(memory);
    }
    // There are no more stages.
    DEV void finish(const WgmmaStages<Tile>& memory)
    {
        cp_async_wait<0>();
        fence_proxy_async();
        while (under_way > 0) tell(memory);
    }
};

// 32 bytes of k, or across it 16 k: 16 numbers of BF16, 8 of TF32.
template <class Tile> DEV void wgmma_step(f32 (&acc)[Tile::COUNT], sptr<u8> a, sptr<u8> b, bool add)
{
    if constexpr (Tile::ACROSS) wgmma_bf16_across<Tile::N>(acc, wgmma_descriptor_across(a), wgmma_descriptor_across(b), add);
    else if constexpr (Tile::PREC == 2) wgmma_bf16<Tile::N>(acc, wgmma_descriptor(a), wgmma_descriptor(b), add);
    else wgmma_tf32<Tile::N>(acc, wgmma_descriptor(a), wgmma_descriptor(b), add);
}

// sum = the products of 16 k, of both parts: half a brick.
template <class Tile> DEV void wgmma_split(f32 (&sum)[Tile::COUNT], sptr<u8> a, sptr<u8> b)
{
    wgmma_fence();
    UNROLL
    for (int term = 0; term < 6; term++) {
        const int step = term % 2 * 32, small_a = term / 2 == 0 ? Tile::PART_BYTES : 0, small_b = term / 2 == 1 ? Tile::PART_BYTES : 0;
        wgmma_step<Tile>(sum, a + (step + small_a), b + (step + small_b), term > 0);
    }
    wgmma_commit();
}

template <int COUNT> DEV void wgmma_add(f32 (&acc)[COUNT], const f32 (&sum)[COUNT])
{
    UNROLL
    for (int i = 0; i < COUNT; i++) acc[i] = acc[i] + sum[i];
}

// acc = the group's rows of A x B' over so many bricks of k; all warps of group 0 or 1 of those that multiply. Without any it is +0.
template <class Tile> DEV void wgmma_product(const WgmmaStages<Tile>& memory, WgmmaRing& ring, i32 group, i32 bricks, f32 (&acc)[Tile::COUNT])
{
    UNROLL
    for (int i = 0; i < Tile::COUNT; i++) acc[i] = 0.0f;
    if (bricks == 0) return;
    if constexpr (Tile::PREC == 3) {
        // one group's tensor cores work while the other adds
        for (i32 brick = 0; brick < bricks; brick++) {
            mbarrier_wait(memory.full + ring.stage, ring.parity);
            sptr<u8> a = Tile::a_of(memory.stages, ring.stage, 0) + group * 64 * 128, b = Tile::b_of(memory.stages, ring.stage, 0);
            UNROLL
            for (int half = 0; half < 2; half++) {
                f32 sum[Tile::COUNT];
                wgmma_split<Tile>(sum, a + half * 64, b + half * 64);
                wgmma_wait<0>(sum);
                if (half == 1) memory.give_back(ring.stage);
                wgmma_add(acc, sum);
            }
            ring.next<Tile::STAGES>();
        }
    } else {
        i32 before = 0;  // a stage is given back when the products after its own have been asked for, so that the tensor cores always have some to do
        for (i32 brick = 0; brick < bricks; brick++) {
            mbarrier_wait(memory.full + ring.stage, ring.parity);
            sptr<u8> a = Tile::a_of(memory.stages, ring.stage, 0) + group * 64 * 128, b = Tile::b_of(memory.stages, ring.stage, 0);
            wgmma_fence();
            UNROLL
            for (int step = 0; step < 4; step++) wgmma_step<Tile>(acc, a + step * Tile::STEP, b + step * Tile::STEP, brick > 0 || step > 0);
            wgmma_commit();
            wgmma_wait<1>(acc);
            if (brick > 0) memory.give_back(before);
            before = ring.stage;
            ring.next<Tile::STAGES>();
        }
        wgmma_wait<0>(acc);
        memory.give_back(before);
    }
}

// The lane's row among the tile's 128, and the first of its columns: it has four from there on, and from every eighth column after it.
DEV i32 wgmma_row(i32 group) { return group * 64 + warp_index() % 4 * 16 + lane_index() / 4 + lane_index() % 2 * 8; }
DEV i32 wgmma_column() { return lane_index() % 4 / 2 * 4; }

// The same where it takes eight: from here on, and from every sixteenth column after it.
DEV i32 wgmma_column_of_eight() { return lane_index() % 4 / 2 * 8; }

// f(column - wgmma_column(), four neighbouring outputs) for all of the lane's. An instruction leaves a lane pairs of two rows; neighbours exchange, so
// that even lanes have fours of the first row, odd ones of the second.
template <class Tile, class F> DEV void wgmma_for_each(f32 (&acc)[Tile::COUNT], F f)
{
    const bool odd = lane_index() % 2 != 0;
    UNROLL
    for (int j = 0; j < Tile::N / 8; j++) {
        const f32 first = odd ? acc[4 * j] : acc[4 * j + 2], second = odd ? acc[4 * j + 1] : acc[4 * j + 3];  // the neighbour's
        const f32 x = shfl_xor(first, 1), y = shfl_xor(second, 1);
        f(8 * j, odd ? vec4<f32>{x, y, acc[4 * j + 2], acc[4 * j + 3]} : vec4<f32>{acc[4 * j], acc[4 * j + 1], x, y});
    }
}

// f(column - wgmma_column_of_eight(), the first four of eight neighbouring outputs, the others): lanes two apart, which have fours of one row, exchange once more.
template <class Tile, class F> DEV void wgmma_for_each_eight(f32 (&acc)[Tile::COUNT], F f)
{
    const bool right = lane_index() % 4 / 2 != 0;
    vec4<f32> before = {0.0f, 0.0f, 0.0f, 0.0f};
    wgmma_for_each<Tile>(acc, [&](int k, vec4<f32> sum) {
        if (k % 16 == 0) {
            before = sum;
            return;
        }
        const vec4<f32> give = right ? before : sum, got = {shfl_xor(give.x, 2), shfl_xor(give.y, 2), shfl_xor(give.z, 2), shfl_xor(give.w, 2)};
        f(k - 8, right ? got : before, right ? sum : got);
    });
}
