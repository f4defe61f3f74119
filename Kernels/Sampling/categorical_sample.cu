// categorical_sample.cu: a class a row, drawn from softmax(logits): the first whose cumulative weight exceeds u times the sum of all.
// One thread a row, classes in order, so that every device adds alike; 2 * classes exponentials a row.
#include "Common/draw.cuh"

#define CATEGORICAL_SAMPLE_ARGS(F) \
    F(garg<const REAL>, Logits) F(garg<i32>, Labels) F(garg<const u64>, State) F(i32, Rows) F(i32, Classes) F(u32, Stream)
ARGS(CategoricalSampleArgs, CATEGORICAL_SAMPLE_ARGS)

KERNEL(categorical_sample, CategoricalSampleArgs, 64, 1)
{
    IN(REAL, Logits);
    OUT(i32, Labels);
    IN(u64, State);
    i64 row = global_index();
    if (row >= a.Rows) return;
    Labels[row] = draw_choice<REAL>(Logits + row * a.Classes, a.Classes, uniform_at(philox_stream(State, a.Stream), row), (REAL)1);
}
