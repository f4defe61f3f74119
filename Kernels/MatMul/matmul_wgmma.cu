// matmul_wgmma.cu: C[b] = activation(A[b] B[b]' + bias), plus C where it accumulates, by products of warp groups (sm_90a): A and B as
// matmul_pack.cu has laid them out. The idea is in tile_wgmma.cuh.
// Cost: 2 M N K operations a product (three times that with PRECISION 3); from the second cache M N K (1 / 128 + 1 / TILE_N) numbers.
// limits: bank conflicts 1.0, sectors 1.3
#include "Common/tile_mma.cuh"
#include "Common/tile_wgmma.cuh"
#include "MatMul/matmul_outputs.cuh"

using Tile = WgmmaTile<TILE_N, PRECISION, TILE_STAGES>;

struct Place {
    i64 product;
    i32 m, n;  // of the tile, in tiles
};
DEV Place place_of(i64 tile, i32 tiles_m, i32 tiles_n)
{
    Place p;
    p.product = tile / (tiles_m * tiles_n);
    tile_in_groups<TILE_GROUP>((i32)(tile - p.product * (tiles_m * tiles_n)), tiles_m, tiles_n, p.m, p.n);
    return p;
}

KERNEL(matmul_wgmma, MatMulArgs, Tile::THREADS, 1)
{
    IN(f32, A);
    IN(f32, B);
    IN(f32, Bias);
    UPD(f32, C);
    DYN_SHARED(u8, dynamic);
    const WgmmaStages<Tile> memory(dynamic, 1);

    const i32 tiles_m = (i32)((a.M + Tile::M - 1) / Tile::M), tiles_n = (i32)((a.N + Tile::N - 1) / Tile::N);
    const i32 chunks = (i32)((a.K + Tile::BRICK_K - 1) / Tile::BRICK_K);
    const i64 tiles = a.Batch * tiles_m * tiles_n;

    if (warp_index() < 4) {
        keep_registers<40>();
        if (threadIdx.x != 0) return;
        WgmmaRing ring = {0, 1};  // nothing has been used yet: the first round waits for nobody
        const i64 line = (i64)chunks * Tile::PARTS * (Tile::BRICK / 4);  // words of 128 rows
        const i64 bricks_b = (tiles_n * Tile::N + 127) / 128;
        for (i64 tile = blockIdx.x; tile < tiles; tile += gridDim.x) {
            const Place p = place_of(tile, tiles_m, tiles_n);
            const i32 n = p.n * Tile::N;
            gptr<const f32> from_a = A + (p.product * tiles_m + p.m) * line;
            gptr<const f32> from_b = B + ((p.product * bricks_b + n / 128) * line + n % 128 * 32);
            for (i32 chunk = 0; chunk < chunks; chunk++) {
                mbarrier_wait(memory.empty + ring.stage, ring.parity);
                mbarrier_arrive_expecting(memory.full + ring.stage, Tile::STAGE_BYTES);
                UNROLL
                for (int part = 0; part < Tile::PARTS; part++) {
                    const i64 at = ((i64)chunk * Tile::PARTS + part) * (Tile::BRICK / 4);
                    bulk_copy(Tile::a_of(memory.stages, ring.stage, part), from_a + at, Tile::BRICK, memory.full + ring.stage);
                    memory.fetch_b(ring.stage, part, from_b + at, line);
                }
                ring.next<Tile::STAGES>();
            }
        }
        return;
    }

    take_registers<232>();
    const i32 group = warp_index() / 4 - 1;
    WgmmaRing ring = {0, 0};
    for (i64 tile = blockIdx.x; tile < tiles; tile += gridDim.x) {
        f32 acc[Tile::COUNT];
        wgmma_product<Tile>(memory, ring, group, chunks, acc);

        const Place p = place_of(tile, tiles_m, tiles_n);
        const i64 m = (i64)p.m * Tile::M + wgmma_row(group), n0 = (i64)p.n * Tile::N + wgmma_column();
        gptr<f32> c = C + ((p.product * a.M + m) * a.N + n0);
        const bool inside = m < a.M;
        wgmma_for_each<Tile>(acc, [&](int j, vec4<f32> y) {
            const i64 left = inside ? a.N - n0 - j : 0;
            finish_outputs<true>(a, c + j, Bias + (n0 + j), y, left > 4 ? 4 : (i32)left);
        });
        if (a.Activation < ACT_ELU || !inside) continue;
        NO_UNROLL
        for (int j = 0; j < Tile::N && n0 + j < a.N; j += 8) {
            NO_UNROLL
            for (int i = 0; i < 4; i++) c[j + i] = smooth_activation<f32>(a.Activation, c[j + i], (f32)a.Slope);
        }
    }
}
