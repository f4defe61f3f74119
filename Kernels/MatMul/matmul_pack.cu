// matmul_pack.cu: an operand of matmul_wgmma.cu as bricks (wgmma_bricks.cuh), so that a tile is one bulk copy; in the order [product, rows / 128, k,
// part]. ALONG_K 1: X is [product, rows, k]; 0: [product, k, rows]. Cost: 4 bytes read and 2, 4 or 8 written an element.
// limits: bank conflicts 1.0, sectors 1.3
#include "Common/wgmma_bricks.cuh"

#define MATMUL_PACK_ARGS(F) F(garg<const f32>, X) F(garg<u32>, Y) F(i64, Rows) F(i64, K) F(i32, Blocks) F(i32, Chunks)
ARGS(MatMulPackArgs, MATMUL_PACK_ARGS)

using Made = Brick<PRECISION, ALONG_K != 0>;

KERNEL(matmul_pack, MatMulPackArgs, 256, 4)
{
    IN(f32, X);
    OUT(u32, Y);
    SHARED(f32, panel, Made::PANEL_WORDS);
    const i64 brick = (i64)blockIdx.x, block = brick / a.Chunks, product = block / a.Blocks;
    const i64 row = (block - product * a.Blocks) * BRICK_ROWS, k = (brick - block * a.Chunks) * Made::BRICK_K;
    const BrickSource from = {X + (product * a.Rows * a.K + (ALONG_K ? row * a.K + k : k * a.Rows + row)), ALONG_K ? a.K : a.Rows, a.Rows - row, a.K - k};
    Made::make(panel, from, Y + brick * (Made::PARTS * BRICK_WORDS));
}
