// conv_panels.cuh: loaders of a convolution's panels for tile_simt.cuh: the inputs that taps see (rows are pixels, k walks taps and channels),
// and the filter in both its layouts. A thread's place along k, hence its tap, is the same for all that it loads where it can be:
// one walk over the taps a thread.
#pragma once
#include "Common/tile_simt.cuh"
#include "Convolution/conv.cuh"

// Inputs in fours of neighbouring channels, for taps that begin and end at multiples of 4; stored transposed. Addresses and the test against the
// image's edge are made anew where the thread comes to another tap. SHARED_WALK: another loader moves the cursor on.
template <class T, bool SHARED_WALK, int WIDTH, int PITCH, int DEPTH, int THREADS> struct GatherAlongK {
    static constexpr int LOADS = WIDTH * DEPTH / 4 / THREADS;
    static_assert(LOADS * 4 * THREADS == WIDTH * DEPTH && THREADS % (DEPTH / 4) == 0, "every thread loads as often, at one k");
    ConvImages<const T> input;
    ConvRows rows;
    ConvCursor& cursor;
    gptr<const T> next[LOADS];
    u32 inside;  // a bit a load
    vec4<T> held[LOADS];

    static DEV i32 slot_row(int l) { return ((i32)threadIdx.x + l * THREADS) / (DEPTH / 4); }
    static DEV i32 slot_k() { return (i32)threadIdx.x % (DEPTH / 4) * 4; }

    DEV GatherAlongK(const ConvImages<const T>& images, const ConvRows& tile_rows, ConvCursor& walk) : input(images), rows(tile_rows), cursor(walk), inside(0) {}
    DEV void fetch(i32 left)
    {
        if (cursor.moved) {
            const i64 distance = input.distance(cursor.tap.Dy, cursor.tap.Dx) + cursor.channel;
            inside = 0;
            UNROLL
            for (int l = 0; l < LOADS; l++) {
                const i32 r = slot_row(l);
                next[l] = input.pixels + (rows.input[r] + distance);
                inside |= (u32)input.holds(rows.y[r] + cursor.tap.Dy, rows.x[r] + cursor.tap.Dx) << l;
            }
        }
        UNROLL
        for (int l = 0; l < LOADS; l++) {
            held[l] = load_upto4<true, T>(next[l], slot_k() < left && (inside >> l & 1) != 0 ? 4 : 0, (T)0);
            next[l] = next[l] + DEPTH;
        }
        if constexpr (!SHARED_WALK) cursor.advance(DEPTH);
    }
    DEV void store(sptr<T> panel) const
    {
        UNROLL
        for (int l = 0; l < LOADS; l++) {
            sptr<T> p = panel + slot_k() * PITCH + slot_row(l);
            p[0] = held[l].x;
            p[PITCH] = held[l].y;
            p[2 * PITCH] = held[l].z;
            p[3 * PITCH] = held[l].w;
        }
    }
};

// Inputs one by one, for any taps: a thread has one row, and neighbouring lanes have neighbouring pixels, which lie close together where
// channels are few. Taps are packed densely along k.
template <class T, int WIDTH, int PITCH, int DEPTH, int THREADS> struct GatherAcrossK {
    static constexpr int STEP = THREADS / WIDTH;  // of k, from one element of a thread to its next
    static constexpr int LOADS = DEPTH / STEP;
    static_assert(THREADS % WIDTH == 0 && DEPTH % STEP == 0, "every thread has one row and loads as often");
    ConvImages<const T> input;
    ConvCursor& cursor;
    gptr<const T> pixel;
    i32 y, x;
    T held[LOADS];

    static DEV i32 slot_row() { return (i32)threadIdx.x % WIDTH; }
    static DEV i32 slot_k() { return (i32)threadIdx.x / WIDTH; }

    DEV GatherAcrossK(const ConvImages<const T>& images, const ConvRows& rows, ConvCursor& walk)
        : input(images), cursor(walk), pixel(images.pixels + rows.input[slot_row()]), y(rows.y[slot_row()]), x(rows.x[slot_row()])
    {
    }
    DEV void fetch(i32 left)
    {
        UNROLL
        for (int l = 0; l < LOADS; l++) {
            held[l] = (T)0;
            if (slot_k() + l * STEP < left && input.holds(y + cursor.tap.Dy, x + cursor.tap.Dx))
                held[l] = pixel[input.distance(cursor.tap.Dy, cursor.tap.Dx) + cursor.channel];
            cursor.advance(STEP);
        }
    }
    DEV void store(sptr<T> panel) const
    {
        UNROLL
        for (int l = 0; l < LOADS; l++) panel[(slot_k() + l * STEP) * PITCH + slot_row()] = held[l];
    }
};

// A filter that lies as [output channel, tap, input channel]: contiguous along k inside a tap. FOURS as in GatherAlongK.
template <class T, bool FOURS, int WIDTH, int PITCH, int DEPTH, int THREADS> struct FilterAlongK {
    static constexpr int PIECE = FOURS ? 4 : 1;
    static constexpr int STEP = THREADS / (DEPTH / PIECE);  // rows from one piece of a thread to its next
    static constexpr int LOADS = WIDTH / STEP;
    static_assert(THREADS % (DEPTH / PIECE) == 0 && WIDTH % STEP == 0, "every thread loads as often, at one k");
    gptr<const T> row;
    i64 stride;
    ConvCursor& cursor;
    i32 rows, channels;
    T held[LOADS][PIECE];

    static DEV i32 slot_row() { return (i32)threadIdx.x / (DEPTH / PIECE); }
    static DEV i32 slot_k() { return (i32)threadIdx.x % (DEPTH / PIECE) * PIECE; }

    // first: the tile's first output channel, of `columns`
    DEV FilterAlongK(gptr<const T> filter, const ConvArgs& a, i32 first, i32 columns, ConvCursor& walk)
        : stride((i64)a.FilterTaps * a.InC), cursor(walk), rows(columns - slot_row()), channels(a.InC)
    {
        row = filter + (first + slot_row()) * stride;
    }
    DEV void fetch(i32 left)
    {
        gptr<const T> p = row + ((i64)cursor.tap.Filter * channels + cursor.channel);
        UNROLL
        for (int l = 0; l < LOADS; l++) {
            bool there = slot_k() < left && l * STEP < rows;
            if constexpr (FOURS) {
                vec4<T> v = load_upto4<true, T>(p + l * STEP * stride, there ? 4 : 0, -(T)0);
                held[l][0] = v.x, held[l][1] = v.y, held[l][2] = v.z, held[l][3] = v.w;
            } else {
                held[l][0] = -(T)0;
                if (there) held[l][0] = p[l * STEP * stride];
            }
        }
        cursor.advance(DEPTH);
    }
    DEV void store(sptr<T> panel) const
    {
        UNROLL
        for (int l = 0; l < LOADS; l++) {
            UNROLL
            for (int i = 0; i < PIECE; i++) panel[(slot_k() + i) * PITCH + slot_row() + l * STEP] = held[l][i];
        }
    }
};

// p[0 .. 3] as far as `left` elements, then fill; quads: as one access. It decides at run time, for loads that are not worth a variant.
template <class T> DEV vec4<T> load_columns(gptr<const T> p, i32 left, bool quads, T fill)
{
    if (quads) return load_upto4<true, T>(p, left, fill);
    return load_upto4<false, T>(p, left, fill);
}

// A filter that lies as [input channel, tap, output channel]: contiguous along the columns.
template <class T, int WIDTH, int PITCH, int DEPTH, int THREADS> struct FilterAcrossK {
    static constexpr int STEP = THREADS / (WIDTH / 4);  // of k, from one load of a thread to its next
    static constexpr int LOADS = DEPTH / STEP;
    static_assert(THREADS % (WIDTH / 4) == 0 && DEPTH % STEP == 0, "every thread loads as often, at one column");
    gptr<const T> column;
    i32 taps, stride;
    ConvCursor& cursor;
    i32 columns;
    bool quads;
    vec4<T> held[LOADS];

    static DEV i32 slot_row() { return (i32)threadIdx.x % (WIDTH / 4) * 4; }
    static DEV i32 slot_k() { return (i32)threadIdx.x / (WIDTH / 4); }

    // first: the tile's first output channel, of `tile_columns`
    DEV FilterAcrossK(gptr<const T> filter, const ConvArgs& a, i32 first, i32 tile_columns, ConvCursor& walk)
        : column(filter + first + slot_row()), taps(a.FilterTaps), stride(a.OutC), cursor(walk), columns(tile_columns - slot_row()), quads(a.OutQuads != 0)
    {
    }
    DEV void fetch(i32 left)
    {
        UNROLL
        for (int l = 0; l < LOADS; l++) {
            gptr<const T> p = column + ((i64)cursor.channel * taps + cursor.tap.Filter) * stride;
            held[l] = load_columns(p, slot_k() + l * STEP < left ? columns : 0, quads, -(T)0);
            cursor.advance(STEP);
        }
    }
    DEV void store(sptr<T> panel) const
    {
        UNROLL
        for (int l = 0; l < LOADS; l++) st4(panel + (slot_k() + l * STEP) * PITCH + slot_row(), held[l]);
    }
};
