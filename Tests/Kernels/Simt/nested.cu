// nested.cu: an argument struct with a table, a nested struct and a field whose width follows REAL.
#include "Common/prelude.cuh"

struct TapTable {
    i32 tap[4];
};
struct InnerArgs {
    i32 p;
    f64 q;
};

#define NESTED_ARGS(F) F(garg<REAL>, X) F(i32, N) F(TapTable, Taps) F(InnerArgs, Inner) F(REAL, Scale)
ARGS(NestedArgs, NESTED_ARGS)

KERNEL(nested, NestedArgs, 32, 1)
{
    UPD(REAL, X);
    i32 i = threadIdx.x;
    if (i < a.N) X[i] = (REAL)a.Taps.tap[i % 4] * a.Scale + (REAL)a.Inner.q;
}
