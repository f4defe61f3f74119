// conv_widen.cu: what conv_round.cu does in BF16, undone: images stored in two bytes as float32, exactly, for kernels that take no others. Count: a multiple of 8.
// Cost: 2 bytes read and 4 written an element.
// limits: bank conflicts 1.0, sectors 1.0
#include "Common/stored.cuh"

#define CONV_WIDEN_ARGS(F) F(garg<const bf16>, X) F(garg<f32>, Y) F(i64, Count)
ARGS(ConvWidenArgs, CONV_WIDEN_ARGS)

KERNEL(conv_widen, ConvWidenArgs, 256, 1)
{
    IN(bf16, X);
    OUT(f32, Y);
    for (i64 i = global_index(); i < a.Count / 8; i += grid_stride()) {
        const Eight v = get8(X + 8 * i);
        st4(Y + 8 * i, v.low);
        st4(Y + (8 * i + 4), v.high);
    }
}
