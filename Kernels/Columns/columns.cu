// columns.cu: an autoregressive network position by position: for each position the new column (all channels) of every layer, then a draw. A program (ColumnProgram.cs) says which columns:
// its instructions are computed one after another by one block for IMAGES neighbouring images (the last block may have fewer), whose lanes share the outputs; a barrier of the block
// between two instructions is all the waiting there is, since images do not depend on each other. So nothing has to be resident together, and a launch may be any stretch of positions.
// Layout: the state keeps maps [ring row, ring column, image, channels]; weights [tap, channel, output] with the outputs side by side, so that lanes read neighbours.
// Cost: each weight once a position and block, from the L2, and serving all images of the block; multiply-adds of one column, not of the whole image: what makes sampling linear in the
// positions. A lane has WEIGHTS loads under way; inputs come as broadcasts of 16 bytes, a quarter of a load a weight and image. An output's chain of additions is the same for any IMAGES.
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

#define COLUMN_ARGS(F)                                                                                                                                         \
    F(garg<const ColumnInstruction>, Instructions) F(garg<const ColumnTap>, Taps) F(garg<const ColumnMap>, Maps) F(garg<const f32>, Weights) F(garg<f32>, State) \
    F(garg<i32>, Values) F(garg<f32>, Logits) F(u64, Seed) F(u64, FirstImage) F(i32, Batch) F(i32, Width) F(i32, Positions) F(i32, Colours) F(i32, Levels)        \
    F(i32, RowInstructions) F(i32, EndInstructions) F(i32, Count) F(i32, First) F(i32, Last) F(i32, KeepsLogits) F(f32, Sharpness)
ARGS(ColumnArgs, COLUMN_ARGS)

#ifndef IMAGES
#define IMAGES 1
#endif
#define WEIGHTS 16  // a multiple of 4

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
DEV i64 column_at(const ColumnArgs& a, i32 map, i32 y, i32 x, i32 image)
{
    IN(ColumnMap, Maps);
    ColumnMap m = Maps[map];
    i64 slot = (i64)(y & m.RowMask) * m.RingWidth + (x & m.ColumnMask);
    return m.Offset + (slot * a.Batch + image) * m.Stride;
}

DEV f32 column_activation(i32 activation, f32 v, f32 slope)
{
    return activation >= ACT_ELU ? smooth_activation(activation, v, slope) : linear_activation(activation, v, slope);
}

// Images of this block: [first, first + count).
DEV i32 first_image() { return (i32)blockIdx.x * IMAGES; }
DEV i32 image_count(const ColumnArgs& a)
{
    i32 left = a.Batch - first_image();
    return left < IMAGES ? left : IMAGES;
}

// The sums of one output over the taps that lie inside, for all images of the block. Those that a short last block lacks repeat its last one, and nobody looks at them.
DEV void column_sums(const ColumnArgs& a, const ColumnInstruction& op, i32 y, i32 x, i32 output, i32 images, f32 (&sums)[IMAGES])
{
    UPD(f32, State);
    IN(f32, Weights);
    IN(ColumnTap, Taps);
    IN(ColumnMap, Maps);
    ColumnMap source = Maps[op.Source];
    i32 at[IMAGES];
    UNROLL
    for (i32 n = 0; n < IMAGES; n++) {
        at[n] = (n < images ? n : images - 1) * source.Stride;
        sums[n] = 0;
    }
    for (i32 t = 0; t < op.Taps; t++) {
        ColumnTap tap = Taps[op.FirstTap + t];
        i32 ty = y + tap.Dy, tx = x + tap.Dx;
        if ((u32)ty >= (u32)source.Height || (u32)tx >= (u32)source.Width) continue;
        i64 from = column_at(a, op.Source, ty, tx, first_image()) + tap.First, weight = tap.Weights + output;
        i32 c = 0;
        if (((from | source.Stride) & 3) == 0) {
            for (; c + WEIGHTS <= tap.Count; c += WEIGHTS) {
                f32 w[WEIGHTS];
                UNROLL
                for (i32 k = 0; k < WEIGHTS; k++, weight += op.WeightStride) w[k] = Weights[weight];
                UNROLL
                for (i32 k = 0; k < WEIGHTS; k += 4) {
                    UNROLL
                    for (i32 n = 0; n < IMAGES; n++) {
                        vec4<f32> in = ld4(State + (from + at[n] + c + k));
                        sums[n] = fma(in.w, w[k + 3], fma(in.z, w[k + 2], fma(in.y, w[k + 1], fma(in.x, w[k], sums[n]))));
                    }
                }
            }
        }
        for (; c < tap.Count; c++, weight += op.WeightStride) {
            f32 w = Weights[weight];
            UNROLL
            for (i32 n = 0; n < IMAGES; n++) sums[n] = fma((f32)State[from + at[n] + c], w, sums[n]);
        }
    }
}

// What becomes of a sum: bias, activation, residual.
DEV f32 column_finish(const ColumnArgs& a, const ColumnInstruction& op, i32 y, i32 x, i32 output, i32 image, f32 sum)
{
    UPD(f32, State);
    IN(f32, Weights);
    if (op.Weights >= 0) sum = sum + Weights[op.Weights + output];
    sum = column_activation(op.Activation, sum, op.Slope);
    if (op.Second >= 0) sum = sum + State[column_at(a, op.Second, y, x, image) + op.FirstSecond + output];
    return sum;
}

// h of a cell, as scan.cu has it; c goes into the second map.
DEV f32 column_cell(const ColumnArgs& a, const ColumnInstruction& op, i32 y, i32 x, i32 output, i32 image)
{
    UPD(f32, State);
    IN(ColumnMap, Maps);
    ColumnMap map = Maps[op.Second];
    i32 back_y = y - op.BackRows, back_x = x - op.BackColumns;
    bool inside = (u32)back_y < (u32)map.Height && (u32)back_x < (u32)map.Width;
    f32 before = inside ? (f32)State[column_at(a, op.Second, back_y, back_x, image) + output] : 0.0f;
    i64 gates = column_at(a, op.Source, y, x, image) + output;
    f32 o = gen_sigmoid((f32)State[gates]), f = gen_sigmoid((f32)State[gates + op.Channels]);
    f32 i = gen_sigmoid((f32)State[gates + 2 * op.Channels]), g = gen_tanh((f32)State[gates + 3 * op.Channels]);
    f32 state = fma(f, before, i * g);
    State[column_at(a, op.Second, y, x, image) + output] = state;
    return o * gen_tanh(state);
}

// One output of an instruction that is neither a convolution nor a draw.
DEV f32 column_output(const ColumnArgs& a, const ColumnInstruction& op, i32 y, i32 x, i32 output, i32 image)
{
    UPD(f32, State);
    if (op.Kind == EMBEDDING) {
        UPD(i32, Values);
        IN(f32, Weights);
        i32 value = Values[(i64)image * a.Positions + y * a.Width + x];
        return Weights[op.Weights + (i64)value * op.WeightStride + output];
    }
    i64 from = column_at(a, op.Source, y, x, image) + op.FirstSource + output;
    if (op.Kind == ACTIVATION) return column_activation(op.Activation, State[from], op.Slope);
    if (op.Kind == ADD) return State[from] + (y >= op.BackRows ? (f32)State[column_at(a, op.Second, y - op.BackRows, x, image) + op.FirstSecond + output] : 0.0f);
    if (op.Kind == CELL) return column_cell(a, op, y, x, output, image);
    f32 gated = State[from], gate = State[from + op.Half];
    if (op.Second >= 0) {
        i64 condition = column_at(a, op.Second, y, x, image) + op.FirstSecond + output;
        gated = gated + State[condition];
        gate = gate + State[condition + op.Half];
    }
    return gen_gate<GATE_TANH, f32>(gated, gate);
}

// One lane an image draws.
DEV void column_value(const ColumnArgs& a, const ColumnInstruction& op, i32 drawn, i32 y, i32 x, i32 image)
{
    UPD(f32, State);
    UPD(i32, Values);
    i64 logits = column_at(a, op.Source, y, x, image) + op.FirstSource;
    i64 value = ((i64)image * a.Positions + drawn) * a.Colours + op.Colour;
    if (Values[value] < 0) {
        PhiloxStream stream = { a.Seed, a.FirstImage + (u32)image, 0x5A4D7E01u };
        i64 element = (i64)drawn * a.Colours + op.Colour;
        if (op.Law == BERNOULLI) Values[value] = uniform_at(stream, element) < gen_sigmoid((f32)State[logits] * a.Sharpness) ? 1 : 0;
        else if (op.Law == CATEGORICAL) Values[value] = draw_choice<f32>(State + logits, op.Channels, uniform_at(stream, element), a.Sharpness);
        else {
            f32 levels[3], x_of[3];
            i32 components = op.Channels / (1 + (a.Colours == 1 ? 2 : 3) * a.Colours);
            draw_mixture<f32>(State + logits, components, a.Colours, philox_words(stream, (u32)element), a.Sharpness, levels, x_of);
            for (i32 c = 0; c < a.Colours; c++) Values[value + c] = (i32)levels[c];
        }
    }
    if (op.Target < 0) return;
    i64 to = column_at(a, op.Target, y, x, image) + op.FirstTarget;
    i32 made = op.Law > CATEGORICAL ? a.Colours : 1;
    for (i32 c = 0; c < made; c++) State[to + c] = (f32)(i32)Values[value + c] / (f32)(a.Levels - 1);
}

// A value an image; all lanes keep the logits where they are asked for.
DEV void column_draw(const ColumnArgs& a, const ColumnInstruction& op, i32 y, i32 x, i32 images)
{
    UPD(f32, State);
    UPD(f32, Logits);
    i32 drawn = y * a.Width + x + op.Ahead;
    if (drawn >= a.Positions) return;
    if (a.KeepsLogits) {
        for (i32 i = (i32)threadIdx.x; i < images * op.Channels; i += (i32)blockDim.x) {
            i32 n = i / op.Channels, k = i - n * op.Channels, image = first_image() + n;
            i64 value = ((i64)image * a.Positions + drawn) * a.Colours + op.Colour;
            Logits[value * op.Channels + k] = (f32)State[column_at(a, op.Source, y, x, image) + op.FirstSource + k];
        }
    }
    if ((i32)threadIdx.x < images) column_value(a, op, drawn, y, x, first_image() + (i32)threadIdx.x);
}

// An instruction for `columns` positions of row y from column x on.
DEV void column_step(const ColumnArgs& a, i32 index, i32 y, i32 x, i32 columns)
{
    UPD(f32, State);
    IN(ColumnInstruction, Instructions);
    ColumnInstruction op = Instructions[index];
    i32 images = image_count(a), outputs = columns * op.Channels;
    if (op.Kind > CELL) column_draw(a, op, y, x, images);
    else if (op.Kind == CONVOLUTION) {
        for (i32 i = (i32)threadIdx.x; i < outputs; i += (i32)blockDim.x) {
            i32 column = i / op.Channels, output = i - column * op.Channels;
            f32 sums[IMAGES];
            column_sums(a, op, y, x + column, output, images, sums);
            UNROLL
            for (i32 n = 0; n < IMAGES; n++) {
                i32 image = first_image() + n;
                if (n < images) State[column_at(a, op.Target, y, x + column, image) + op.FirstTarget + output] = column_finish(a, op, y, x + column, output, image, sums[n]);
            }
        }
    } else {
        for (i32 i = (i32)threadIdx.x; i < images * outputs; i += (i32)blockDim.x) {
            i32 n = i / outputs, rest = i - n * outputs, column = rest / op.Channels, output = rest - column * op.Channels, image = first_image() + n;
            f32 value = column_output(a, op, y, x + column, output, image);
            State[column_at(a, op.Target, y, x + column, image) + op.FirstTarget + output] = value;
        }
    }
    block_sync();
}

KERNEL(columns, ColumnArgs, 128, 1)
{
    for (i32 position = a.First; position < a.Last; position++) {
        i32 y = position / a.Width, x = position - y * a.Width;
        if (x == 0) {
            for (i32 i = 0; i < a.RowInstructions; i++) column_step(a, i, y, 0, a.Width);
        }
        i32 end = a.Count - a.EndInstructions;
        for (i32 i = a.RowInstructions; i < end; i++) column_step(a, i, y, x, 1);
        for (i32 column = x; x + 1 == a.Width && column >= 0; column--) {
            for (i32 i = end; i < a.Count; i++) column_step(a, i, y, column, 1);
        }
    }
}
