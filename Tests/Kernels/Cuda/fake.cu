// fake.cu: three small kernels that the make-believe driver knows by name. NVRTC compiles them; the driver runs C twins.
#include "Common/prelude.cuh"

#define AXPY_ARGS(F) F(garg<float>, Y) F(garg<const float>, X) F(i64, N) F(float, S)
ARGS(AxpyArgs, AXPY_ARGS)

#define SCALE_ARGS(F) F(garg<float>, X) F(i64, N) F(float, S)
ARGS(ScaleArgs, SCALE_ARGS)

KERNEL(axpy, AxpyArgs, 256, 1)
{
    UPD(float, Y);
    IN(float, X);
    for (i64 i = global_index(); i < a.N; i += grid_stride()) Y[i] = Y[i] + a.S * X[i];
}

KERNEL(scale, ScaleArgs, 256, 1)
{
    UPD(float, X);
    for (i64 i = global_index(); i < a.N; i += grid_stride()) X[i] = X[i] * a.S;
}

KERNEL(crash, ScaleArgs, 256, 1)
{
    UPD(float, X);
    X[a.N + ((i64)1 << 40)] = a.S;
}
