// dropout.cu: y[i] = x[i] * Scale where u[i] >= Rate, else 0; y may be x.
// The mask is never stored: backward is the same launch on dy with the same state and stream. 2 * sizeof(REAL) bytes an element.
#include "Common/four.cuh"
#include "Common/philox.cuh"

#define DROPOUT_ARGS(F) \
    F(garg<const REAL>, X) F(garg<REAL>, Y) F(garg<const u64>, State) F(i64, Count) F(f64, Rate) F(f64, Scale) F(u32, Stream) F(i32, Aligned)
ARGS(DropoutArgs, DROPOUT_ARGS)

KERNEL(dropout, DropoutArgs, 256, 1)
{
    gptr<const REAL> x = a.X;  // not IN and OUT: they may be one range
    gptr<REAL> y = a.Y;
    IN(u64, State);
    PhiloxStream stream = philox_stream(State, a.Stream);
    REAL rate = (REAL)a.Rate, scale = (REAL)a.Scale;
    auto keep = [&](REAL v, REAL u) -> REAL { return rate > u ? (REAL)0 : v * scale; };
    for (i64 group = global_index(); 4 * group < a.Count; group += grid_stride()) {
        vec4<REAL> v = load4(x, 4 * group, a.Count, a.Aligned), u = uniform4(stream, group);
        vec4<REAL> w = { keep(v.x, u.x), keep(v.y, u.y), keep(v.z, u.z), keep(v.w, u.w) };
        store4(y, 4 * group, a.Count, a.Aligned, w);
    }
}
