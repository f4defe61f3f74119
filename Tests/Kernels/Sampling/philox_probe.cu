// philox_probe.cu: the raw words of philox.cuh, for known answers.
#include "Common/philox.cuh"

#define PHILOX_PROBE_ARGS(F) F(garg<const u32>, Inputs) F(garg<u32>, Words) F(i32, Count)
ARGS(PhiloxProbeArgs, PHILOX_PROBE_ARGS)

// six words in (counter, key), four words out
KERNEL(philox_probe, PhiloxProbeArgs, 32, 1)
{
    IN(u32, Inputs);
    OUT(u32, Words);
    i64 i = global_index();
    if (i >= a.Count) return;
    gptr<const u32> in = Inputs + 6 * i;
    PhiloxWords w = philox(in[0], in[1], in[2], in[3], in[4], in[5]);
    Words[4 * i] = w.w0;
    Words[4 * i + 1] = w.w1;
    Words[4 * i + 2] = w.w2;
    Words[4 * i + 3] = w.w3;
}
