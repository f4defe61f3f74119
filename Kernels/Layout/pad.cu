// pad.cu: NHWC images with a border of one value (pad), and without it again (crop, the gradient of pad).
// A row is one image row, pixels times channels: Inner elements inside, Outer with the border. Cost: x read once, y written once.
// One division a row; a power of two of lanes takes a row (RowGrid.cs).
#include "Common/prelude.cuh"

#define PAD_ARGS(F) \
    F(garg<const WORD>, X) F(garg<WORD>, Y) F(i64, Rows) F(i64, Height) F(i64, OuterHeight) F(i64, Top) \
    F(i64, Inner) F(i64, Outer) F(i64, Left) F(u64, Bits) F(i32, LaneBits)
ARGS(PadArgs, PAD_ARGS)

KERNEL(pad, PadArgs, 256, 1)
{
    IN(WORD, X);
    OUT(WORD, Y);
    i64 lanes = 1ll << a.LaneBits;
    for (i64 row = global_index() >> a.LaneBits; row < a.Rows; row += grid_stride() >> a.LaneBits) {
        i64 image = row / a.OuterHeight, y = row - image * a.OuterHeight - a.Top;
        i64 source = (image * a.Height + y) * a.Inner - a.Left;
        bool inside = y >= 0 && y < a.Height;
        for (i64 column = global_index() & (lanes - 1); column < a.Outer; column += lanes) {
            WORD value = (WORD)a.Bits;
            if (inside && column >= a.Left && column < a.Left + a.Inner) value = X[source + column];
            Y[row * a.Outer + column] = value;
        }
    }
}

KERNEL(crop, PadArgs, 256, 1)
{
    IN(WORD, X);
    OUT(WORD, Y);
    i64 lanes = 1ll << a.LaneBits;
    for (i64 row = global_index() >> a.LaneBits; row < a.Rows; row += grid_stride() >> a.LaneBits) {
        i64 image = row / a.Height, y = row - image * a.Height;
        i64 source = (image * a.OuterHeight + a.Top + y) * a.Outer + a.Left;
        for (i64 column = global_index() & (lanes - 1); column < a.Inner; column += lanes) Y[row * a.Inner + column] = X[source + column];
    }
}
