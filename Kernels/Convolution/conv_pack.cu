// conv_pack.cu: the filter as bricks (wgmma_bricks.cuh, conv_bricks.cuh) for conv_wgmma.cu. TRANSPOSED 0: the filter is [output channel, tap, input channel],
// 1: [input channel, tap, output channel]. Cost: 4 bytes read and 2, 4 or 8 written a weight that the plan uses.
// limits: bank conflicts 1.0, sectors 1.3
#include "Common/wgmma_bricks.cuh"
#include "Convolution/conv_bricks.cuh"

#define CONV_PACK_ARGS(F) \
    F(garg<const f32>, W) F(garg<u32>, Y) F(garg<const ConvPart>, Parts) F(garg<const ConvTap>, Taps) F(i32, InC) F(i32, OutC) F(i32, FilterTaps) F(i32, PartCount) F(i32, Columns)
ARGS(ConvPackArgs, CONV_PACK_ARGS)

using Made = Brick<PRECISION, TRANSPOSED == 0>;

KERNEL(conv_pack, ConvPackArgs, 256, 4)
{
    IN(f32, W);
    OUT(u32, Y);
    IN(ConvTap, Taps);
    SHARED(f32, panel, Made::PANEL_WORDS);

    i64 brick = (i64)blockIdx.x;
    const ConvPart part = find_part(a, brick, [&](const ConvPart& p) { return part_bricks(p, a.Columns, Made::BRICK_K); });
    const i32 chunks = part.K / Made::BRICK_K, row = (i32)(brick / chunks) * BRICK_ROWS, first = part.FirstOutput + row;
    const ConvCursor at(Taps, part, (i32)(brick % chunks) * Made::BRICK_K);
    const i64 taps = a.FilterTaps, start = TRANSPOSED ? (at.channel * taps + at.tap.Filter) * a.OutC + first : (first * taps + at.tap.Filter) * a.InC + at.channel;
    const BrickSource from = {W + start, taps * (TRANSPOSED ? a.OutC : a.InC), part.EndOutput - first, Made::BRICK_K};
    Made::make(panel, from, Y + (i64)blockIdx.x * (Made::PARTS * BRICK_WORDS));
}
