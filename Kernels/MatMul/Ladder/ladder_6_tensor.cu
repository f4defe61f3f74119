// ladder_6_tensor.cu: rung 6. The tensor cores multiply: a warp's instruction is a 16 x 8 x 8 product, operands rounded to TF32 (10 bits of
// mantissa), sums in float. A warp owns 32 x 32 outputs; the pitches put the 32 words of a fragment into 32 banks.
// Cost of a multiply-add: 1/32 word of global memory, 1/16 of shared, 1/1024 instruction of a warp. From sm_80. Not MatMul's bits: operands
// are rounded (2^-11 each), and the hardware adds the eight products of an instruction together.
#include "MatMul/Ladder/ladder.cuh"

#define TILE 64
#define DEPTH 16
#define THREADS 128
#define PITCH_A (DEPTH + 4)
#define PITCH_B (TILE + 8)
#define STAGE (TILE * PITCH_A + DEPTH * PITCH_B)

KERNEL(ladder_tensor, LadderArgs, THREADS, 2)
{
    IN(f32, A);
    IN(f32, B);
    OUT(f32, C);
    SHARED(f32, tiles, 2 * STAGE);
    i64 tiles_n = (a.N + TILE - 1) / TILE;
    i64 m0 = blockIdx.x / tiles_n * TILE, n0 = blockIdx.x % tiles_n * TILE;
    i32 rows = count_from(a.M, m0), columns = count_from(a.N, n0);
    i32 warp_m = warp_index() / 2 * 32, warp_n = warp_index() % 2 * 32, group = lane_index() / 4, member = lane_index() % 4;
    auto fetch = [&](i32 stage, i64 k) {
        i32 left = count_from(a.K, k);
        if (left > 0) {
            copy_panel<TILE, DEPTH, PITCH_A, THREADS>(tiles + stage * STAGE, A + m0 * a.K + k, a.K, rows, left);
            copy_panel<DEPTH, TILE, PITCH_B, THREADS>(tiles + stage * STAGE + TILE * PITCH_A, B + k * a.N + n0, a.N, left, columns);
        }
        cp_async_commit();
    };
    f32 acc[2][4][4] = {};
    fetch(0, 0);
    i32 stage = 0;
    for (i64 k = 0; k < a.K; k += DEPTH, stage = 1 - stage) {
        fetch(1 - stage, k + DEPTH);
        cp_async_wait<1>();
        block_sync();
        sptr<const f32> tile_a = tiles + stage * STAGE + (warp_m + group) * PITCH_A + member;
        sptr<const f32> tile_b = tiles + stage * STAGE + TILE * PITCH_A + member * PITCH_B + warp_n + group;
        UNROLL
        for (int s = 0; s < DEPTH; s += 8) {
            u32 x[2][4], y[4][2];
            UNROLL
            for (int r = 0; r < 4; r++) {
                // register r of A: row +8 when odd, k +4 in the upper half
                x[0][r] = to_tf32(tile_a[r % 2 * 8 * PITCH_A + s + r / 2 * 4]);
                x[1][r] = to_tf32(tile_a[(16 + r % 2 * 8) * PITCH_A + s + r / 2 * 4]);
                y[r][0] = to_tf32(tile_b[s * PITCH_B + r * 8]);
                y[r][1] = to_tf32(tile_b[(s + 4) * PITCH_B + r * 8]);
            }
            UNROLL
            for (int i = 0; i < 2; i++) {
                UNROLL
                for (int j = 0; j < 4; j++) mma_tf32_1688(acc[i][j], x[i], y[j]);
            }
        }
        block_sync();
    }
    UNROLL
    for (int i = 0; i < 2; i++) {
        UNROLL
        for (int j = 0; j < 4; j++) {
            UNROLL
            for (int r = 0; r < 4; r++) {
                i32 m = warp_m + i * 16 + group + r / 2 * 8, n = warp_n + j * 8 + member * 2 + r % 2;
                if (m < rows && n < columns) C[(m0 + m) * a.N + n0 + n] = acc[i][j][r];
            }
        }
    }
}
