// levels.cu: y[i] = x[i] * Greatest to the nearest integer, held in 0 .. Greatest: pixels in [0, 1] as what a softmax is asked for.
// Cost: x read once, y written once.
#include "Common/prelude.cuh"

#define LEVELS_ARGS(F) F(garg<const REAL>, X) F(garg<i32>, Y) F(i64, Count) F(i32, Greatest)
ARGS(LevelsArgs, LEVELS_ARGS)

KERNEL(levels, LevelsArgs, 256, 1)
{
    IN(REAL, X);
    OUT(i32, Y);
    REAL greatest = (REAL)a.Greatest;
    for (i64 i = global_index(); i < a.Count; i += grid_stride()) {
        REAL x = X[i];
        REAL level = real_round(x * greatest);
        level = level > (REAL)0 ? level : (REAL)0;
        Y[i] = (i32)(greatest < level ? greatest : level);
    }
}
