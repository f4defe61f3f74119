// matmul_wgmma.cu: C[b] = activation(A[b] B[b]' + bias), plus C where it accumulates, by products of warp groups (sm_90a): A and B as
// matmul_pack.cu has laid them out. The idea is in tile_wgmma.cuh.
// Cost: 2 M N K operations a product (three times that with PRECISION 3); from the second cache M N K (1 / (TILE_CLUSTER 128) + 1 / TILE_N) numbers.
// limits: bank conflicts 1.0, sectors 1.3
#include "Common/tile_mma.cuh"
#include "Common/tile_wgmma.cuh"
#include "MatMul/matmul_outputs.cuh"

using Tile = WgmmaTile<TILE_N, PRECISION, TILE_STAGES, TILE_CLUSTER>;

struct Place {
    i64 product, m, n;  // of the tile: first row and column
};
// The block's tile among those of a cluster, which stand one below the other.
DEV Place place_of(i64 tiles, i32 tiles_m, i32 tiles_n)
{
    Place p;
    i32 m, n;
    p.product = tiles / (tiles_m * tiles_n);
    tile_in_groups<TILE_GROUP>((i32)(tiles - p.product * (tiles_m * tiles_n)), tiles_m, tiles_n, m, n);
    p.m = ((i64)m * Tile::CLUSTER + (Tile::CLUSTER > 1 ? (i32)cluster_rank() : 0)) * Tile::M;
    p.n = (i64)n * Tile::N;
    return p;
}

KERNEL_CLUSTER(matmul_wgmma, MatMulArgs, Tile::THREADS, 1, TILE_CLUSTER)
{
    IN(f32, A);
    IN(f32, B);
    IN(f32, Bias);
    UPD(f32, C);
    IN(f32, Through);
    DYN_SHARED(u8, dynamic);
    const WgmmaStages<Tile> memory(dynamic, 1);

    // of clusters
    const i32 rows = Tile::CLUSTER * Tile::M, tiles_m = (i32)((a.M + rows - 1) / rows), tiles_n = (i32)((a.N + Tile::N - 1) / Tile::N);
    const i64 tiles = a.Batch * tiles_m * tiles_n, first = blockIdx.x / Tile::CLUSTER, step = gridDim.x / Tile::CLUSTER;
    const i32 bricks = (i32)((a.K + Tile::BRICK_K - 1) / Tile::BRICK_K);

    if (warp_index() < 4) {
        keep_registers<56>();
        if (threadIdx.x == 0) {
            WgmmaRing ring = {0, 1};  // nothing has been used yet: the first round waits for nobody
            const i64 line = (i64)bricks * Tile::PARTS * (Tile::BRICK / 4);  // words of 128 rows
            const i64 lines_a = (i64)tiles_m * Tile::CLUSTER, lines_b = ((i64)tiles_n * Tile::N + 127) / 128;
            for (i64 tile = first; tile < tiles; tile += step) {
                const Place p = place_of(tile, tiles_m, tiles_n);
                gptr<const f32> from_a = A + (p.product * lines_a + p.m / 128) * line, from_b = B + p.product * lines_b * line;
                for (i32 brick = 0; brick < bricks; brick++) {
                    memory.wait_empty(ring);
                    mbarrier_arrive_expecting(memory.full + ring.stage, Tile::STAGE_BYTES);
                    UNROLL
                    for (int part = 0; part < Tile::PARTS; part++) {
                        const i64 at = ((i64)brick * Tile::PARTS + part) * (Tile::BRICK / 4);
                        bulk_copy(Tile::a_of(memory.stages, ring.stage, part), from_a + at, Tile::BRICK, memory.full + ring.stage);
                        memory.fetch_b(ring.stage, part, from_b + at, p.n, line);
                    }
                    ring.next<Tile::STAGES>();
                }
            }
        }
    } else {
        take_registers<224>();
        const i32 group = warp_index() / 4 - 1;
        WgmmaRing ring = {0, 0};
        for (i64 tile = first; tile < tiles; tile += step) {
            f32 acc[Tile::COUNT];
            wgmma_product<Tile>(memory, ring, group, bricks, acc);

            const Place p = place_of(tile, tiles_m, tiles_n);
            const i64 m = p.m + wgmma_row(group), n0 = p.n + wgmma_column();
            const i64 at = (p.product * a.M + m) * a.N + n0;
            gptr<f32> c = C + at;
            const bool inside = m < a.M;
            wgmma_for_each<Tile>(acc, [&](int j, vec4<f32> y) {
                const i64 left = inside ? a.N - n0 - j : 0;
                finish_outputs<true>(a, c + j, Bias + (n0 + j), Through + (at + j), y, left > 4 ? 4 : (i32)left);
            });
            NO_UNROLL
            for (int j = 0; a.Activation >= ACT_ELU && inside && j < Tile::N && n0 + j < a.N; j += 8) {
                NO_UNROLL
                for (int i = 0; i < 4; i++) c[j + i] = smooth_activation<f32>(a.Activation, c[j + i], (f32)a.Slope);
            }
            warp_sync();  // the next tile's products want whole warps
        }
    }
    warp_sync();
    memory.finish();
}
