// categorical_sample.cu: a class a row, drawn from softmax(logits): the first whose cumulative weight exceeds u times the sum of all.
// One thread a row, classes in order, so that every device adds alike; 2 * classes exponentials a row.
#include "Common/prelude.cuh"
#include "Common/math.cuh"
#include "Common/philox.cuh"

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
    gptr<const REAL> p = Logits + row * a.Classes;
    REAL largest = p[0];
    for (i32 k = 1; k < a.Classes; k++) {
        REAL logit = p[k];
        largest = real_max2(largest, logit);
    }
    REAL sum = 0;
    for (i32 k = 0; k < a.Classes; k++) sum = sum + gen_exp((REAL)p[k] - largest);
    REAL bound = uniform_at(philox_stream(State, a.Stream), row) * sum, so_far = 0;
    i32 chosen = 0;
    for (; chosen < a.Classes - 1; chosen++) {  // u < 1, so the last one's cumulative weight would exceed it
        so_far = so_far + gen_exp((REAL)p[chosen] - largest);
        if (so_far > bound) break;
    }
    Labels[row] = chosen;
}
