// fault.cuh: the arguments that all planted faults share. X is read, Y written, U updated; Hidden is memory that no launch declares.
#include "Common/prelude.cuh"

#define FAULT_ARGS(F) F(garg<const f32>, X) F(garg<f32>, Y) F(garg<f32>, U) F(garg<f32>, Hidden) F(i32, N)
ARGS(FaultArgs, FAULT_ARGS)

#define FAULTY KERNEL(faulty, FaultArgs, 128, 1)
#define MENDED KERNEL(mended, FaultArgs, 128, 1)
