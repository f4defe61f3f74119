// sgd.cu: one step of gradient descent over a flat arena, with MOMENTUM=1 keeping a velocity U. Sgd.cs has the formula.
// Cost: 3 values moved a parameter, 5 with momentum: bound by memory; four parameters a lane as 16-byte accesses.
#include "Common/prelude.cuh"
#include "Common/four.cuh"
#include "Optimizer/optimizer.cuh"

#define SGD_ARGS(F) \
    F(garg<REAL>, W) F(garg<const REAL>, G) F(garg<REAL>, U) F(garg<const f64>, State) F(i64, N) \
    F(f64, Momentum) F(f64, L2) F(i32, Nesterov) F(i32, Aligned)
ARGS(SgdArgs, SGD_ARGS)

struct SgdStep {
    REAL momentum, l2, rate, scale;
    i32 nesterov;
};

DEV void sgd_update(REAL& w, REAL gradient, REAL& u, const SgdStep& s)
{
    REAL g = fma(s.l2, w, gradient * s.scale);
    REAL d = g;
    if (MOMENTUM) {
        u = flush(fma(s.momentum, u, g));
        d = s.nesterov ? fma(s.momentum, u, g) : u;
    }
    w = fma(-s.rate, d, w);
}

KERNEL(sgd, SgdArgs, 256, 1)
{
    UPD(REAL, W);
    IN(REAL, G);
    UPD(REAL, U);
    IN(f64, State);
    SgdStep s;
    s.momentum = (REAL)a.Momentum;
    s.l2 = (REAL)a.L2;
    s.rate = (REAL)State[STATE_LEARNING_RATE];
    s.scale = (REAL)State[STATE_GRAD_SCALE];
    s.nesterov = a.Nesterov;
    for (i64 i = global_index() * 4; i < a.N; i += grid_stride() * 4) {
        vec4<REAL> w = load4<REAL>(W, i, a.N, a.Aligned), g = load4<REAL>(G, i, a.N, a.Aligned), u = { 0, 0, 0, 0 };
        if (MOMENTUM) u = load4<REAL>(U, i, a.N, a.Aligned);
        sgd_update(w.x, g.x, u.x, s);
        sgd_update(w.y, g.y, u.y, s);
        sgd_update(w.z, g.z, u.z, s);
        sgd_update(w.w, g.w, u.w, s);
        store4<REAL>(W, i, a.N, a.Aligned, w);
        if (MOMENTUM) store4<REAL>(U, i, a.N, a.Aligned, u);
    }
}
