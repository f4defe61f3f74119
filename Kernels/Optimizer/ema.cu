// ema.cu: an exponential moving average of a flat arena: E += Rest * (W - E), Rest = 1 - decay.
// Cost: 3 values moved a parameter: bound by memory; four parameters a lane as 16-byte accesses.
#include "Common/prelude.cuh"
#include "Common/four.cuh"

#define EMA_ARGS(F) F(garg<const REAL>, W) F(garg<REAL>, E) F(i64, N) F(f64, Rest) F(i32, Aligned)
ARGS(EmaArgs, EMA_ARGS)

KERNEL(ema, EmaArgs, 256, 1)
{
    IN(REAL, W);
    UPD(REAL, E);
    REAL rest = (REAL)a.Rest;
    for (i64 i = global_index() * 4; i < a.N; i += grid_stride() * 4) {
        vec4<REAL> w = load4<REAL>(W, i, a.N, a.Aligned), e = load4<REAL>(E, i, a.N, a.Aligned);
        e.x = fma(rest, w.x - e.x, e.x);
        e.y = fma(rest, w.y - e.y, e.y);
        e.z = fma(rest, w.z - e.z, e.z);
        e.w = fma(rest, w.w - e.w, e.w);
        store4<REAL>(E, i, a.N, a.Aligned, e);
    }
}
