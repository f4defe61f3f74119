// large_frame.cu: a local array that would run over the stack of a lane (and spill on a GPU).
#include "Common/prelude.cuh"

#define MAP_ARGS(F) F(garg<const REAL>, X) F(garg<REAL>, Y) F(i64, N) F(REAL, Slope)
ARGS(MapArgs, MAP_ARGS)

KERNEL(large_frame, MapArgs, 32, 1)
{
    IN(REAL, X);
    OUT(REAL, Y);
    REAL local[8192];
    for (i32 i = 0; i < 8192; i++) local[i] = X[i];
    block_sync();
    for (i32 i = 0; i < (i32)a.N; i++) Y[i] = local[(i * 7) % 8192];
}
