// matmul_pack.cu: an operand of matmul_wgmma.cu, rounded and laid out as shared memory wants it, so that a tile is one bulk copy. A brick is 128
// rows of the operand by 128 bytes of k (64 numbers of BF16, PRECISION 2; 32 of TF32, PRECISION 1 and 3), swizzled as wgmma_descriptor says;
// bricks lie in the order [product, rows / 128, k, part]. With PRECISION 3 a brick of rounded numbers is followed by one of what rounding left.
// Rows and k beyond the operand's are +0. ALONG_K 1: X is [product, rows, k]; 0: [product, k, rows]. A block makes one brick (or two).
// Cost: 4 bytes read and 2, 4 or 8 written an element.
// limits: bank conflicts 1.0, sectors 1.3
#include "Common/tile_mma.cuh"

#define MATMUL_PACK_ARGS(F) F(garg<const f32>, X) F(garg<u32>, Y) F(i64, Rows) F(i64, K) F(i32, Blocks) F(i32, Chunks)
ARGS(MatMulPackArgs, MATMUL_PACK_ARGS)

#define BRICK_ROWS 128
#define BRICK_WORDS 4096
constexpr int PARTS = PRECISION == 3 ? 2 : 1;
constexpr int PIECE = PRECISION == 2 ? 8 : 4;  // numbers in 16 bytes
constexpr int CHUNK = 8 * PIECE;
// of the panel [k, row]: the two pieces of a row that a warp reads together lie in different halves of the banks
constexpr int PITCH = BRICK_ROWS + 16 / PIECE;

// The piece of 16 bytes that v rounds to; with PART 1, what the rounding of PART 0 left.
template <int PART> DEV vec4<u32> rounded(const f32 (&v)[PIECE])
{
    if constexpr (PRECISION == 2) {
        return {pack_bf16(v[0], v[1]), pack_bf16(v[2], v[3]), pack_bf16(v[4], v[5]), pack_bf16(v[6], v[7])};
    } else {
        u32 w[4];
        UNROLL
        for (int i = 0; i < 4; i++) w[i] = PART == 0 ? to_tf32(v[i]) : tf32_rest(v[i]);
        return {w[0], w[1], w[2], w[3]};
    }
}

// X[row, k .. k + 3] of rows along k; zeros outside.
DEV vec4<f32> four_at(const MatMulPackArgs& a, gptr<const f32> source, i64 row, i64 k)
{
    vec4<f32> x = {0.0f, 0.0f, 0.0f, 0.0f};
    if (row < a.Rows && k < a.K) x = ld4(source + (row * a.K + k));
    return x;
}

DEV i32 word_of(i32 row, i32 piece) { return row * 32 + (piece ^ row % 8) * 4; }

KERNEL(matmul_pack, MatMulPackArgs, 256, 4)
{
    IN(f32, X);
    OUT(u32, Y);
    SHARED(f32, panel, ALONG_K ? 4 : CHUNK * PITCH);

    i64 brick = (i64)blockIdx.x, block = brick / a.Chunks, product = block / a.Blocks;
    i64 row0 = (block - product * a.Blocks) * BRICK_ROWS, k0 = (brick - block * a.Chunks) * CHUNK;
    gptr<const f32> source = X + product * a.Rows * a.K;
    gptr<u32> target = Y + brick * (PARTS * BRICK_WORDS);
    i32 thread = (i32)threadIdx.x;

    if (ALONG_K == 0) {
        UNROLL
        for (int i = 0; i < CHUNK; i += 2) {
            i32 k = i + thread / BRICK_ROWS, row = thread % BRICK_ROWS;
            panel[k * PITCH + row] = k0 + k < a.K && row0 + row < a.Rows ? source[(k0 + k) * a.Rows + row0 + row] : 0.0f;
        }
        block_sync();
    }

    UNROLL
    for (int round = 0; round < 4; round++) {
        // a warp takes whole sectors of what it reads, and of what it writes
        if constexpr (ALONG_K != 0 && PRECISION == 2) {
            // fours of two rows, rounded; neighbours exchange, so that even lanes have a piece of the first row, odd ones of the second
            const i32 row = round * 32 + thread / 16 * 2, quad = thread % 16;
            const bool odd = thread % 2 != 0;
            vec4<f32> x = four_at(a, source, row0 + row, k0 + quad * 4), y = four_at(a, source, row0 + row + 1, k0 + quad * 4);
            const u32 x0 = pack_bf16(x.x, x.y), x1 = pack_bf16(x.z, x.w), y0 = pack_bf16(y.x, y.y), y1 = pack_bf16(y.z, y.w);
            const u32 z0 = shfl_xor(odd ? x0 : y0, 1), z1 = shfl_xor(odd ? x1 : y1, 1);
            st4(target + word_of(row + odd, quad / 2), odd ? vec4<u32>{z0, z1, y0, y1} : vec4<u32>{x0, x1, z0, z1});
        } else {
            const i32 row = ALONG_K ? round * 32 + thread / 8 : thread / 2, piece = ALONG_K ? thread % 8 : round * 2 + thread % 2;
            f32 v[PIECE];
            if constexpr (ALONG_K != 0) {
                vec4<f32> x = four_at(a, source, row0 + row, k0 + piece * 4);
                v[0] = x.x, v[1] = x.y, v[2] = x.z, v[3] = x.w;
            } else {
                UNROLL
                for (int i = 0; i < PIECE; i++) v[i] = panel[(piece * PIECE + i) * PITCH + row];
            }
            gptr<u32> to = target + word_of(row, piece);
            st4(to, rounded<0>(v));
            if constexpr (PARTS == 2) st4(to + BRICK_WORDS, rounded<1>(v));
        }
    }
}
