// adam.cu: one step of Adam or AdamW over a flat arena of parameters, knowing no tensors. Adam.cs has the formula.
// Cost: 4 values read and 3 written a parameter (28 bytes in float), some 15 operations: bound by memory.
// The step's scalars (learning rate, bias corrections, gradient scale) come from device memory, made once a step by
// optimizer_state.cu; four parameters a lane as 16-byte accesses.
#include "Common/prelude.cuh"
#include "Common/four.cuh"
#include "Optimizer/optimizer.cuh"

#define ADAM_ARGS(F) \
    F(garg<REAL>, W) F(garg<const REAL>, G) F(garg<REAL>, M) F(garg<REAL>, V) F(garg<const f64>, State) F(i64, N) \
    F(f64, Beta1) F(f64, Beta2) F(f64, Epsilon) F(f64, L2) F(f64, Decay) F(i32, Aligned)
ARGS(AdamArgs, ADAM_ARGS)

struct AdamStep {
    REAL beta1, rest1, beta2, rest2, epsilon, l2, keep, step_size, root, scale;
};

DEV void adam_update(REAL& w, REAL gradient, REAL& m, REAL& v, const AdamStep& s)
{
    REAL g = fma(s.l2, w, gradient * s.scale);
    m = flush(fma(s.beta1, m, s.rest1 * g));
    v = flush(fma(s.beta2, v, s.rest2 * g * g));
    w = w * s.keep - s.step_size * m / fma(real_sqrt(v), s.root, s.epsilon);
}

KERNEL(adam, AdamArgs, 256, 1)
{
    UPD(REAL, W);
    IN(REAL, G);
    UPD(REAL, M);
    UPD(REAL, V);
    IN(f64, State);
    AdamStep s;
    s.beta1 = (REAL)a.Beta1;
    s.rest1 = (REAL)(1.0 - a.Beta1);
    s.beta2 = (REAL)a.Beta2;
    s.rest2 = (REAL)(1.0 - a.Beta2);
    s.epsilon = (REAL)a.Epsilon;
    s.l2 = (REAL)a.L2;
    s.keep = (REAL)(1.0 - State[STATE_LEARNING_RATE] * a.Decay);
    s.step_size = (REAL)State[STATE_STEP_SIZE];
    s.root = (REAL)State[STATE_ROOT_CORRECTION];
    s.scale = (REAL)State[STATE_GRAD_SCALE];
    for (i64 i = global_index() * 4; i < a.N; i += grid_stride() * 4) {
        vec4<REAL> w = load4<REAL>(W, i, a.N, a.Aligned), g = load4<REAL>(G, i, a.N, a.Aligned);
        vec4<REAL> m = load4<REAL>(M, i, a.N, a.Aligned), v = load4<REAL>(V, i, a.N, a.Aligned);
        adam_update(w.x, g.x, m.x, v.x, s);
        adam_update(w.y, g.y, m.y, v.y, s);
        adam_update(w.z, g.z, m.z, v.z, s);
        adam_update(w.w, g.w, m.w, v.w, s);
        store4<REAL>(W, i, a.N, a.Aligned, w);
        store4<REAL>(M, i, a.N, a.Aligned, m);
        store4<REAL>(V, i, a.N, a.Aligned, v);
    }
}
