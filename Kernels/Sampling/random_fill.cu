// random_fill.cu: y[i] = a draw of the distribution; -DDISTRIBUTION=0 uniform [P0, P1), 1 normal of mean P0 and deviation P1,
// 2 Bernoulli(P0) as 0 or 1.
// Writes sizeof(REAL) bytes an element and reads nothing; a thread turns one counter into four elements and stores them at once,
// so neither a state in memory nor a draw thrown away costs anything.
#include "Common/four.cuh"
#include "Common/philox.cuh"

#define RANDOM_FILL_ARGS(F) \
    F(garg<REAL>, Y) F(garg<const u64>, State) F(i64, Count) F(f64, P0) F(f64, P1) F(f64, Below) F(u32, Stream) F(i32, Aligned)
ARGS(RandomFillArgs, RANDOM_FILL_ARGS)

KERNEL(random_fill, RandomFillArgs, 256, 1)
{
    OUT(REAL, Y);
    IN(u64, State);
    PhiloxStream stream = philox_stream(State, a.Stream);
    REAL p0 = (REAL)a.P0, p1 = (REAL)a.P1, below = (REAL)a.Below;
    auto draw = [&](REAL r) -> REAL {
        if (DISTRIBUTION == 0) return real_min2(fma(r, p1 - p0, p0), below);  // a rounded sum may reach P1
        if (DISTRIBUTION == 1) return fma(r, p1, p0);
        return p0 > r ? (REAL)1 : (REAL)0;
    };
    for (i64 group = global_index(); 4 * group < a.Count; group += grid_stride()) {
        vec4<REAL> r = DISTRIBUTION == 1 ? normal4(stream, group) : uniform4(stream, group);
        vec4<REAL> v = { draw(r.x), draw(r.y), draw(r.z), draw(r.w) };
        store4(Y, 4 * group, a.Count, a.Aligned, v);
    }
}
