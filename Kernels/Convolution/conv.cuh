// conv.cuh: what the convolution kernels share: their arguments, the plan's tables in device memory, and the walk over them. A plan is a list
// of parts, a part is a matrix product: rows are the pixels of its lattice over all images, columns its output channels, k its taps in plan
// order with their channels ascending. Nothing of that matrix of inputs exists: loaders gather it. Taps outside the image give +0.
#pragma once
#include "Common/chunk_sums.cuh"

// Residual: added to y last; Through: the outputs of ThroughActivation, which a gradient goes on through; Partials: see tile_statistics, where HasPartials is 1; with 2, which conv_wgmma.cu knows, sums of 64 pixels. Rectified: max(y, 0) beside y, conv_wgmma.cu's too. Tiles: of conv_wgmma.cu, whose blocks take several. Products: for profiles. OutQuads: four neighbouring output channels are one access, in y and in a transposed filter
#define CONV_ARGS(F)                                                                                                                        \
    F(garg<const REAL>, X) F(garg<const REAL>, W) F(garg<const REAL>, Bias) F(garg<STORED>, Y) F(garg<const ConvPart>, Parts)               \
    F(garg<const ConvTap>, Taps) F(garg<const STORED>, Residual) F(garg<REAL>, Partials) F(garg<const STORED>, Through) F(garg<STORED>, Rectified) F(f64, Slope) F(i32, Batch) F(i32, InH) F(i32, InW) F(i32, InC) F(i32, OutH) F(i32, OutW) F(i32, OutC)     \
    F(i32, FilterTaps) F(i32, PartCount) F(i32, StepY) F(i32, StepX) F(i32, InStepY) F(i32, InStepX) F(i32, MinDy) F(i32, MaxDy)            \
    F(i32, MinDx) F(i32, MaxDx) F(i32, FilterTransposed) F(i32, Activation) F(i32, HasBias) F(i32, Accumulate) F(i32, HasResidual) F(i32, HasPartials) F(i32, ThroughActivation) F(i32, HasRectified) F(i32, OutQuads) F(i64, Tiles) F(i64, Products)

// mirrors ConvTablePart in ConvProgram.cs, where the fields are explained
struct ConvPart {
    i32 OffsetY, OffsetX, CountY, CountX, FirstOutput, EndOutput, FirstTap, EndTap, K;
};

// mirrors ConvTableTap in ConvProgram.cs
struct ConvTap {
    i32 Dy, Dx, Filter, First, End, K;
};

ARGS(ConvArgs, CONV_ARGS)

// Walks a part's products in order: the present one is channel `channel` of `tap`. Past the part's end the tap means nothing; the table's last
// entry has no end, so that nobody walks out of the table.
struct ConvCursor {
    gptr<const ConvTap> taps;
    i32 at;
    ConvTap tap;
    i32 channel;
    bool moved;  // to another tap, by the last step; true at first

    DEV ConvCursor(gptr<const ConvTap> all_taps, const ConvPart& part, i32 k) : taps(all_taps), at(part.FirstTap)
    {
        tap = taps[at];
        channel = tap.First;
        advance(k);
        moved = true;
    }
    DEV void advance(i32 products)
    {
        channel += products;
        moved = false;
        while (channel >= tap.End) {
            i32 over = channel - tap.End;
            at = at + 1;
            tap = taps[at];
            channel = tap.First + over;
            moved = true;
        }
    }
};

// The pixels of a lattice over all images, from one of them on.
struct ConvLattice {
    i64 image;  // of the first pixel
    u32 first, per_image, wide;

    DEV ConvLattice(i64 pixel, i32 count_y, i32 count_x) : per_image((u32)count_y * (u32)count_x), wide((u32)count_x)
    {
        image = pixel / per_image;
        first = (u32)(pixel - image * per_image);
    }
    // Where pixel r, counted from the first, lies
    DEV void find(i32 r, i64& n, i32& y, i32& x) const
    {
        u32 rest = first + (u32)r, images = rest / per_image;
        rest = rest - images * per_image;
        n = image + images;
        u32 row = rest / wide;
        y = (i32)row;
        x = (i32)(rest - row * wide);
    }
};

// Images [n, H, W, C]
template <class T> struct ConvImages {
    gptr<T> pixels;
    i32 h, w, c;

    DEV ConvImages(gptr<T> all, i32 height, i32 width, i32 channels) : pixels(all), h(height), w(width), c(channels) {}
    DEV gptr<T> pixel(i64 n, i32 y, i32 x) const { return pixels + ((n * h + y) * w + x) * c; }
    DEV bool holds(i32 y, i32 x) const { return (u32)y < (u32)h && (u32)x < (u32)w; }
    // elements from a pixel to the one so far below and right of it
    DEV i64 distance(i32 dy, i32 dx) const { return ((i64)dy * w + dx) * c; }
};

// The part that the at-th piece of work falls to, where parts have count(part) pieces each, one part after another; `at` becomes the piece's number in the part.
template <class Args, class F> DEV ConvPart find_part(const Args& a, i64& at, F count)
{
    IN(ConvPart, Parts);
    ConvPart part = Parts[0];
    for (i32 i = 0; i < a.PartCount; i++) {
        part = Parts[i];
        const i64 pieces = count(part);
        if (at < pieces) break;
        at -= pieces;
    }
    return part;
}

// Which part a block works on, and which of the part's tiles: all parts of a plan are one grid, one after another.
struct ConvBlock {
    ConvPart part;
    i64 rows, m0;    // pixels of the part's lattice over all images; the tile's first
    i32 n0, columns;  // the tile's first output channel, counted in the part, and how many channels there are from it on

    DEV ConvBlock(const ConvArgs& a, i32 tile_m, i32 tile_n)
    {
        i64 tile = blockIdx.x, tiles_n = 1;
        part = find_part(a, tile, [&](const ConvPart& p) {
            rows = (i64)a.Batch * p.CountY * p.CountX;
            tiles_n = (p.EndOutput - p.FirstOutput + tile_n - 1) / tile_n;
            return (rows + tile_m - 1) / tile_m * tiles_n;
        });
        m0 = tile / tiles_n * tile_m;
        n0 = (i32)(tile % tiles_n) * tile_n;
        columns = part.EndOutput - part.FirstOutput - n0;
    }
};

// The rows of a block's tile in shared memory; rows past the end repeat the last one.
struct ConvRows {
    sptr<i64> input;   // from the start of x to the row's pixel, which may lie outside its image
    sptr<i64> output;  // from the start of y to the tile's first output
    sptr<i32> y, x;    // the pixel

    // By all threads; seen by others after a barrier.
    template <int ROWS, int THREADS> DEV void fill(const ConvArgs& a, const ConvBlock& block, i32 rows) const
    {
        const ConvLattice lattice(block.m0, block.part.CountY, block.part.CountX);
        for (i32 r = (i32)threadIdx.x; r < ROWS; r += THREADS) {
            i64 n;
            i32 i, j;
            lattice.find(r < rows ? r : rows - 1, n, i, j);
            output[r] = ((n * a.OutH + block.part.OffsetY + i * a.StepY) * a.OutW + block.part.OffsetX + j * a.StepX) * a.OutC + block.part.FirstOutput + block.n0;
            y[r] = i * a.InStepY;
            x[r] = j * a.InStepX;
            input[r] = ((n * a.InH + i * a.InStepY) * a.InW + j * a.InStepX) * a.InC;
        }
    }
};

// Partial statistics of the tile's chunks of 64 pixels, for the batch norm behind the convolution, once the block has stored all its outputs: they come
// back from the caches, a column a lane. For plans without phases, whose rows are the pixels of y. m0: the tile's first pixel; first: its first channel.
template <class T, int ROWS, int COLUMNS, int THREADS>
DEV void tile_statistics(gptr<const T> y, gptr<T> partials, i64 m0, i32 rows, i32 first, i32 columns, i32 channels)
{
    static_assert(ROWS % CHUNK == 0, "whole chunks");
    block_sync();
    NO_UNROLL
    for (i32 at = (i32)threadIdx.x; at < ROWS / CHUNK * COLUMNS; at += THREADS) {
        const i32 begin = at / COLUMNS * CHUNK, column = at % COLUMNS, left = rows - begin;
        if (left > 0 && column < columns)
            chunk_statistics<4, T, T>(y, partials, m0 / CHUNK + at / COLUMNS, left < CHUNK ? left : CHUNK, channels, first + column);
    }
}
