// feistel.cuh: a keyed bijection of [0, count), computed per element; the twin of Common/Feistel.cs, the same integers.
//
// A balanced Feistel network permutes [0, 4^half_bits), the smallest such domain that holds count; an index that lands outside
// [0, count) goes round again (cycle walking), at most 4 times on average. So epoch e's order of a data set needs no table,
// no state and no pass over the data: any lane computes any element of it.
#pragma once

#define FEISTEL_ROUNDS 7

// One bijective scrambling of 64 bits (two multiply-xorshift rounds: the finaliser of SplitMix64).
DEV u64 feistel_mix(u64 z)
{
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return z ^ (z >> 31);
}

// The key of one epoch's order.
DEV u64 feistel_key(u64 seed, u64 epoch)
{
    return feistel_mix(seed + feistel_mix(epoch + 0x9E3779B97F4A7C15ull));
}

// Where index goes, for index < count <= 4^half_bits.
DEV u64 feistel_permute(u64 index, u64 count, u64 key, i32 half_bits)
{
    u64 mask = (1ull << half_bits) - 1;
    do {
        u64 left = index >> half_bits, right = index & mask, round_key = key;
        for (i32 round = 0; round < FEISTEL_ROUNDS; round++) {
            round_key += 0x9E3779B97F4A7C15ull;
            u64 next = left ^ (feistel_mix(round_key ^ right) >> (64 - half_bits));
            left = right;
            right = next;
        }
        index = left << half_bits | right;
    } while (index >= count);
    return index;
}
