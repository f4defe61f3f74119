// matmul_wgmma.cu: C[b] = activation(A[b] B[b]' + bias), plus C where it accumulates, by products of warp groups (sm_90a): A and B as
// matmul_pack.cu has laid them out, BF16 (PRECISION 2), TF32 (1) or both parts of TF32 (3), sums in float32.
// A block has a warp group that fetches and two that multiply, each 64 of the tile's 128 rows by all of its TILE_N columns. TILE_STAGES bricks of A and
// B lie in shared memory; `full` tells that a stage has come, `empty` that both groups have used it. A block takes one tile after another, so
// that the next one's operands are on their way while outputs are stored.
// Order of sums: k ascending, in steps of the instruction; with PRECISION 3, of each step the small products first. The tile changes no bit.
// Cost: 2 M N K operations a product (three times that with PRECISION 3); from the second cache M N K (1 / 128 + 1 / TILE_N) numbers.
// limits: bank conflicts 1.0, sectors 1.3
#include "Common/prelude_sm90.cuh"
#include "Common/tile_mma.cuh"
#include "MatMul/matmul_outputs.cuh"

#define TILE_M 128
#define GROUPS 2  // of consumers
constexpr int PARTS = PRECISION == 3 ? 2 : 1;
constexpr int CHUNK = PRECISION == 2 ? 64 : 32;
constexpr int BRICK = 128 * 128;  // bytes
constexpr int BRICKS_B = TILE_N / 128;
constexpr int PART_BYTES = (1 + BRICKS_B) * BRICK, STAGE_BYTES = PARTS * PART_BYTES;

template <int COUNT> DEV void multiply_step(f32 (&acc)[COUNT], sptr<u8> a, sptr<u8> b, bool add)
{
    if constexpr (PRECISION == 2) {
        wgmma_bf16<TILE_N>(acc, wgmma_descriptor(a), wgmma_descriptor(b), add);
    } else if constexpr (PRECISION == 1) {
        wgmma_tf32<TILE_N>(acc, wgmma_descriptor(a), wgmma_descriptor(b), add);
    } else {
        sptr<u8> small_a = a + PART_BYTES, small_b = b + PART_BYTES;
        wgmma_tf32<TILE_N>(acc, wgmma_descriptor(small_a), wgmma_descriptor(b), add);
        wgmma_tf32<TILE_N>(acc, wgmma_descriptor(a), wgmma_descriptor(small_b), true);
        wgmma_tf32<TILE_N>(acc, wgmma_descriptor(a), wgmma_descriptor(b), true);
    }
}

// Where a walk through the stages stands.
struct Ring {
    i32 stage;
    u32 parity;
    DEV void next()
    {
        if (++stage < TILE_STAGES) return;
        stage = 0;
        parity ^= 1u;
    }
};

struct Place {
    i64 product;
    i32 m, n;  // of the tile, in tiles
};
DEV Place place_of(const MatMulArgs& a, i64 tile)
{
    i32 tiles_m = (i32)((a.M + TILE_M - 1) / TILE_M), tiles_n = (i32)((a.N + TILE_N - 1) / TILE_N);
    Place p;
    p.product = tile / (tiles_m * tiles_n);
    tile_in_groups<TILE_GROUP>((i32)(tile - p.product * (tiles_m * tiles_n)), tiles_m, tiles_n, p.m, p.n);
    return p;
}

KERNEL(matmul_wgmma, MatMulArgs, 128 * (1 + GROUPS), 1)
{
    IN(f32, A);
    IN(f32, B);
    IN(f32, Bias);
    UPD(f32, C);
    DYN_SHARED(u8, memory);

    sptr<u8> stages = align_to_1024(memory);
    sptr<u64> full = recast<u64>(stages + TILE_STAGES * STAGE_BYTES), empty = full + TILE_STAGES;
    if (threadIdx.x == 0) {
        for (int s = 0; s < TILE_STAGES; s++) {
            mbarrier_init(full + s, 1);
            mbarrier_init(empty + s, 4 * GROUPS);  // one lane a warp
        }
        mbarrier_init_done();
    }
    block_sync();

    const i32 blocks_m = (i32)((a.M + TILE_M - 1) / TILE_M), tiles_n = (i32)((a.N + TILE_N - 1) / TILE_N);
    const i32 chunks = (i32)((a.K + CHUNK - 1) / CHUNK);
    const i64 tiles = a.Batch * blocks_m * tiles_n;

    if (warp_index() < 4) {
        keep_registers<40>();
        if (threadIdx.x != 0) return;
        Ring ring = {0, 1};  // nothing has been used yet: the first round waits for nobody
        const i64 line = (i64)chunks * PARTS * (BRICK / 4);  // words of a row of bricks
        for (i64 tile = blockIdx.x; tile < tiles; tile += gridDim.x) {
            const Place p = place_of(a, tile);
            gptr<const f32> from_a = A + (p.product * blocks_m + p.m) * line, from_b = B + (p.product * tiles_n + p.n) * BRICKS_B * line;
            for (i32 chunk = 0; chunk < chunks; chunk++) {
                mbarrier_wait(empty + ring.stage, ring.parity);
                mbarrier_arrive_expecting(full + ring.stage, STAGE_BYTES);
                sptr<u8> to = stages + ring.stage * STAGE_BYTES;
                UNROLL
                for (int part = 0; part < PARTS; part++) {
                    const i64 at = ((i64)chunk * PARTS + part) * (BRICK / 4);
                    bulk_copy(to + part * PART_BYTES, from_a + at, BRICK, full + ring.stage);
                    UNROLL
                    for (int i = 0; i < BRICKS_B; i++) bulk_copy(to + (part * PART_BYTES + (1 + i) * BRICK), from_b + (i * line + at), BRICK, full + ring.stage);
                }
                ring.next();
            }
        }
        return;
    }

    take_registers<232>();
    const i32 group = warp_index() / 4 - 1, warp = warp_index() % 4, quad = lane_index() / 4, pair = lane_index() % 4;
    Ring ring = {0, 0};
    for (i64 tile = blockIdx.x; tile < tiles; tile += gridDim.x) {
        f32 acc[TILE_N / 2];
        UNROLL
        for (int i = 0; i < TILE_N / 2; i++) acc[i] = 0.0f;
        i32 before = 0;
        for (i32 chunk = 0; chunk < chunks; chunk++) {
            mbarrier_wait(full + ring.stage, ring.parity);
            sptr<u8> tile_a = stages + (ring.stage * STAGE_BYTES + group * 64 * 128), tile_b = stages + (ring.stage * STAGE_BYTES + BRICK);
            wgmma_fence();
            UNROLL
            for (int step = 0; step < 4; step++) multiply_step(acc, tile_a + step * 32, tile_b + step * 32, chunk > 0 || step > 0);
            wgmma_commit();
            wgmma_wait<1>(acc);  // the products of the chunk before are done: its stage is free
            if (chunk > 0 && lane_index() == 0) mbarrier_arrive(empty + before);
            before = ring.stage;
            ring.next();
        }
        wgmma_wait<0>(acc);
        if (lane_index() == 0) mbarrier_arrive(empty + before);

        // Lane (quad, pair) has the columns 8 j + 2 pair and the next of rows quad and quad + 8; lanes exchange with their neighbours, so that even
        // pairs have four columns of the first row, odd ones of the second.
        const Place p = place_of(a, tile);
        const i64 m = (i64)p.m * TILE_M + group * 64 + warp * 16 + quad + pair % 2 * 8, n0 = (i64)p.n * TILE_N + pair / 2 * 4;
        gptr<f32> c = C + ((p.product * a.M + m) * a.N + n0);
        const bool inside = m < a.M, odd = pair % 2 != 0;
        UNROLL
        for (int j = 0; j < TILE_N / 8; j++) {
            const f32 first = odd ? acc[4 * j] : acc[4 * j + 2], second = odd ? acc[4 * j + 1] : acc[4 * j + 3];  // the neighbour's
            const f32 x = shfl_xor(first, 1), y = shfl_xor(second, 1);
            vec4<f32> four = odd ? vec4<f32>{x, y, acc[4 * j + 2], acc[4 * j + 3]} : vec4<f32>{acc[4 * j], acc[4 * j + 1], x, y};
            const i64 left = inside ? a.N - n0 - 8 * j : 0;
            finish_outputs<true>(a, c + 8 * j, Bias + (n0 + 8 * j), four, left > 4 ? 4 : (i32)left);
        }
        if (a.Activation < ACT_ELU || !inside) continue;
        NO_UNROLL
        for (int j = 0; j < TILE_N / 8 && n0 + 8 * j < a.N; j++) {
            NO_UNROLL
            for (int i = 0; i < 4; i++) c[8 * j + i] = smooth_activation<f32>(a.Activation, c[8 * j + i], (f32)a.Slope);
        }
    }
}
