// ladder_1_naive.cu: rung 1. A thread an output; every operand comes from global memory when it is needed.
// Cost of a multiply-add: 2 words of global memory, none of shared. A warp reads one word of A (the same for all lanes) and 32 neighbours
// of B, so the accesses are as good as they can be; there are too many of them.
#include "MatMul/Ladder/ladder.cuh"

KERNEL(ladder_naive, LadderArgs, 256, 1)
{
    IN(f32, A);
    IN(f32, B);
    OUT(f32, C);
    i64 i = global_index();
    if (i >= a.M * a.N) return;
    i64 m = i / a.N, n = i % a.N;
    f32 sum = 0.0f;
    for (i64 k = 0; k < a.K; k++) {
        f32 x = A[m * a.K + k], y = B[k * a.N + n];
        sum = fma(x, y, sum);
    }
    C[i] = sum;
}
