// conv_weight_wgmma.cu: what conv_weight_mma.cu computes, in BF16 by products of warp groups (sm_90a; tile_wgmma.cuh), where input channels come in slices of
// 64. Images and dy are as conv_round.cu has rounded them. k is the pixels, and both operands lie across it, as they lie in memory. A stage is 64 pixels:
// of A two slices, each of one tap, of B TILE_N output channels. A warp group gathers both, 128 bytes a pixel and slice, by cp.async, which
// fills up with +0 where a tap leaves the image and behind the chunk's end. A block takes one tile of one chunk.
// Cost: 2 operations a product of the plan, those with padding included.
// limits: bank conflicts 1.0, sectors 1.0
#include "Common/tile_wgmma.cuh"
#include "Convolution/conv_weight.cuh"

using Tile = WgmmaTile<TILE_N, PRECISION, TILE_STAGES, 1, true>;
constexpr int STEP = 16;                     // pixels from one copy of a lane to its next
constexpr int LOADS = Tile::BRICK_K / STEP;  // of a slice
constexpr int SLICE = 64;                    // channels, and pixels
constexpr int SLICE_BYTES = Tile::BRICK / 2;

// A slice of A's rows: where a pixel's 64 channels of one tap lie.
struct TapSlice {
    gptr<const f32> from;  // the channels of pixel 0; a word is two of them
    i32 dy, dx;
    bool there;

    DEV TapSlice(gptr<const f32> images, ConvCursor walk, i32 rows, i32 slice) : from(images), dy(0), dx(0), there(slice * SLICE < rows)
    {
        if (!there) return;
        walk.advance(slice * SLICE);
        from = images + walk.channel / 2;
        dy = walk.tap.Dy, dx = walk.tap.Dx;
    }
};

KERNEL(conv_weight_wgmma, ConvWeightArgs, Tile::THREADS, 1)
{
    IN(f32, X);
    IN(f32, Dy);
    OUT(f32, Scratch);
    IN(ConvTap, Taps);
    DYN_SHARED(u8, dynamic);
    const WgmmaStages<Tile> memory(dynamic, 128);  // the lanes that gather
    const ConvWeightBlock block(a, Tile::M, Tile::N);
    const ConvCursor walk(Taps, block.part, block.m0);

    if (warp_index() < 4) {
        keep_registers<72>();
        const i32 piece = (i32)threadIdx.x % 8, slot = (i32)threadIdx.x / 8, to = slot * 128 + (piece ^ slot % 8) * 16;
        const i32 words_x = a.InC / 2, words_dy = a.OutC / 2, columns = a.OutC - block.first - piece * 8;
        const TapSlice slices[2] = {TapSlice(X + piece * 4, walk, block.rows, 0), TapSlice(X + piece * 4, walk, block.rows, 1)};
        gptr<const f32> gradient = Dy + ((block.pixel + slot) * words_dy + (block.first / 2 + piece * 4));
        ConvPixelWalk pixel(a, block.pixel, slot, STEP);
        WgmmaGather<Tile> gather;
        for (i32 left = block.pixels; left > 0; left -= Tile::BRICK_K) {
            memory.wait_empty(gather.ring);
            sptr<u8> to_a = Tile::a_of(memory.stages, gather.ring.stage, 0) + to, to_b = Tile::b_of(memory.stages, gather.ring.stage, 0) + to;
            UNROLL
            for (int l = 0; l < LOADS; l++) {
                const bool inside = slot + l * STEP < left;
                UNROLL
                for (int s = 0; s < 2; s++) {
                    const i32 y = pixel.y * a.InStepY + slices[s].dy, x = pixel.x * a.InStepX + slices[s].dx;
                    const bool there = inside && slices[s].there && (u32)y < (u32)a.InH && (u32)x < (u32)a.InW;
                    cp_async16(to_a + (s * SLICE_BYTES + l * STEP * 128), slices[s].from + ((pixel.image * a.InH + y) * a.InW + x) * words_x, there);
                }
                UNROLL
                for (int j = 0; j < TILE_N / SLICE; j++)
                    cp_async16(to_b + (j * SLICE_BYTES + l * STEP * 128), gradient + j * (SLICE / 2), inside && j * SLICE < columns);
                gradient = gradient + (i64)STEP * words_dy;
                pixel.advance();
            }
            gather.issued(memory);
        }
        gather.finish(memory);
        return;
    }

    take_registers<216>();
    const i32 group = warp_index() / 4 - 1, row = wgmma_row(group), column = wgmma_column();
    WgmmaRing ring = {0, 0};
    f32 acc[Tile::COUNT];
    wgmma_product<Tile>(memory, ring, group, (block.pixels + Tile::BRICK_K - 1) / Tile::BRICK_K, acc);

    const bool inside = row < block.rows;
    ConvCursor here = walk;
    here.advance(inside ? row : 0);
    const i64 weight = (i64)here.tap.Filter * a.InC + here.channel;
    const i32 columns = inside ? block.columns - column : 0;
    gptr<f32> sums = Scratch + (((i64)blockIdx.y * a.FilterTaps * a.InC + weight) * a.OutC + (block.first + column));
    wgmma_for_each<Tile>(acc, [&](int k, vec4<f32> sum) {
        if (k < columns) st4(sums + k, sum);
    });
}
