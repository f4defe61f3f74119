// philox.cuh: Philox4x32-10 (Salmon, Moraes, Dror, Shaw, SC 2011) and the draws made of it.
// A random number is a function of (element, offset, stream, seed) and of nothing else: counter = (element / 4, offset low,
// offset high, stream), key = seed; element i takes word i % 4. No state is carried, so grids, tiles and threads do not matter,
// and a backward pass draws its forward's numbers again instead of reading them. Twin: Common/Philox.cs, Common/RandomBlock.cs.
// Cost: 20 wide multiplications for four words.
#pragma once
#include "Common/prelude.cuh"
#include "Common/math.cuh"

struct PhiloxWords { u32 w0, w1, w2, w3; };

struct PhiloxStream { u64 seed, offset; u32 stream; };

// The stream of a random state in device memory: {seed, offset}.
DEV PhiloxStream philox_stream(gptr<const u64> state, u32 stream)
{
    PhiloxStream s = { state[0], state[1], stream };
    return s;
}

DEV PhiloxWords philox(u32 c0, u32 c1, u32 c2, u32 c3, u32 k0, u32 k1)
{
    UNROLL for (int round = 0; round < 10; round++) {
        u64 p0 = (u64)0xD2511F53u * c0, p1 = (u64)0xCD9E8D57u * c2;
        c0 = (u32)(p1 >> 32) ^ c1 ^ k0;
        c1 = (u32)p1;
        c2 = (u32)(p0 >> 32) ^ c3 ^ k1;
        c3 = (u32)p0;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    PhiloxWords w = { c0, c1, c2, c3 };
    return w;
}

// The words of elements 4 * counter .. 4 * counter + 3.
DEV PhiloxWords philox_words(PhiloxStream s, u32 counter)
{
    return philox(counter, (u32)s.offset, (u32)(s.offset >> 32), s.stream, (u32)s.seed, (u32)(s.seed >> 32));
}

DEV u32 philox_word(PhiloxWords w, i32 index)
{
    return index == 0 ? w.w0 : index == 1 ? w.w1 : index == 2 ? w.w2 : w.w3;
}

// Uniform in [0, 1): the upper 24 bits, exact in float, so that float and double runs draw the same.
DEV REAL uniform_of(u32 word) { return (REAL)(i32)(word >> 8) * (REAL)5.9604644775390625e-8; }

// The uniform number of one element.
DEV REAL uniform_at(PhiloxStream s, i64 element)
{
    return uniform_of(philox_word(philox_words(s, (u32)(element >> 2)), (i32)(element & 3)));
}

// Box and Muller 1958: two standard normal numbers from two words. The logarithm's argument lies in (0, 1], exactly.
DEV void normal_pair(u32 even, u32 odd, REAL& n0, REAL& n1)
{
    REAL u = uniform_of(even) + (REAL)5.9604644775390625e-8;
    REAL v = uniform_of(odd);
    REAL radius = real_sqrt((REAL)-2 * gen_log(u));
    REAL s, c;
    gen_sincos_turns(v, s, c);
    n0 = radius * c;
    n1 = radius * s;
}

// The standard normal number of one element.
DEV REAL normal_at(PhiloxStream s, i64 element)
{
    PhiloxWords w = philox_words(s, (u32)(element >> 2));
    bool second = (element & 2) != 0;
    REAL n0, n1;
    normal_pair(second ? w.w2 : w.w0, second ? w.w3 : w.w1, n0, n1);
    return (element & 1) != 0 ? n1 : n0;
}

// The uniform numbers of elements 4 * group .. 4 * group + 3.
DEV vec4<REAL> uniform4(PhiloxStream s, i64 group)
{
    PhiloxWords w = philox_words(s, (u32)group);
    vec4<REAL> u = { uniform_of(w.w0), uniform_of(w.w1), uniform_of(w.w2), uniform_of(w.w3) };
    return u;
}

// The normal numbers of elements 4 * group .. 4 * group + 3.
DEV vec4<REAL> normal4(PhiloxStream s, i64 group)
{
    PhiloxWords w = philox_words(s, (u32)group);
    vec4<REAL> n;
    normal_pair(w.w0, w.w1, n.x, n.y);
    normal_pair(w.w2, w.w3, n.z, n.w);
    return n;
}
