// matmul_args.cuh: what the matmul kernels are told, in float and double, on ordinary units and on tensor cores.
#pragma once
#include "Common/prelude.cuh"

#define MATMUL_ARGS(F) \
    F(garg<const REAL>, A) F(garg<const REAL>, B) F(garg<const REAL>, Bias) F(garg<REAL>, C) F(garg<const REAL>, Through) F(i64, Batch) F(i64, M) F(i64, N) F(i64, K) \
    F(f64, Slope) F(i32, Op) F(i32, Activation) F(i32, HasBias) F(i32, Accumulate) F(i32, ThroughActivation)
ARGS(MatMulArgs, MATMUL_ARGS)
