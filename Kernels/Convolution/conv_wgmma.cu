// conv_wgmma.cu: what conv.cu computes, by products of warp groups (sm_90a; tile_wgmma.cuh), where input channels come in whole bricks of k (64 of BF16,
// 32 of TF32): images as conv_round.cu has rounded them, the filter as conv_pack.cu has laid it out. A warp group gathers the rows of A, 128 bytes a
// pixel and tap, by cp.async, which fills up with +0 where a tap leaves the image; one of its lanes fetches bricks of B. All parts of the plan are one walk over tiles.
// STORED is what memory has results, residuals and activations as: f32, or with PRECISION 2 bf16 too.
// Cost: 2 operations a product of the plan, those with padding included (three times that with PRECISION 3).
// limits: bank conflicts 1.0, sectors 1.3
#include "Common/tile_wgmma.cuh"
#include "Convolution/conv_bricks.cuh"
#include "Convolution/conv_outputs.cuh"

using Tile = WgmmaTile<TILE_N, PRECISION, TILE_STAGES, 1>;
constexpr int LOADS = Tile::M / 16;  // rows of A that a lane gathers, 16 apart

// The tile-th tile of the plan, and where its part's bricks begin.
struct ConvTile {
    ConvPart part;
    i64 m0, bricks;
    i32 rows, n0, columns;

    DEV ConvTile(const ConvArgs& a, i64 tile) : bricks(0)
    {
        i64 all = 0, tiles_n = 1, next = 0;
        part = find_part(a, tile, [&](const ConvPart& p) {
            bricks = next;
            next += part_bricks(p, Tile::N, Tile::BRICK_K);
            all = (i64)a.Batch * p.CountY * p.CountX;
            tiles_n = (p.EndOutput - p.FirstOutput + Tile::N - 1) / Tile::N;
            return (all + Tile::M - 1) / Tile::M * tiles_n;
        });
        m0 = tile / tiles_n * Tile::M;
        n0 = (i32)(tile % tiles_n) * Tile::N;
        rows = all - m0 < Tile::M ? (i32)(all - m0) : Tile::M;
        columns = part.EndOutput - part.FirstOutput - n0;
    }
};

// The lane's outputs of a row: pointers to the first of them, of which there are `columns` up to the row's end.
template <class S>
DEV void store_outputs(const ConvArgs& a, f32 (&acc)[Tile::COUNT], gptr<S> y, gptr<const f32> bias, gptr<const S> residual, gptr<const S> through, gptr<S> rectified, i32 columns)
{
    if constexpr (sizeof(S) == 2) {
        // what outputs are added to and multiplied by comes for 128 columns at once: one trip to memory, where nobody multiplies meanwhile
        constexpr int BATCH = Tile::N < 128 ? Tile::N / 16 : 8;
        vec4<u32> onto[BATCH] = {}, made[BATCH] = {};
        wgmma_for_each_eight<Tile>(acc, [&](int k, vec4<f32> low, vec4<f32> high) {
            if (k % (16 * BATCH) == 0) {
                if (a.HasResidual != 0 || a.Accumulate != 0) {
                    gptr<const S> from = a.HasResidual != 0 ? residual : gptr<const S>(y);
                    UNROLL
                    for (int b = 0; b < BATCH; b++) {
                        if (k + 16 * b < columns) onto[b] = ld4(recast<const u32>(from + (k + 16 * b)));
                    }
                }
                if (a.ThroughActivation != 0) {
                    UNROLL
                    for (int b = 0; b < BATCH; b++) {
                        if (k + 16 * b < columns) made[b] = ld4(recast<const u32>(through + (k + 16 * b)));
                    }
                }
            }
            const int b = k / 16 % BATCH;
            if (k < columns) finish_conv_outputs(a, y + k, bias + k, rectified + k, Eight{low, high}, eight_of(onto[b]), eight_of(made[b]));
        });
    } else {
        wgmma_for_each<Tile>(acc, [&](int k, vec4<f32> sum) { finish_conv_outputs(a, y + k, bias + k, residual + k, through + k, sum, columns - k, true); });
        NO_UNROLL
        for (int k = 0; a.Activation >= ACT_ELU && k < Tile::N && k < columns; k += 8) {
            NO_UNROLL
            for (int e = 0; e < 4; e++) y[k + e] = smooth_activation<f32>(a.Activation, y[k + e], (f32)a.Slope);
        }
    }
}

KERNEL(conv_wgmma, ConvArgs, Tile::THREADS, 1)
{
    IN(f32, X);
    IN(f32, W);
    IN(f32, Bias);
    UPD(STORED, Y);
    IN(ConvTap, Taps);
    IN(STORED, Residual);
    IN(STORED, Through);
    OUT(STORED, Rectified);
    DYN_SHARED(u8, dynamic);
    const WgmmaStages<Tile> memory(dynamic, 129);  // the lanes that gather, and what one of them expects of B

    if (warp_index() < 4) {
        keep_registers<72>();
        const i32 piece = (i32)threadIdx.x % 8, slot = (i32)threadIdx.x / 8, words = a.InC * 32 / Tile::BRICK_K;  // of a pixel
        const i64 images = (i64)a.Batch * a.InH * a.InW * words;
        WgmmaGather<Tile> gather;
        for (i64 tile = blockIdx.x; tile < a.Tiles; tile += gridDim.x) {
            const ConvTile t(a, tile);
            const ConvLattice lattice(t.m0, t.part.CountY, t.part.CountX);
            i32 pixel[LOADS], y[LOADS], x[LOADS];
            UNROLL
            for (int l = 0; l < LOADS; l++) {
                const i32 r = slot + l * 16;
                i64 n;
                lattice.find(r < t.rows ? r : t.rows - 1, n, y[l], x[l]);
                y[l] *= a.InStepY;
                x[l] *= a.InStepX;
                pixel[l] = (i32)((n * a.InH + y[l]) * a.InW + x[l]);
            }
            const i32 chunks = t.part.K / Tile::BRICK_K;
            const i64 line = (i64)chunks * Tile::PARTS * (Tile::BRICK / 4);  // words of 128 output channels
            gptr<const f32> from_b = W + t.bricks * Tile::PARTS * (Tile::BRICK / 4);
            ConvCursor walk(Taps, t.part, 0);
            for (i32 chunk = 0; chunk < chunks; chunk++) {
                const i32 stage = gather.ring.stage;
                memory.wait_empty(gather.ring);
                if (threadIdx.x == 0) {
                    mbarrier_arrive_expecting(memory.full + stage, Tile::PARTS * Tile::N * 128);
                    UNROLL
                    for (int part = 0; part < Tile::PARTS; part++) memory.fetch_b(stage, part, from_b + ((i64)chunk * Tile::PARTS + part) * (Tile::BRICK / 4), t.n0, line);
                }
                const i32 dy = walk.tap.Dy, dx = walk.tap.Dx, away = dy * a.InW + dx;
                gptr<const f32> from = X + (walk.channel / Tile::BRICK_K * 32 + piece * 4);
                UNROLL
                for (int part = 0; part < Tile::PARTS; part++) {
                    sptr<u8> to = Tile::a_of(memory.stages, stage, part) + (slot * 128 + (piece ^ slot % 8) * 16);
                    UNROLL
                    for (int l = 0; l < LOADS; l++) {
                        const bool there = (u32)(y[l] + dy) < (u32)a.InH && (u32)(x[l] + dx) < (u32)a.InW;
                        cp_async16(to + l * 16 * 128, from + (part * images + (i64)(pixel[l] + away) * words), there);
                    }
                }
                walk.advance(Tile::BRICK_K);
                gather.issued(memory);
            }
        }
        gather.finish(memory);
        return;
    }

    take_registers<216>();
    const i32 group = warp_index() / 4 - 1, row = wgmma_row(group), column = sizeof(STORED) == 2 ? wgmma_column_of_eight() : wgmma_column();
    WgmmaRing ring = {0, 0};
    for (i64 tile = blockIdx.x; tile < a.Tiles; tile += gridDim.x) {
        const ConvTile t(a, tile);
        f32 acc[Tile::COUNT];
        wgmma_product<Tile>(memory, ring, group, t.part.K / Tile::BRICK_K, acc);

        const ConvLattice lattice(t.m0, t.part.CountY, t.part.CountX);
        const bool inside = row < t.rows;
        i64 n;
        i32 i, j;
        lattice.find(inside ? row : t.rows - 1, n, i, j);
        const i32 first = t.part.FirstOutput + t.n0 + column, columns = inside ? t.columns - column : 0;
        const i64 at = ((n * a.OutH + t.part.OffsetY + i * a.StepY) * a.OutW + t.part.OffsetX + j * a.StepX) * a.OutC + first;
        store_outputs<STORED>(a, acc, Y + at, Bias + first, Residual + at, Through + at, Rectified + at, columns);
        if (a.HasPartials != 0) {  // the group's 64 rows are a chunk
            group_sync();            // its lanes see each other's outputs, which come back from the caches
            const i32 begin = group * CHUNK, left = t.rows - begin;
            for (i32 c = (i32)threadIdx.x % 128; c < Tile::N && c < t.columns && left > 0; c += 128) {
                const i64 chunk = (t.m0 + begin) / CHUNK, height = left < CHUNK ? left : CHUNK, channel = t.part.FirstOutput + t.n0 + c;
                // half of a column under way at once: nobody else has work here meanwhile, and the sums' registers are free by now
                if (a.HasPartials == 1) chunk_statistics<CHUNK / 2, STORED, f32>(Y, a.Partials, chunk, (i32)height, a.OutC, channel);
                else chunk_sum<CHUNK / 2, STORED, f32>(Y, a.Partials, chunk, (i32)height, a.OutC, channel);
            }
        }
        warp_sync();  // the next tile's products want whole warps
    }
}
