// columns.cu: an autoregressive network position by position: for each position the new column (all channels) of every layer, then a draw. A program (ColumnProgram.cs) says which columns:
// its instructions are computed one after another by one block for IMAGES neighbouring images (the last block may have fewer), whose lanes share the outputs; a barrier of the block
// between two instructions is all the waiting there is, since images do not depend on each other. So nothing has to be resident together, and a launch may be any stretch of positions.
// Layout: the state keeps maps [ring row, ring column, image, channels]; weights [tap, channel, output] with the outputs side by side, so that lanes read neighbours.
// Cost: each weight once a position and block, from the L2, and serving all images of the block; multiply-adds of one column, not of the whole image: what makes sampling linear in the
// positions. A lane has sixteen loads of weights under way; inputs come as broadcasts of 16 bytes, a quarter of a load a weight and image. An output's chain of additions is the same for any IMAGES.
#include "Columns/columns.cuh"

#define COLUMN_ARGS(F)                                                                                                                                         \
    F(garg<const ColumnInstruction>, Instructions) F(garg<const ColumnTap>, Taps) F(garg<const ColumnMap>, Maps) F(garg<const f32>, Weights) F(garg<f32>, State) \
    F(garg<i32>, Values) F(garg<f32>, Logits) F(u64, Seed) F(u64, FirstImage) F(i32, Batch) F(i32, Width) F(i32, Positions) F(i32, Colours) F(i32, Levels)        \
    F(i32, RowInstructions) F(i32, EndInstructions) F(i32, Count) F(i32, First) F(i32, Last) F(i32, KeepsLogits) F(f32, Sharpness)
ARGS(ColumnArgs, COLUMN_ARGS)

#ifndef IMAGES
#define IMAGES 1
#endif

// Images of this block: [first, first + count).
DEV i32 first_image() { return (i32)blockIdx.x * IMAGES; }
DEV i32 image_count(const ColumnArgs& a)
{
    i32 left = a.Batch - first_image();
    return left < IMAGES ? left : IMAGES;
}

// One lane an image draws.
DEV void column_value(const ColumnArgs& a, const ColumnInstruction& op, i32 drawn, i32 y, i32 x, i32 image)
{
    UPD(f32, State);
    UPD(i32, Values);
    IN(ColumnMap, Maps);
    i32 made = op.Law > CATEGORICAL ? a.Colours : 1;
    i64 element = (i64)drawn * a.Colours + op.Colour, value = ((i64)image * a.Positions) * a.Colours + element;
    if (Values[value] < 0) {
        i32 levels[3];
        column_levels(a, op.Law, op.Channels, State + (column_at(a, Maps, op.Source, y, x, image) + op.FirstSource), element, image, levels);
        for (i32 c = 0; c < made; c++) Values[value + c] = levels[c];
    }
    if (op.Target < 0) return;
    i64 to = column_at(a, Maps, op.Target, y, x, image) + op.FirstTarget;
    for (i32 c = 0; c < made; c++) State[to + c] = (f32)(i32)Values[value + c] / (f32)(a.Levels - 1);
}

// A value an image; all lanes keep the logits where they are asked for.
DEV void column_draw(const ColumnArgs& a, const ColumnInstruction& op, i32 y, i32 x, i32 images)
{
    UPD(f32, State);
    UPD(f32, Logits);
    IN(ColumnMap, Maps);
    i32 drawn = y * a.Width + x + op.Ahead;
    if (drawn >= a.Positions) return;
    if (a.KeepsLogits) {
        for (i32 i = (i32)threadIdx.x; i < images * op.Channels; i += (i32)blockDim.x) {
            i32 n = i / op.Channels, k = i - n * op.Channels, image = first_image() + n;
            i64 value = ((i64)image * a.Positions + drawn) * a.Colours + op.Colour;
            Logits[value * op.Channels + k] = (f32)State[column_at(a, Maps, op.Source, y, x, image) + op.FirstSource + k];
        }
    }
    if ((i32)threadIdx.x < images) column_value(a, op, drawn, y, x, first_image() + (i32)threadIdx.x);
}

// An instruction for `columns` positions of row y from column x on.
DEV void column_step(const ColumnArgs& a, i32 index, i32 y, i32 x, i32 columns)
{
    IN(ColumnInstruction, Instructions);
    IN(ColumnMap, Maps);
    ColumnInstruction op = Instructions[index];
    if (op.Kind > CELL) column_draw(a, op, y, x, image_count(a));
    else column_outputs<IMAGES, 1>(a, Maps, op, y, x, columns, first_image(), image_count(a), (i32)threadIdx.x, (i32)blockDim.x);
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
