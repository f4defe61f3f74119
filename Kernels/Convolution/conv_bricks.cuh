// conv_bricks.cuh: which bricks of the filter a plan's parts have, for conv_pack.cu, which makes them, and conv_wgmma.cu, which takes them: part after
// part, of each [output channels / 128, k, part of the precision]. k is the part's taps in plan order with their channels, a whole number of bricks a tap.
#pragma once
#include "Convolution/conv.cuh"

// A part's bricks of so many k: rows of them as whole tiles of so many columns take.
DEV i64 part_bricks(const ConvPart& part, i32 columns, i32 brick_k)
{
    const i32 channels = part.EndOutput - part.FirstOutput;
    return ((i64)(channels + columns - 1) / columns * columns + 127) / 128 * (part.K / brick_k);
}
