// exp, log, tanh and the like from fma, +, *, /, sqrt and bit moves alone: the twin of VecMath*.cs, the same operations in the
// same order, so that a CPU and a GPU give the same bits. One overload for f32 and one for f64, or a template where the
// constants agree. Methods, errors and special values are written there.
#pragma once
#include "Common/prelude.cuh"

DEV f32 gen_nan(f32) { return bits_f32(0x7FC00000u); }
DEV f64 gen_nan(f64) { return bits_f64(0x7FF8000000000000ull); }

// |a| with the sign of s
DEV f32 gen_copysign(f32 a, f32 s) { return bits_f32((f32_bits(a) & 0x7FFFFFFFu) | (f32_bits(s) & 0x80000000u)); }
DEV f64 gen_copysign(f64 a, f64 s)
{
    const u64 sign = 0x8000000000000000ull;
    return bits_f64((f64_bits(a) & ~sign) | (f64_bits(s) & sign));
}

// 2^n for an exponent of a normal number
DEV f32 gen_pow2(f32, i32 n) { return bits_f32((u32)(n + 127) << 23); }
DEV f64 gen_pow2(f64, i32 n) { return bits_f64((u64)(i64)(n + 1023) << 52); }

// a * 2^n, rounded once though 2^n itself may leave the range
template <class R> DEV R gen_scale(R a, i32 n)
{
    i32 half = n >> 1;
    return a * gen_pow2(a, half) * gen_pow2(a, n - half);
}

// x = n ln 2 + r: e^r - 1, and n
DEV f32 gen_exp_reduced(f32 x, i32& n)
{
    const f32 shift = 12582912.0f; // 1.5 * 2^23: the sum's low bits are the rounded n
    f32 t = fma(x, 1.44269502f, shift);
    n = (i32)(f32_bits(t) - 0x4B400000u);
    f32 k = t - shift;
    f32 r = fma(k, -0.693147182f, x);
    r = fma(k, 1.90465421e-09f, r);
    f32 q = 0.00136950461f;
    q = fma(q, r, 0.00836928654f);
    q = fma(q, r, 0.0416702405f);
    q = fma(q, r, 0.166665152f);
    q = fma(q, r, 0.499999881f);
    return fma(r * r, q, r);
}

DEV f64 gen_exp_reduced(f64 x, i32& n)
{
    const f64 shift = 6755399441055744.0;
    f64 t = fma(x, 1.4426950408889634, shift);
    n = (i32)(u32)f64_bits(t);
    f64 k = t - shift;
    f64 r = fma(k, -0.6931471805599453, x);
    r = fma(k, -2.3190468138462996e-17, r);
    f64 q = 2.5000025639306948e-08;
    q = fma(q, r, 2.7630286721497826e-07);
    q = fma(q, r, 2.7557586681090842e-06);
    q = fma(q, r, 2.480149299995795e-05);
    q = fma(q, r, 0.00019841269506023075);
    q = fma(q, r, 0.0013888888943716273);
    q = fma(q, r, 0.008333333333494812);
    q = fma(q, r, 0.04166666666652987);
    q = fma(q, r, 0.16666666666666413);
    q = fma(q, r, 0.5000000000000011);
    return fma(r * r, q, r);
}

DEV f32 gen_exp(f32 x)
{
    x = -104.0f > x ? -104.0f : x;
    x = 89.0f < x ? 89.0f : x;
    i32 n;
    f32 p = gen_exp_reduced(x, n);
    return gen_scale(p + 1.0f, n);
}

DEV f64 gen_exp(f64 x)
{
    x = -746.0 > x ? -746.0 : x;
    x = 710.0 < x ? 710.0 : x;
    i32 n;
    f64 p = gen_exp_reduced(x, n);
    return gen_scale(p + 1.0, n);
}

// e^x - 1 where 2^n is a normal number
template <class R> DEV R gen_expm1_core(R x)
{
    i32 n;
    R p = gen_exp_reduced(x, n);
    R scale = gen_pow2(x, n);
    return fma(scale, p, scale - (R)1);
}

// e^x - 1 for x <= 0
DEV f32 gen_expm1_of_negative(f32 x) { return gen_expm1_core(-32.0f > x ? -32.0f : x); }
DEV f64 gen_expm1_of_negative(f64 x) { return gen_expm1_core(-64.0 > x ? -64.0 : x); }

// x = m 2^e for a positive normal x, with 1 <= m < 2, then moved to where gen_log_core is centred
DEV void gen_log_split(f32 x, f32& m, i32& e)
{
    u32 bits = f32_bits(x);
    e = (i32)(bits >> 23) - 127;
    m = bits_f32((bits & 0x7FFFFFu) | 0x3F800000u);
    if (m > 1.33333337f) {
        e = e + 1;
        m = m * 0.5f;
    }
}

DEV void gen_log_split(f64 x, f64& m, i32& e)
{
    u64 bits = f64_bits(x);
    e = (i32)(bits >> 52) - 1023;
    m = bits_f64((bits & 0xFFFFFFFFFFFFFull) | 0x3FF0000000000000ull);
    if (m > 1.4142135623730951) {
        e = e + 1;
        m = m * 0.5;
    }
}

// log(1 + f) + e ln 2
DEV f32 gen_log_core(f32 f, f32 e)
{
    f32 q = -0.129491165f;
    q = fma(q, f, 0.140047655f);
    q = fma(q, f, -0.121671177f);
    q = fma(q, f, 0.140011594f);
    q = fma(q, f, -0.166823089f);
    q = fma(q, f, 0.20010747f);
    q = fma(q, f, -0.249997169f);
    q = fma(q, f, 0.333332092f);
    q = fma(q, f, -0.5f);
    return fma(e, 0.693147182f, fma(f * f, q, f));
}

DEV f64 gen_log_core(f64 f, f64 e)
{
    f64 s = f / (f + 2.0);
    f64 z = s * s;
    f64 q = 0.14796444171509285;
    q = fma(q, z, 0.1531400381080975);
    q = fma(q, z, 0.18183566043572685);
    q = fma(q, z, 0.2222219854236124);
    q = fma(q, z, 0.28571428742664773);
    q = fma(q, z, 0.3999999999941355);
    q = fma(q, z, 0.6666666666666734);
    f64 half = f * f * 0.5;
    f64 rest = s * fma(z, q, half);
    rest = fma(e, 2.3190468138462996e-17, rest);
    return fma(e, 0.6931471805599453, f - (half - rest));
}

// y where w > 0, -inf where w = 0, NaN below and for NaN
template <class R> DEV R gen_log_domain(R w, R y)
{
    return w > (R)0 ? y : w == (R)0 ? -RealLimits<R>::inf() : gen_nan(w);
}

DEV f32 gen_log(f32 x)
{
    bool tiny = 1.17549435e-38f > x;
    f32 m;
    i32 e;
    gen_log_split(tiny ? x * 16777216.0f : x, m, e);
    f32 y = gen_log_core(m - 1.0f, (f32)(tiny ? e - 24 : e));
    return x == RealLimits<f32>::inf() ? x : gen_log_domain(x, y);
}

DEV f64 gen_log(f64 x)
{
    bool tiny = 2.2250738585072014e-308 > x;
    f64 m;
    i32 e;
    gen_log_split(tiny ? x * 18014398509481984.0 : x, m, e);
    f64 y = gen_log_core(m - 1.0, (f64)(tiny ? e - 54 : e));
    return x == RealLimits<f64>::inf() ? x : gen_log_domain(x, y);
}

template <class R> DEV R gen_log1p(R x)
{
    R w = x + (R)1;
    R m;
    i32 e;
    gen_log_split(w, m, e);
    R scale = gen_pow2(x, -(e < 60 ? e : 60));
    R f = e > 60 ? m - (R)1 : fma(x, scale, scale - (R)1);
    R y = gen_log_core(f, (R)e);
    return x == RealLimits<R>::inf() ? x : gen_log_domain(w, y);
}

template <class R> DEV R gen_tanh(R x)
{
    const R limit = sizeof(R) == 4 ? (R)32 : (R)64;
    R y = real_abs(x) * (R)2;
    R g = gen_expm1_core(limit < y ? limit : y);
    bool big = g > (R)2;
    R t = (big ? (R)2 : g) / (g + (R)2);
    return gen_copysign(big ? (R)1 - t : t, x);
}

template <class R> DEV R gen_sigmoid(R x)
{
    R e = gen_exp(-real_abs(x));
    return (x > (R)0 ? (R)1 : e) / (e + (R)1);
}

// log(1 + u) for u in [0, 1]: the exponent of 1 + u is 0 or 1, and there is nothing to split
DEV f32 gen_log1p_of_unit(f32 u)
{
    bool big = u > 0.333333343f;
    return gen_log_core(big ? fma(u, 0.5f, -0.5f) : u, big ? 1.0f : 0.0f);
}

DEV f64 gen_log1p_of_unit(f64 u)
{
    bool big = u > 0.41421356237309503;
    return gen_log_core(big ? fma(u, 0.5, -0.5) : u, big ? 1.0 : 0.0);
}

template <class R> DEV R gen_softplus(R x) { return gen_log1p_of_unit(gen_exp(-real_abs(x))) + (x > (R)0 ? x : (R)0); }

template <class R> DEV R gen_rsqrt(R x) { return (R)1 / real_sqrt(x); }

// sin and cos of r quarter turns, |r| <= 1/2
DEV void gen_sincos_core(f32 r, f32& sine, f32& cosine)
{
    f32 z = r * r;
    f32 s = 0.000158195078f;
    s = fma(s, z, -0.00468126079f);
    s = fma(s, z, 0.0796925798f);
    s = fma(s, z, -0.645964086f);
    s = fma(s, z, -4.37113883e-08f);
    f32 c = 0.000904021668f;
    c = fma(c, z, -0.0208602883f);
    c = fma(c, z, 0.253669232f);
    c = fma(c, z, -1.23370051f);
    sine = fma(1.57079637f, r, s * r);
    cosine = fma(c, z, 1.0f);
}

DEV void gen_sincos_core(f64 r, f64& sine, f64& cosine)
{
    f64 z = r * r;
    f64 s = 5.633721100202825e-08;
    s = fma(s, z, -3.598641755244711e-06);
    s = fma(s, z, 0.00016044115029191622);
    s = fma(s, z, -0.004681754132282457);
    s = fma(s, z, 0.07969262624603957);
    s = fma(s, z, -0.6459640975062443);
    s = fma(s, z, 6.123233995736766e-17);
    f64 c = -6.321892493969778e-09;
    c = fma(c, z, 4.7106156582210805e-07);
    c = fma(c, z, -2.5202036991559027e-05);
    c = fma(c, z, 0.0009192602742250383);
    c = fma(c, z, -0.020863480763315442);
    c = fma(c, z, 0.2536695079010469);
    c = fma(c, z, -1.2337005501361697);
    sine = fma(1.5707963267948966, r, s * r);
    cosine = fma(c, z, 1.0);
}

// sin(2 pi u) and cos(2 pi u) for u in [0, 1]
template <class R> DEV void gen_sincos_turns(R u, R& sine, R& cosine)
{
    R quarters = u * (R)4;
    R nearest = real_round(quarters);
    i32 n = (i32)nearest;
    R s, c;
    gen_sincos_core(quarters - nearest, s, c);
    sine = n & 1 ? c : s;
    cosine = n & 1 ? s : c;
    if (n & 2) sine = -sine;
    if ((n + 1) & 2) cosine = -cosine;
}

// The activations of Common/Activation.cs, by number: compile-time constants, so that one branch remains
#define ACT_NONE 0
#define ACT_RELU 1
#define ACT_LEAKY_RELU 2
#define ACT_ELU 3
#define ACT_TANH 4
#define ACT_SIGMOID 5
#define ACT_SOFTPLUS 6

// f(x); slope is that of the leaky rectifier and the alpha of elu
template <int ACT, class R> DEV R gen_activate(R x, R slope)
{
    if constexpr (ACT == ACT_RELU) return (R)0 > x ? (R)0 : x;
    else if constexpr (ACT == ACT_LEAKY_RELU) return x > (R)0 ? x : slope * x;
    else if constexpr (ACT == ACT_ELU) return x > (R)0 ? x : slope * gen_expm1_of_negative(x);
    else if constexpr (ACT == ACT_TANH) return gen_tanh(x);
    else if constexpr (ACT == ACT_SIGMOID) return gen_sigmoid(x);
    else if constexpr (ACT == ACT_SOFTPLUS) return gen_softplus(x);
    else return x;
}

// f'(x) from y = f(x)
template <int ACT, class R> DEV R gen_activate_grad(R y, R slope)
{
    if constexpr (ACT == ACT_RELU) return y > (R)0 ? (R)1 : (R)0;
    else if constexpr (ACT == ACT_LEAKY_RELU) return y > (R)0 ? (R)1 : slope;
    else if constexpr (ACT == ACT_ELU) return y > (R)0 ? (R)1 : y + slope;
    else if constexpr (ACT == ACT_TANH) return fma(-y, y, (R)1);
    else if constexpr (ACT == ACT_SIGMOID) return fma(-y, y, y);
    else if constexpr (ACT == ACT_SOFTPLUS) return -gen_expm1_of_negative(-y);
    else return (R)1;
}
