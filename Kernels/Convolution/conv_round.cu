// conv_round.cu: images for conv_wgmma.cu: every number rounded to BF16 (PRECISION 2, two bytes) or TF32 (1), in the same order; with PRECISION 3 into
// big parts, and all small ones behind them (tile_mma.cuh, "3xTF32"). Count: a multiple of 8. Cost: 4 bytes read and 2, 4 or 8 written an element.
// limits: bank conflicts 1.0, sectors 1.0
#include "Common/tile_mma.cuh"

#define CONV_ROUND_ARGS(F) F(garg<const f32>, X) F(garg<u32>, Y) F(i64, Count)
ARGS(ConvRoundArgs, CONV_ROUND_ARGS)

// A four as TF32, with PRECISION 3 as big parts and, `count` words behind, small ones
DEV void store(gptr<u32> to, i64 count, i64 quad, vec4<f32> v)
{
    u32 big[4], small[4];
    const f32 x[4] = {v.x, v.y, v.z, v.w};
    UNROLL
    for (int i = 0; i < 4; i++) {
        if constexpr (PRECISION == 3) split_tf32(x[i], big[i], small[i]);
        else big[i] = to_tf32(x[i]);
    }
    st4(to + quad * 4, vec4<u32>{big[0], big[1], big[2], big[3]});
    if constexpr (PRECISION == 3) st4(to + (count + quad * 4), vec4<u32>{small[0], small[1], small[2], small[3]});
}

KERNEL(conv_round, ConvRoundArgs, 256, 4)
{
    IN(f32, X);
    OUT(u32, Y);
    const i64 quads = a.Count / 4;
    // a warp takes 64 fours at a time, a lane two of them; whole warps go on, since lanes exchange
    for (i64 q = (global_index() & ~(i64)31) * 2 + lane_index(); q - lane_index() < quads; q += grid_stride() * 2) {
        vec4<f32> x = {0.0f, 0.0f, 0.0f, 0.0f}, y = x;
        if (q < quads) x = ld4(X + q * 4);
        if (q + 32 < quads) y = ld4(X + (q + 32) * 4);
        if constexpr (PRECISION == 2) {
            const u32 x0 = pack_bf16(x.x, x.y), x1 = pack_bf16(x.z, x.w), y0 = pack_bf16(y.x, y.y), y1 = pack_bf16(y.z, y.w);
            const bool odd = lane_index() % 2 != 0;  // even lanes have eight neighbours of the first half, odd ones of the second
            const u32 z0 = shfl_xor(odd ? x0 : y0, 1), z1 = shfl_xor(odd ? x1 : y1, 1);
            const i64 mine = odd ? q + 31 : q;
            if (mine < quads) st4(Y + mine * 2, odd ? vec4<u32>{z0, z1, y0, y1} : vec4<u32>{x0, x1, z0, z1});
        } else {
            if (q < quads) store(Y, a.Count, q, x);
            if (q + 32 < quads) store(Y, a.Count, q + 32, y);
        }
    }
}
