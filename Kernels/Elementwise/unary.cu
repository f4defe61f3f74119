// unary.cu: y = f(x), and its backward dx = dy f'(x) or dx += dy f'(x), f' taken from x or from y = f(x).
// Flat arrays of N elements. A few operations an element: memory decides, 2 (forward), 3 or 4 (backward) times N elements moved.
// One pass of 16-byte accesses (Quads groups of four), the rest one by one; y may be x and dx may be dy, so nothing is restrict.
// limits: sectors 1.1
#include "Common/stored.cuh"
#include "Common/math.cuh"

#define UNARY_ARGS(F) F(garg<const STORED>, X) F(garg<STORED>, Y) F(i64, N) F(i64, Quads) F(f64, P0) F(f64, P1)
ARGS(UnaryArgs, UNARY_ARGS)

#define UNARY_BACKWARD_ARGS(F)                                                                                           \
    F(garg<const STORED>, Saved) F(garg<const STORED>, DY) F(garg<STORED>, DX) F(i64, N) F(i64, Quads) F(f64, P0) F(f64, P1) \
    F(i32, Accumulate)
ARGS(UnaryBackwardArgs, UNARY_BACKWARD_ARGS)

// the numbers of UnaryOp
#define NEG 0
#define EXP 1
#define LOG 2
#define SQUARE 3
#define SQRT 4
#define ABS 5
#define CLAMP 6
#define RELU 7
#define LEAKY_RELU 8
#define ELU 9
#define TANH 10
#define SIGMOID 11
#define SOFTPLUS 12
#define AFFINE 13

#if OP >= RELU && OP <= SOFTPLUS
#define ACTIVATION (OP - RELU + ACT_RELU)
#else
#define ACTIVATION ACT_NONE
#endif

#define READS_SAVED (OP != NEG && OP != AFFINE)

DEV REAL value(REAL x, REAL p0, REAL p1)
{
    if constexpr (OP == NEG) return -x;
    else if constexpr (OP == EXP) return gen_exp(x);
    else if constexpr (OP == LOG) return gen_log(x);
    else if constexpr (OP == SQUARE) return x * x;
    else if constexpr (OP == SQRT) return real_sqrt(x);
    else if constexpr (OP == ABS) return real_abs(x);
    else if constexpr (OP == CLAMP) return real_min2(p1, real_max2(p0, x));
    else if constexpr (OP == AFFINE) return fma(p0, x, p1);
    else return gen_activate<ACTIVATION>(x, p0);
}

// f' from s = f(x) for exp, square root and the activations, from s = x for the others
DEV REAL derivative(REAL s, REAL p0, REAL p1)
{
    if constexpr (OP == NEG) return (REAL)-1;
    else if constexpr (OP == EXP) return s;
    else if constexpr (OP == LOG) return (REAL)1 / s;
    else if constexpr (OP == SQUARE) return s + s;
    else if constexpr (OP == SQRT) return (REAL)0.5 / s;
    else if constexpr (OP == ABS) return s > (REAL)0 ? (REAL)1 : (REAL)0 > s ? (REAL)-1 : (REAL)0;
    else if constexpr (OP == CLAMP) return p0 > s ? (REAL)0 : s > p1 ? (REAL)0 : (REAL)1;
    else if constexpr (OP == AFFINE) return p0;
    else return gen_activate_grad<ACTIVATION>(s, p0);
}

KERNEL(unary, UnaryArgs, 256, 1)
{
    gptr<const STORED> x = a.X;
    gptr<STORED> y = a.Y;
    REAL p0 = (REAL)a.P0, p1 = (REAL)a.P1;
    const i64 step = grid_stride();
    for (i64 i = global_index(); i < a.Quads; i += FOURS * step) {
        vec4<REAL> v[FOURS];
        UNROLL
        for (int f = 0; f < FOURS; f++) {
            if (i + f * step < a.Quads) v[f] = get4(x + 4 * (i + f * step));
        }
        UNROLL
        for (int f = 0; f < FOURS; f++) {
            if (i + f * step >= a.Quads) break;
            v[f].x = value(v[f].x, p0, p1);
            v[f].y = value(v[f].y, p0, p1);
            v[f].z = value(v[f].z, p0, p1);
            v[f].w = value(v[f].w, p0, p1);
            put4(y + 4 * (i + f * step), v[f]);
        }
    }
    for (i64 i = 4 * a.Quads + global_index(); i < a.N; i += grid_stride()) {
        REAL v = get1(x + i);
        put1(y + i, value(v, p0, p1));
    }
}

KERNEL(unary_backward, UnaryBackwardArgs, 256, 1)
{
    gptr<const STORED> saved = a.Saved, dy = a.DY;
    gptr<STORED> dx = a.DX;
    REAL p0 = (REAL)a.P0, p1 = (REAL)a.P1;
    auto gradient = [&](REAL s, REAL up, REAL old) {
        REAL slope = derivative(s, p0, p1);
        return a.Accumulate ? fma(up, slope, old) : up * slope;
    };
    for (i64 i = global_index(); i < a.Quads; i += grid_stride()) {
        vec4<REAL> v = get4(dy + 4 * i), s = v, old = v;
        if (READS_SAVED) s = get4(saved + 4 * i);
        if (a.Accumulate) old = get4(gptr<const STORED>(dx + 4 * i));
        v.x = gradient(s.x, v.x, old.x);
        v.y = gradient(s.y, v.y, old.y);
        v.z = gradient(s.z, v.z, old.z);
        v.w = gradient(s.w, v.w, old.w);
        put4(dx + 4 * i, v);
    }
    for (i64 i = 4 * a.Quads + global_index(); i < a.N; i += grid_stride()) {
        REAL up = get1(dy + i), s = up, old = up;
        if (READS_SAVED) s = get1(saved + i);
        if (a.Accumulate) old = get1(gptr<const STORED>(dx + i));
        put1(dx + i, gradient(s, up, old));
    }
}
