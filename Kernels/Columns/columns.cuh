// columns.cuh: what one output of an instruction is (ColumnProgram.cs), for the kernels that run programs: columns.cu, columns_cluster.cu, columns_grid.cu. An output's chain of additions
// is the same in all of them. Functions take the maps apart from the arguments: some kernels keep them in shared memory.
#pragma once
#include "Common/prelude.cuh"
#include "Common/math.cuh"
#include "Common/gate.cuh"
#include "Common/draw.cuh"
#include "Common/fused_activation.cuh"

// mirror the structs of ColumnProgram.cs, where the fields are explained
struct ColumnInstruction {
    i64 Weights;
    i32 Kind, Source, Second, Target, FirstSource, FirstSecond, FirstTarget, Channels, Half, FirstTap, Taps, WeightStride, Activation;
    f32 Slope;
    i32 Law, Colour, Ahead, BackRows, BackColumns;
};
struct ColumnMap {
    i64 Offset;
    i32 Height, Width, RowMask, ColumnMask, RingWidth, Stride;
};
struct ColumnTap {
    i32 Dy, Dx, First, Count;
    i64 Weights;
};

// ColumnKind and ColumnLaw
#define CONVOLUTION 0
#define GATE 1
#define ACTIVATION 2
#define ADD 3
#define EMBEDDING 4
#define CELL 5
#define BERNOULLI 0
#define CATEGORICAL 1

// Elements from the state's beginning to a position of an image.
template <class A, class M> DEV i64 column_at(const A& a, M maps, i32 map, i32 y, i32 x, i32 image)
{
    ColumnMap m = maps[map];
    i64 slot = (i64)(y & m.RowMask) * m.RingWidth + (x & m.ColumnMask);
    return m.Offset + (slot * a.Batch + image) * m.Stride;
}

DEV f32 column_activation(i32 activation, f32 v, f32 slope)
{
    return activation >= ACT_ELU ? smooth_activation(activation, v, slope) : linear_activation(activation, v, slope);
}

// The sums of one output over the taps that lie inside, for neighbouring images from `first` on and neighbouring columns from x on: a weight is read once for all of them. Images beyond
// `images` repeat the last one, and columns beyond `columns` the last one; nobody looks at them.
template <i32 Images, i32 Columns, class A, class M>
DEV void column_sums(const A& a, M maps, const ColumnInstruction& op, i32 y, i32 x, i32 columns, i32 output, i32 first, i32 images, f32 (&sums)[Columns][Images])
{
    constexpr i32 Ahead = Images * Columns > 8 ? 8 : 16;  // weights under way, a multiple of 4; the more sums, the less do their loads count
    UPD(f32, State);
    IN(f32, Weights);
    IN(ColumnTap, Taps);
    ColumnMap source = maps[op.Source];
    i32 at[Images];
    UNROLL
    for (i32 n = 0; n < Images; n++) {
        at[n] = (n < images ? n : images - 1) * source.Stride;
        UNROLL
        for (i32 column = 0; column < Columns; column++) sums[column][n] = 0;
    }
    for (i32 t = 0; t < op.Taps; t++) {
        ColumnTap tap = Taps[op.FirstTap + t];
        i32 ty = y + tap.Dy;
        if ((u32)ty >= (u32)source.Height) continue;
        i64 from[Columns], weight = tap.Weights + output;
        bool inside[Columns], some = false, whole = (source.Stride & 3) == 0;
        UNROLL
        for (i32 column = 0; column < Columns; column++) {
            i32 tx = x + tap.Dx + (column < columns ? column : columns - 1);
            inside[column] = (u32)tx < (u32)source.Width;
            some = some || inside[column];
            from[column] = inside[column] ? column_at(a, maps, op.Source, ty, tx, first) + tap.First : 0;
            whole = whole && (from[column] & 3) == 0;
        }
        if (!some) continue;
        i32 c = 0;
        if (whole) {
            for (; c + Ahead <= tap.Count; c += Ahead) {
                f32 w[Ahead];
                UNROLL
                for (i32 k = 0; k < Ahead; k++, weight += op.WeightStride) w[k] = Weights[weight];
                UNROLL
                for (i32 column = 0; column < Columns; column++) {
                    if (!inside[column]) continue;
                    UNROLL
                    for (i32 k = 0; k < Ahead; k += 4) {
                        UNROLL
                        for (i32 n = 0; n < Images; n++) {
                            vec4<f32> in = ld4(State + (from[column] + at[n] + c + k));
                            f32& sum = sums[column][n];
                            sum = fma(in.w, w[k + 3], fma(in.z, w[k + 2], fma(in.y, w[k + 1], fma(in.x, w[k], sum))));
                        }
                    }
                }
            }
        }
        for (; c < tap.Count; c++, weight += op.WeightStride) {
            f32 w = Weights[weight];
            UNROLL
            for (i32 column = 0; column < Columns; column++) {
                if (!inside[column]) continue;
                UNROLL
                for (i32 n = 0; n < Images; n++) sums[column][n] = fma((f32)State[from[column] + at[n] + c], w, sums[column][n]);
            }
        }
    }
}

// What becomes of a sum: bias, activation, residual.
template <class A, class M> DEV f32 column_finish(const A& a, M maps, const ColumnInstruction& op, i32 y, i32 x, i32 output, i32 image, f32 sum)
{
    UPD(f32, State);
    IN(f32, Weights);
    if (op.Weights >= 0) sum = sum + Weights[op.Weights + output];
    sum = column_activation(op.Activation, sum, op.Slope);
    if (op.Second >= 0) sum = sum + State[column_at(a, maps, op.Second, y, x, image) + op.FirstSecond + output];
    return sum;
}

// h of a cell, as scan.cu has it; c goes into the second map.
template <class A, class M> DEV f32 column_cell(const A& a, M maps, const ColumnInstruction& op, i32 y, i32 x, i32 output, i32 image)
{
    UPD(f32, State);
    ColumnMap map = maps[op.Second];
    i32 back_y = y - op.BackRows, back_x = x - op.BackColumns;
    bool inside = (u32)back_y < (u32)map.Height && (u32)back_x < (u32)map.Width;
    f32 before = inside ? (f32)State[column_at(a, maps, op.Second, back_y, back_x, image) + output] : 0.0f;
    i64 gates = column_at(a, maps, op.Source, y, x, image) + output;
    f32 o = gen_sigmoid((f32)State[gates]), f = gen_sigmoid((f32)State[gates + op.Channels]);
    f32 i = gen_sigmoid((f32)State[gates + 2 * op.Channels]), g = gen_tanh((f32)State[gates + 3 * op.Channels]);
    f32 state = fma(f, before, i * g);
    State[column_at(a, maps, op.Second, y, x, image) + output] = state;
    return o * gen_tanh(state);
}

// One output of an instruction that is neither a convolution nor a draw.
template <class A, class M> DEV f32 column_output(const A& a, M maps, const ColumnInstruction& op, i32 y, i32 x, i32 output, i32 image)
{
    UPD(f32, State);
    if (op.Kind == EMBEDDING) {
        UPD(i32, Values);
        IN(f32, Weights);
        i32 value = Values[(i64)image * a.Positions + y * a.Width + x];
        return Weights[op.Weights + (i64)value * op.WeightStride + output];
    }
    i64 from = column_at(a, maps, op.Source, y, x, image) + op.FirstSource + output;
    if (op.Kind == ACTIVATION) return column_activation(op.Activation, State[from], op.Slope);
    if (op.Kind == ADD) return State[from] + (y >= op.BackRows ? (f32)State[column_at(a, maps, op.Second, y - op.BackRows, x, image) + op.FirstSecond + output] : 0.0f);
    if (op.Kind == CELL) return column_cell(a, maps, op, y, x, output, image);
    f32 gated = State[from], gate = State[from + op.Half];
    if (op.Second >= 0) {
        i64 condition = column_at(a, maps, op.Second, y, x, image) + op.FirstSecond + output;
        gated = gated + State[condition];
        gate = gate + State[condition + op.Half];
    }
    return gen_gate<GATE_TANH, f32>(gated, gate);
}

// An instruction that is no draw, for `columns` positions of row y from column x on and images [first, first + images): lane `lane` of `lanes` takes its part, Columns columns at a time.
template <i32 Images, i32 Columns, class A, class M>
DEV void column_outputs(const A& a, M maps, const ColumnInstruction& op, i32 y, i32 x, i32 columns, i32 first, i32 images, i32 lane, i32 lanes)
{
    UPD(f32, State);
    if (op.Kind == CONVOLUTION) {
        i32 outputs = (columns + Columns - 1) / Columns * op.Channels;
        for (i32 i = lane; i < outputs && images > 0; i += lanes) {
            i32 before = i / op.Channels * Columns, output = i % op.Channels, left = columns - before;
            f32 sums[Columns][Images];
            column_sums(a, maps, op, y, x + before, left, output, first, images, sums);
            UNROLL
            for (i32 column = 0; column < Columns; column++) {
                UNROLL
                for (i32 n = 0; n < Images; n++) {
                    if (column < left && n < images) {
                        i64 to = column_at(a, maps, op.Target, y, x + before + column, first + n) + op.FirstTarget + output;
                        State[to] = column_finish(a, maps, op, y, x + before + column, output, first + n, sums[column][n]);
                    }
                }
            }
        }
    } else {
        i32 outputs = columns * op.Channels;
        for (i32 i = lane; i < images * outputs; i += lanes) {
            i32 n = i / outputs, rest = i - n * outputs, column = rest / op.Channels, output = rest - column * op.Channels, image = first + n;
            f32 value = column_output(a, maps, op, y, x + column, output, image);
            State[column_at(a, maps, op.Target, y, x + column, image) + op.FirstTarget + output] = value;
        }
    }
}

// The numbers that draws of an image take; the stream's name is Columns.Stream.
template <class A> DEV PhiloxStream column_stream(const A& a, i32 image) { return { a.Seed, a.FirstImage + (u32)image, 0x5A4D7E01u }; }

// What one lane draws from logits: one level, or all colours' from a mixture.
template <class A, class P> DEV void column_levels(const A& a, i32 law, i32 channels, P logits, i64 element, i32 image, i32 (&levels)[3])
{
    PhiloxStream stream = column_stream(a, image);
    if (law == BERNOULLI) levels[0] = uniform_at(stream, element) < gen_sigmoid((f32)logits[0] * a.Sharpness) ? 1 : 0;
    else if (law == CATEGORICAL) levels[0] = draw_choice<f32>(logits, channels, uniform_at(stream, element), a.Sharpness);
    else {
        f32 drawn[3], x_of[3];
        i32 components = channels / (1 + (a.Colours == 1 ? 2 : 3) * a.Colours);
        draw_mixture<f32>(logits, components, a.Colours, philox_words(stream, (u32)element), a.Sharpness, drawn, x_of);
        for (i32 c = 0; c < a.Colours; c++) levels[c] = (i32)drawn[c];
    }
}
