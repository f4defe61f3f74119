// bernoulli_sample.cu: y[i] = 1 with probability p[i], else 0; p[i] > u. A NaN gives 0.
// 2 * sizeof(REAL) bytes an element; a thread owns the four elements of one counter.
#include "Common/four.cuh"
#include "Common/philox.cuh"

#define BERNOULLI_SAMPLE_ARGS(F) \
    F(garg<const REAL>, Probabilities) F(garg<REAL>, Y) F(garg<const u64>, State) F(i64, Count) F(u32, Stream) F(i32, Aligned)
ARGS(BernoulliSampleArgs, BERNOULLI_SAMPLE_ARGS)

KERNEL(bernoulli_sample, BernoulliSampleArgs, 256, 1)
{
    IN(REAL, Probabilities);
    OUT(REAL, Y);
    IN(u64, State);
    PhiloxStream stream = philox_stream(State, a.Stream);
    auto draw = [](REAL p, REAL u) -> REAL { return p > u ? (REAL)1 : (REAL)0; };
    for (i64 group = global_index(); 4 * group < a.Count; group += grid_stride()) {
        vec4<REAL> p = load4(Probabilities, 4 * group, a.Count, a.Aligned), u = uniform4(stream, group);
        vec4<REAL> v = { draw(p.x, u.x), draw(p.y, u.y), draw(p.z, u.z), draw(p.w, u.w) };
        store4(Y, 4 * group, a.Count, a.Aligned, v);
    }
}
