// window.cuh: windows that slide over NHWC images: the argument struct and the index arithmetic that their kernels share.
#pragma once
#include "Common/prelude.cuh"

#ifndef PLACE
#define PLACE u8
#endif

// X is read, Y written: the outputs of a fold over windows are [Images, OutHeight, OutWidth, Channels], its inputs (and what is gathered
// from the windows that cover it) [Images, Height, Width, Channels]. Count: elements of Y.
#define WINDOW_ARGS(F)                                                                                                             \
    F(garg<const REAL>, X) F(garg<REAL>, Y) F(garg<PLACE>, Places) F(i64, Count) F(i32, Images) F(i32, Height) F(i32, Width)        \
    F(i32, Channels) F(i32, OutHeight) F(i32, OutWidth) F(i32, WindowHeight) F(i32, WindowWidth) F(i32, StrideY) F(i32, StrideX)    \
    F(i32, PadY) F(i32, PadX) F(i32, Divisor) F(i32, Accumulate) F(i32, Gradient)
ARGS(WindowArgs, WINDOW_ARGS)

struct Pixel {
    i64 image;
    i32 y, x, c;
};

// a / b for a >= 0; 64-bit divisions cost several times as much
DEV i64 divide(i64 a, i32 b) { return a <= 0xFFFFFFFFll ? (i64)((u32)a / (u32)b) : a / b; }

DEV Pixel pixel_of(i64 i, i32 height, i32 width, i32 channels)
{
    Pixel at;
    i64 pixel = divide(i, channels), row = divide(pixel, width);
    at.c = (i32)(i - pixel * channels);
    at.x = (i32)(pixel - row * width);
    at.image = divide(row, height);
    at.y = (i32)(row - at.image * height);
    return at;
}

DEV i32 later(i32 a, i32 b) { return a > b ? a : b; }
DEV i32 sooner(i32 a, i32 b) { return a < b ? a : b; }

// The windows [first, end) of a dimension that cover a padded coordinate.
DEV i32 first_window(i32 padded, i32 window, i32 stride) { return padded < window ? 0 : (padded - window) / stride + 1; }
DEV i32 end_window(i32 padded, i32 stride, i32 windows) { return sooner(padded / stride + 1, windows); }
