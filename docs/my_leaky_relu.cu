// my_leaky_relu.cu: a kernel of one's own in place of the engine's, for 'genengine kernels run'. y = x where x > 0, else p0 x.
// It takes the arguments of Elementwise/unary.cu, field by field, and is launched as that one would be: 256 threads a block and as many blocks
// as it asks for. The constants come along too: REAL is float or double, OP the number of the function (8: leaky ReLU; this file knows no other).
#include "Common/prelude.cuh"

#define UNARY_ARGS(F) F(garg<const REAL>, X) F(garg<REAL>, Y) F(i64, N) F(i64, Quads) F(f64, P0) F(f64, P1)
ARGS(UnaryArgs, UNARY_ARGS)

KERNEL(unary, UnaryArgs, 256, 1)
{
    gptr<const REAL> x = a.X;  // not IN: y may be x
    gptr<REAL> y = a.Y;
    REAL slope = (REAL)a.P0;
    for (i64 i = global_index(); i < a.N; i += grid_stride()) {
        REAL v = x[i];
        y[i] = v > (REAL)0 ? v : slope * v;
    }
}
