// copy_block.cu: y[r, c] = x[r, c] or y[r, c] += x[r, c], a block of columns between two row-major matrices whose rows are XStride
// and YStride apart; X and Y point to the block's first element. Cost: 2 words moved an element, 3 when adding.
// No division: a power of two of lanes takes a row (RowGrid.cs), so narrow blocks fill a thread block with many rows.
#include "Common/stored.cuh"

#define COPY_BLOCK_ARGS(F) \
    F(garg<const WORD>, X) F(garg<WORD>, Y) F(i64, Rows) F(i64, Columns) F(i64, XStride) F(i64, YStride) F(i32, LaneBits)
ARGS(CopyBlockArgs, COPY_BLOCK_ARGS)

KERNEL(copy_block, CopyBlockArgs, 256, 1)
{
    IN(WORD, X);
    UPD(WORD, Y);
    i64 lanes = 1ll << a.LaneBits;
    for (i64 row = global_index() >> a.LaneBits; row < a.Rows; row += grid_stride() >> a.LaneBits) {
        for (i64 column = global_index() & (lanes - 1); column < a.Columns; column += lanes) {
#if ACCUMULATE
            put1(Y + (row * a.YStride + column), get1(gptr<const WORD>(Y + (row * a.YStride + column))) + get1(X + (row * a.XStride + column)));
#else
            WORD value = X[row * a.XStride + column];
            Y[row * a.YStride + column] = value;
#endif
        }
    }
}
