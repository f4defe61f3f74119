// wgmma_bricks.cuh: a brick of an operand (tile_wgmma.cuh), rounded and swizzled, from rows of float32 in either order. A block of 256 threads makes a
// brick; with PRECISION 3 two, of big and of small parts (tile_mma.cuh, "3xTF32").
#pragma once
#include "Common/tile_mma.cuh"

#define BRICK_ROWS 128
#define BRICK_WORDS 4096

// Numbers that begin at `source`: along k, row r and k lie at r stride + k, in fours; across, at k stride + r. Those beyond `rows` or `ks` are +0.
struct BrickSource {
    gptr<const f32> source;
    i64 stride, rows, ks;

    DEV vec4<f32> four(i32 row, i32 k) const
    {
        vec4<f32> x = {0.0f, 0.0f, 0.0f, 0.0f};
        if (row < rows && k < ks) x = ld4(source + (row * stride + k));
        return x;
    }
};

template <int PRECISION_, bool ALONG> struct Brick {
    static constexpr int PARTS = PRECISION_ == 3 ? 2 : 1;
    static constexpr int PIECE = PRECISION_ == 2 ? 8 : 4;  // numbers in 16 bytes
    static constexpr int BRICK_K = 8 * PIECE;
    // of the panel [k, row]: the two pieces of a row that a warp reads together lie in different halves of the banks
    static constexpr int PITCH = BRICK_ROWS + 16 / PIECE;
    static constexpr int PANEL_WORDS = ALONG ? 4 : BRICK_K * PITCH;

    static DEV i32 word(i32 row, i32 piece) { return row * 32 + (piece ^ row % 8) * 4; }

    // The piece of 16 bytes that v rounds to, in the brick of its part's
    static DEV void store(gptr<u32> to, const f32 (&v)[PIECE])
    {
        if constexpr (PRECISION_ == 2) {
            st4(to, vec4<u32>{pack_bf16(v[0], v[1]), pack_bf16(v[2], v[3]), pack_bf16(v[4], v[5]), pack_bf16(v[6], v[7])});
        } else if constexpr (PRECISION_ == 1) {
            st4(to, vec4<u32>{to_tf32(v[0]), to_tf32(v[1]), to_tf32(v[2]), to_tf32(v[3])});
        } else {
            u32 big[4], small[4];
            UNROLL
            for (int i = 0; i < 4; i++) split_tf32(v[i], big[i], small[i]);
            st4(to, vec4<u32>{big[0], big[1], big[2], big[3]});
            st4(to + BRICK_WORDS, vec4<u32>{small[0], small[1], small[2], small[3]});
        }
    }

    // A warp takes whole sectors of what it reads, and of what it writes. panel: PANEL_WORDS of shared memory
    static DEV void make(sptr<f32> panel, const BrickSource& from, gptr<u32> target)
    {
        const i32 thread = (i32)threadIdx.x;
        if constexpr (!ALONG) {
            UNROLL
            for (int i = 0; i < BRICK_K; i += 2) {
                const i32 k = i + thread / BRICK_ROWS, row = thread % BRICK_ROWS;
                panel[k * PITCH + row] = k < from.ks && row < from.rows ? from.source[k * from.stride + row] : 0.0f;
            }
            block_sync();
        }
        UNROLL
        for (int round = 0; round < 4; round++) {
            if constexpr (ALONG && PRECISION_ == 2) {
                // fours of two rows; neighbours exchange, so that even lanes have a piece of the first row, odd ones of the second
                const i32 row = round * 32 + thread / 16 * 2, quad = thread % 16;
                const bool odd = thread % 2 != 0;
                const vec4<f32> x = from.four(row, quad * 4), y = from.four(row + 1, quad * 4);
                const u32 x0 = pack_bf16(x.x, x.y), x1 = pack_bf16(x.z, x.w), y0 = pack_bf16(y.x, y.y), y1 = pack_bf16(y.z, y.w);
                const u32 z0 = shfl_xor(odd ? x0 : y0, 1), z1 = shfl_xor(odd ? x1 : y1, 1);
                st4(target + word(row + odd, quad / 2), odd ? vec4<u32>{z0, z1, y0, y1} : vec4<u32>{x0, x1, z0, z1});
            } else {
                const i32 row = ALONG ? round * 32 + thread / 8 : thread / 2, piece = ALONG ? thread % 8 : round * 2 + thread % 2;
                f32 v[PIECE];
                if constexpr (ALONG) {
                    const vec4<f32> x = from.four(row, piece * 4);
                    v[0] = x.x, v[1] = x.y, v[2] = x.z, v[3] = x.w;
                } else {
                    UNROLL
                    for (int i = 0; i < PIECE; i++) v[i] = panel[(piece * PIECE + i) * PITCH + row];
                }
                store(target + word(row, piece), v);
            }
        }
    }
};
