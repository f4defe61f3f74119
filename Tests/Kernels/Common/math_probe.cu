// math_probe.cu: y = f(x) for each function of Common/math.cuh, to be compared with VecMath bit by bit.
#include "Common/prelude.cuh"
#include "Common/math.cuh"

#define PROBE_ARGS(F) F(garg<const REAL>, X) F(garg<REAL>, Y) F(i64, N) F(i32, Function)
ARGS(MathProbeArgs, PROBE_ARGS)

// the numbers of MathFunction
DEV REAL apply(i32 function, REAL x)
{
    REAL sine, cosine;
    switch (function) {
    case 0: return gen_exp(x);
    case 1: return gen_expm1_of_negative(x);
    case 2: return gen_log(x);
    case 3: return gen_log1p(x);
    case 4: return gen_tanh(x);
    case 5: return gen_sigmoid(x);
    case 6: return gen_softplus(x);
    case 7: gen_sincos_turns(x, sine, cosine); return sine;
    case 8: gen_sincos_turns(x, sine, cosine); return cosine;
    default: return gen_rsqrt(x);
    }
}

KERNEL(math_probe, MathProbeArgs, 256, 1)
{
    IN(REAL, X);
    OUT(REAL, Y);
    for (i64 i = global_index(); i < a.N; i += grid_stride()) {
        REAL x = X[i];
        Y[i] = apply(a.Function, x);
    }
}
