// rmsprop.cu: one step of RMSProp over a flat arena, with MOMENTUM=1 keeping a velocity U. RmsProp.cs has the formula.
// Cost: 5 values moved a parameter, 7 with momentum: bound by memory; four parameters a lane as 16-byte accesses.
#include "Common/prelude.cuh"
#include "Common/four.cuh"
#include "Optimizer/optimizer.cuh"

#define RMSPROP_ARGS(F) \
    F(garg<REAL>, W) F(garg<const REAL>, G) F(garg<REAL>, S) F(garg<REAL>, U) F(garg<const f64>, State) F(i64, N) \
    F(f64, Smoothing) F(f64, Epsilon) F(f64, Momentum) F(f64, L2) F(i32, Aligned)
ARGS(RmsPropArgs, RMSPROP_ARGS)

struct RmsPropStep {
    REAL smoothing, rest, epsilon, momentum, l2, rate, scale;
};

DEV void rmsprop_update(REAL& w, REAL gradient, REAL& square, REAL& u, const RmsPropStep& s)
{
    REAL g = fma(s.l2, w, gradient * s.scale);
    square = flush(fma(s.smoothing, square, s.rest * g * g));
    REAL d = g / (real_sqrt(square) + s.epsilon);
    if (MOMENTUM) {
        u = flush(fma(s.momentum, u, d));
        d = u;
    }
    w = fma(-s.rate, d, w);
}

KERNEL(rmsprop, RmsPropArgs, 256, 1)
{
    UPD(REAL, W);
    IN(REAL, G);
    UPD(REAL, S);
    UPD(REAL, U);
    IN(f64, State);
    RmsPropStep s;
    s.smoothing = (REAL)a.Smoothing;
    s.rest = (REAL)(1.0 - a.Smoothing);
    s.epsilon = (REAL)a.Epsilon;
    s.momentum = (REAL)a.Momentum;
    s.l2 = (REAL)a.L2;
    s.rate = (REAL)State[STATE_LEARNING_RATE];
    s.scale = (REAL)State[STATE_GRAD_SCALE];
    for (i64 i = global_index() * 4; i < a.N; i += grid_stride() * 4) {
        vec4<REAL> w = load4<REAL>(W, i, a.N, a.Aligned), g = load4<REAL>(G, i, a.N, a.Aligned);
        vec4<REAL> q = load4<REAL>(S, i, a.N, a.Aligned), u = { 0, 0, 0, 0 };
        if (MOMENTUM) u = load4<REAL>(U, i, a.N, a.Aligned);
        rmsprop_update(w.x, g.x, q.x, u.x, s);
        rmsprop_update(w.y, g.y, q.y, u.y, s);
        rmsprop_update(w.z, g.z, q.z, u.z, s);
        rmsprop_update(w.w, g.w, q.w, u.w, s);
        store4<REAL>(W, i, a.N, a.Aligned, w);
        store4<REAL>(S, i, a.N, a.Aligned, q);
        if (MOMENTUM) store4<REAL>(U, i, a.N, a.Aligned, u);
    }
}
