// conv_mma_panels.cuh: loaders of a convolution's panels for tile_mma.cuh, as conv_panels.cuh has them for ordinary units: the walk over the taps is the
// same (conv.cuh), but pieces go from global to shared memory by asynchronous copies, which fill up with +0 where a tap leaves the image.
#pragma once
#include "Common/tile_mma.cuh"
#include "Convolution/conv.cuh"

// Four columns of a panel across k, for the slot-th of WIDTH / 4 threads: as fours, four neighbours in one piece; word by word, neighbouring threads
// have neighbouring columns. leading_column() is the first of the thread's columns.
template <int WIDTH> DEV i32 leading_column(bool quads)
{
    const i32 slot = (i32)threadIdx.x % (WIDTH / 4);
    return quads ? slot * 4 : slot;
}

// from: at the leading column; columns: how many there are from it on
template <class Panel> DEV void copy_columns(sptr<f32> panel, i32 leading, i32 k, gptr<const f32> from, i32 columns, bool quads)
{
    sptr<f32> to = panel + Panel::word(leading, k);
    if (quads) {
        copy_piece<true>(to, from, columns > 0);
    } else {
        UNROLL
        for (int i = 0; i < 4; i++) {
            const i32 more = (i ^ (k & 1)) * (Panel::WIDTH / 4);  // where a warp holds two k: different banks
            copy_piece<false>(to + more, from + more, columns > more);
        }
    }
}

// Inputs in fours of neighbouring channels, for taps that begin and end at multiples of 4. SHARED_WALK: another loader moves the cursor on.
template <bool SHARED_WALK, int WIDTH, int DEPTH, int THREADS> struct MmaGatherAlongK {
    using Panel = MmaPanelAlongK<WIDTH, DEPTH>;
    static constexpr int STEP = THREADS / (DEPTH / 4);  // rows from one piece of a thread to its next
    static constexpr int LOADS = WIDTH / STEP;
    static_assert(THREADS % (DEPTH / 4) == 0 && WIDTH % STEP == 0, "every thread copies as often, at one k");
    ConvImages<const f32> input;
    ConvCursor& cursor;
    gptr<const f32> pixel[LOADS];
    i32 y[LOADS], x[LOADS];

    static DEV i32 slot_row() { return (i32)threadIdx.x / (DEPTH / 4); }
    static DEV i32 slot_k() { return (i32)threadIdx.x % (DEPTH / 4) * 4; }

    // rows: of the tile; those past the end repeat the last one
    DEV MmaGatherAlongK(gptr<const f32> images, const ConvArgs& a, const ConvLattice& lattice, i32 rows, ConvCursor& walk)
        : input(images, a.InH, a.InW, a.InC), cursor(walk)
    {
        UNROLL
        for (int l = 0; l < LOADS; l++) {
            const i32 r = slot_row() + l * STEP;
            i64 n;
            lattice.find(r < rows ? r : rows - 1, n, y[l], x[l]);
            y[l] *= a.InStepY;
            x[l] *= a.InStepX;
            pixel[l] = input.pixel(n, y[l], x[l]);
        }
    }
    DEV void issue(sptr<f32> panel, i32 left)
    {
        const i64 distance = input.distance(cursor.tap.Dy, cursor.tap.Dx) + cursor.channel;
        UNROLL
        for (int l = 0; l < LOADS; l++) {
            bool there = slot_k() < left && input.holds(y[l] + cursor.tap.Dy, x[l] + cursor.tap.Dx);
            copy_piece<true>(panel + Panel::word(slot_row() + l * STEP, slot_k()), pixel[l] + distance, there);
        }
        if constexpr (!SHARED_WALK) cursor.advance(DEPTH);
    }
};

// Inputs one by one, for any taps: a thread has one row, neighbouring lanes neighbouring pixels.
template <int WIDTH, int DEPTH, int THREADS> struct MmaGatherAcrossK {
    using Panel = MmaPanelAcrossK<WIDTH, DEPTH>;
    static constexpr int STEP = THREADS / WIDTH;  // of k, from one word of a thread to its next
    static constexpr int LOADS = DEPTH / STEP;
    static_assert(THREADS % WIDTH == 0 && DEPTH % STEP == 0, "every thread has one row and copies as often");
    ConvImages<const f32> input;
    ConvCursor& cursor;
    gptr<const f32> pixel;
    i32 y, x;

    static DEV i32 slot_row() { return (i32)threadIdx.x % WIDTH; }
    static DEV i32 slot_k() { return (i32)threadIdx.x / WIDTH; }

    DEV MmaGatherAcrossK(gptr<const f32> images, const ConvArgs& a, const ConvLattice& lattice, i32 rows, ConvCursor& walk)
        : input(images, a.InH, a.InW, a.InC), cursor(walk)
    {
        i64 n;
        lattice.find(slot_row() < rows ? slot_row() : rows - 1, n, y, x);
        y *= a.InStepY;
        x *= a.InStepX;
        pixel = input.pixel(n, y, x);
    }
    DEV void issue(sptr<f32> panel, i32 left)
    {
        UNROLL
        for (int l = 0; l < LOADS; l++) {
            const i32 k = slot_k() + l * STEP;
            bool there = k < left && input.holds(y + cursor.tap.Dy, x + cursor.tap.Dx);
            copy_piece<false>(panel + Panel::word(slot_row(), k), pixel + (input.distance(cursor.tap.Dy, cursor.tap.Dx) + cursor.channel), there);
            cursor.advance(STEP);
        }
    }
};

// A filter that lies as [output channel, tap, input channel]. FOURS as in MmaGatherAlongK, whose walk it shares.
template <bool FOURS, int WIDTH, int DEPTH, int THREADS> struct MmaFilterAlongK {
    using Panel = MmaPanelAlongK<WIDTH, DEPTH>;
    static constexpr int PIECE = FOURS ? 4 : 1;
    static constexpr int STEP = THREADS / (DEPTH / PIECE);
    static constexpr int LOADS = WIDTH / STEP;
    static_assert(THREADS % (DEPTH / PIECE) == 0 && WIDTH % STEP == 0, "every thread copies as often, at one k");
    gptr<const f32> row;
    i64 stride;
    ConvCursor& cursor;
    i32 rows, channels;

    static DEV i32 slot_row() { return (i32)threadIdx.x / (DEPTH / PIECE); }
    static DEV i32 slot_k() { return (i32)threadIdx.x % (DEPTH / PIECE) * PIECE; }

    // first: the tile's first output channel, of `columns`
    DEV MmaFilterAlongK(gptr<const f32> filter, const ConvArgs& a, i32 first, i32 columns, ConvCursor& walk)
        : stride((i64)a.FilterTaps * a.InC), cursor(walk), rows(columns - slot_row()), channels(a.InC)
    {
        row = filter + (first + slot_row()) * stride;
    }
    DEV void issue(sptr<f32> panel, i32 left)
    {
        gptr<const f32> p = row + ((i64)cursor.tap.Filter * channels + cursor.channel);
        UNROLL
        for (int l = 0; l < LOADS; l++)
            copy_piece<FOURS>(panel + Panel::word(slot_row() + l * STEP, slot_k()), p + l * STEP * stride, slot_k() < left && l * STEP < rows);
        cursor.advance(DEPTH);
    }
};

// A filter that lies as [input channel, tap, output channel].
template <int WIDTH, int DEPTH, int THREADS> struct MmaFilterAcrossK {
    using Panel = MmaPanelAcrossK<WIDTH, DEPTH>;
    static constexpr int STEP = THREADS / (WIDTH / 4);  // of k, from one piece of a thread to its next
    static constexpr int LOADS = DEPTH / STEP;
    static_assert(THREADS % (WIDTH / 4) == 0 && DEPTH % STEP == 0, "every thread copies as often, at one column");
    gptr<const f32> column;
    i32 taps, stride;
    ConvCursor& cursor;
    i32 columns;
    bool quads;

    static DEV i32 slot_k() { return (i32)threadIdx.x / (WIDTH / 4); }

    // first: the tile's first output channel, of `tile_columns`
    DEV MmaFilterAcrossK(gptr<const f32> filter, const ConvArgs& a, i32 first, i32 tile_columns, ConvCursor& walk)
        : column(filter + first + leading_column<WIDTH>(a.OutQuads != 0)), taps(a.FilterTaps), stride(a.OutC), cursor(walk),
          columns(tile_columns - leading_column<WIDTH>(a.OutQuads != 0)), quads(a.OutQuads != 0)
    {
    }
    DEV void issue(sptr<f32> panel, i32 left)
    {
        UNROLL
        for (int l = 0; l < LOADS; l++) {
            const i32 k = slot_k() + l * STEP;
            gptr<const f32> p = column + ((i64)cursor.channel * taps + cursor.tap.Filter) * stride;
            copy_columns<Panel>(panel, leading_column<WIDTH>(quads), k, p, k < left ? columns : 0, quads);
            cursor.advance(STEP);
        }
    }
};
