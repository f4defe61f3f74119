// multiply_add.cu: y = a b + c, rounded once, over N elements. Memory decides: 4 N elements moved, in 16-byte accesses where aligned.
#include "Common/prelude.cuh"

#define MULTIPLY_ADD_ARGS(F) F(garg<const REAL>, A) F(garg<const REAL>, B) F(garg<const REAL>, C) F(garg<REAL>, Y) F(i64, N) F(i64, Quads)
ARGS(MultiplyAddArgs, MULTIPLY_ADD_ARGS)

KERNEL(multiply_add, MultiplyAddArgs, 256, 1)
{
    IN(REAL, A);
    IN(REAL, B);
    gptr<const REAL> c = a.C; // y may be c
    gptr<REAL> y = a.Y;
    for (i64 i = global_index(); i < a.Quads; i += grid_stride()) {
        vec4<REAL> u = ld4(A + 4 * i), v = ld4(B + 4 * i), w = ld4(c + 4 * i);
        st4(y + 4 * i, {fma(u.x, v.x, w.x), fma(u.y, v.y, w.y), fma(u.z, v.z, w.z), fma(u.w, v.w, w.w)});
    }
    for (i64 i = 4 * a.Quads + global_index(); i < a.N; i += grid_stride()) {
        REAL u = A[i], v = B[i], w = c[i];
        y[i] = fma(u, v, w);
    }
}
