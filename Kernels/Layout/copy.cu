// copy.cu: y = x by the widest word (1 to 8 bytes) that both addresses and the size are multiples of. Cost: 2 bytes moved a byte.
#include "Common/prelude.cuh"

#define COPY_ARGS(F) F(garg<const WORD>, X) F(garg<WORD>, Y) F(i64, N)
ARGS(CopyArgs, COPY_ARGS)

KERNEL(copy, CopyArgs, 256, 1)
{
    IN(WORD, X);
    OUT(WORD, Y);
    for (i64 i = global_index(); i < a.N; i += grid_stride()) Y[i] = X[i];
}
