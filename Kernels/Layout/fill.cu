// fill.cu: y[i] = one value. Cost: the bytes of y, written once. A value is a bit pattern, so types of one size share a kernel.
#include "Common/prelude.cuh"

#define FILL_ARGS(F) F(garg<WORD>, Y) F(i64, N) F(u64, Bits)
ARGS(FillArgs, FILL_ARGS)

KERNEL(fill, FillArgs, 256, 1)
{
    OUT(WORD, Y);
    WORD value = (WORD)a.Bits;
    for (i64 i = global_index(); i < a.N; i += grid_stride()) Y[i] = value;
}
