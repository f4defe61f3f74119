// optimizer.cuh: OptimizerState in device memory as kernels see it, nine words of 8 bytes; OptimizerState.cs explains the fields.
#pragma once

#define STATE_STEP 0
#define STATE_LEARNING_RATE 1
#define STATE_BETA1_POWER 2
#define STATE_BETA2_POWER 3
#define STATE_STEP_SIZE 4
#define STATE_ROOT_CORRECTION 5
#define STATE_DECAY 6
#define STATE_GRAD_SCALE 7
#define STATE_GRAD_NORM 8

// Moments that decay under the smallest normal number become 0: denormals cost a CPU a hundred cycles each. NaN stays.
DEV f32 flush(f32 x) { return 1.17549435e-38f > real_abs(x) ? 0.0f : x; }
DEV f64 flush(f64 x) { return 2.2250738585072014e-308 > real_abs(x) ? 0.0 : x; }
