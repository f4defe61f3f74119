// gate.cuh: f(a) sigmoid(b) with f = tanh or the identity, and its gradients: the twin of VecMathGate.cs, the same operations in the
// same order. With e = e^-|b| and g = e^2|a| - 1, tanh |a| = g / (g + 2) and sigmoid |b| = 1 / (1 + e): both functions, and both
// derivatives, come from two exponentials and one division.
#pragma once
#include "Common/math.cuh"

// the numbers of GateKind
#define GATE_TANH 0
#define GATE_LINEAR 1

// e^2|a| - 1, up to where tanh is 1
template <class R> DEV R gen_gate_growth(R a)
{
    const R limit = sizeof(R) == 4 ? (R)32 : (R)64;
    R x = real_abs(a) * (R)2;
    return gen_expm1_core(limit < x ? limit : x);
}

template <int GATE, class R> DEV R gen_gate(R a, R b)
{
    R e = gen_exp(-real_abs(b));
    R n = b > (R)0 ? (R)1 : e;
    if constexpr (GATE == GATE_LINEAR) return a * (n / (e + (R)1));
    R g = gen_gate_growth(a);
    return gen_copysign((g * n) / ((g + (R)2) * (e + (R)1)), a);
}

// da = dy sigmoid(b) f'(a), db = dy f(a) sigmoid'(b); tanh' = 4 (g + 1) / (g + 2)^2 and sigmoid' = e / (1 + e)^2 lose nothing in the tails
template <int GATE, class R> DEV void gen_gate_grad(R a, R b, R dy, R& da, R& db)
{
    R e = gen_exp(-real_abs(b));
    R n = b > (R)0 ? (R)1 : e;
    R v = e + (R)1;
    if constexpr (GATE == GATE_LINEAR) {
        R q = (R)1 / v;
        da = dy * (n * q);
        db = (dy * a) * (e * (q * q));
    } else {
        R g = gen_gate_growth(a);
        R u = g + (R)2;
        R r = (R)1 / (u * v);
        R p = r * v;
        R q = r * u;
        da = (dy * (n * q)) * (((g + (R)1) * (R)4) * (p * p));
        db = (dy * gen_copysign(g * p, a)) * (e * (q * q));
    }
}
