// one_hot.cu: y[r, c] = (labels[r] == c). Cost: the bytes of y, written once. A power of two of lanes takes a row (RowGrid.cs).
#include "Common/prelude.cuh"

#define ONE_HOT_ARGS(F) F(garg<const i32>, Labels) F(garg<WORD>, Y) F(u64, One) F(i32, Rows) F(i32, Classes) F(i32, LaneBits)
ARGS(OneHotArgs, ONE_HOT_ARGS)

KERNEL(one_hot, OneHotArgs, 256, 1)
{
    IN(i32, Labels);
    OUT(WORD, Y);
    i64 lanes = 1ll << a.LaneBits;
    for (i64 row = global_index() >> a.LaneBits; row < a.Rows; row += grid_stride() >> a.LaneBits) {
        i32 label = Labels[row];
        for (i64 c = global_index() & (lanes - 1); c < a.Classes; c += lanes) Y[row * a.Classes + c] = (WORD)(c == label ? a.One : 0);
    }
}
