// shear.cu: y(i, j) = x(i + Down, Step j + Start + Slope i) of NHWC images, 0 where that lies outside of x; with ACCUMULATE y += that, and what has no
// source stays. Skewing, unskewing, mirroring and moving rows are such maps. Cost: 2 words moved an element, 3 when adding.
// A power of two of lanes takes a row (RowGrid.cs): one division a row, and one an element where a row is mirrored.
#include "Common/prelude.cuh"

#define SHEAR_ARGS(F) \
    F(garg<const WORD>, X) F(garg<WORD>, Y) F(i64, Rows) F(i64, Height) F(i64, Width) F(i64, OutWidth) F(i64, Channels) \
    F(i64, Down) F(i64, Step) F(i64, Start) F(i64, Slope) F(i32, LaneBits)
ARGS(ShearArgs, SHEAR_ARGS)

KERNEL(shear, ShearArgs, 256, 1)
{
    IN(WORD, X);
    UPD(WORD, Y);
    i64 lanes = 1ll << a.LaneBits, columns = a.OutWidth * a.Channels, width = a.Width * a.Channels;
    for (i64 row = global_index() >> a.LaneBits; row < a.Rows; row += grid_stride() >> a.LaneBits) {
        i64 image = row / a.Height, i = row - image * a.Height, from = i + a.Down;
        i64 source = (image * a.Height + from) * width, start = (a.Start + a.Slope * i) * a.Channels;
        bool inside = from >= 0 && from < a.Height;
        for (i64 column = global_index() & (lanes - 1); column < columns; column += lanes) {
            i64 at = a.Step > 0 ? start + column : start - column + 2 * (column % a.Channels);
            bool there = inside && at >= 0 && at < width;
            WORD value = (WORD)0;
            if (there) value = X[source + at];
            if (ACCUMULATE) {
                if (!there) continue;
                WORD old = Y[row * columns + column];
                value = old + value;
            }
            Y[row * columns + column] = value;
        }
    }
}
