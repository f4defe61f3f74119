// conv_weight.cuh: what the two kernels of a filter's gradient are told.
#pragma once
#include "Convolution/conv.cuh"

// OutQuads: four neighbouring output channels are one access. Products: for profiles
#define CONV_WEIGHT_ARGS(F)                                                                                                              \
    F(garg<const REAL>, X) F(garg<const REAL>, Dy) F(garg<REAL>, Dw) F(garg<REAL>, Scratch) F(garg<const ConvPart>, Parts)               \
    F(garg<const ConvTap>, Taps) F(i32, Batch) F(i32, InH) F(i32, InW) F(i32, InC) F(i32, OutH) F(i32, OutW) F(i32, OutC)                \
    F(i32, FilterTaps) F(i32, PartCount) F(i32, InStepY) F(i32, InStepX) F(i32, MinDy) F(i32, MaxDy) F(i32, MinDx) F(i32, MaxDx)         \
    F(i32, ChunkPixels) F(i32, Chunks) F(i32, Accumulate) F(i32, Masked) F(i32, OutQuads) F(i64, Products)
ARGS(ConvWeightArgs, CONV_WEIGHT_ARGS)

// What a block works on: all parts of a plan are one grid, one after another along x; chunks of pixels lie along y.
struct ConvWeightBlock {
    ConvPart part;
    i32 m0, rows;        // the tile's first (tap, channel) pair, counted in the part, and how many there are from it on
    i32 first, columns;  // its first output channel, and how many the part has from it on
    i64 pixel;           // the chunk's first, counted over all images
    i32 pixels;          // of the chunk

    DEV ConvWeightBlock(const ConvWeightArgs& a, i32 tile_m, i32 tile_n)
    {
        i64 at = blockIdx.x;
        i32 tiles_n = 1;
        part = find_part(a, at, [&](const ConvPart& p) {
            tiles_n = (p.EndOutput - p.FirstOutput + tile_n - 1) / tile_n;
            return (i64)((p.K + tile_m - 1) / tile_m * tiles_n);
        });
        const i32 tile = (i32)at;
        m0 = tile / tiles_n * tile_m;
        rows = part.K - m0;
        first = part.FirstOutput + tile % tiles_n * tile_n;
        columns = part.EndOutput - first;
        pixel = (i64)blockIdx.y * a.ChunkPixels;
        const i64 left = (i64)a.Batch * a.OutH * a.OutW - pixel;
        pixels = left < a.ChunkPixels ? (i32)left : a.ChunkPixels;
    }
};

// A pixel of the output, walked in equal steps over rows and images.
struct ConvPixelWalk {
    i32 high, wide;
    i64 image;
    i32 y, x;
    i32 move_images, move_rows, move_columns;  // `step` pixels on

    DEV ConvPixelWalk(const ConvWeightArgs& a, i64 first, i32 k, i32 step) : high(a.OutH), wide(a.OutW)
    {
        ConvLattice(first, high, wide).find(k, image, y, x);
        move_rows = step / wide;
        move_columns = step - move_rows * wide;
        move_images = move_rows / high;
        move_rows -= move_images * high;
    }
    DEV void advance()
    {
        x += move_columns;
        y += move_rows;
        image += move_images;
        if (x >= wide) x -= wide, y += 1;
        if (y >= high) y -= high, image += 1;
    }
};
