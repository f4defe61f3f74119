// conv_narrow.cu: what conv.cu computes, for few output channels (an image of one or three colours), of which a matrix tile would be mostly
// empty. A lane sums TILE_N = 4 channels of one pixel; TILE_K steps of the filter lie in shared memory, four channels a word of 16
// bytes, read by all lanes at once. Inputs come straight from memory: what one lane leaves of a sector its next step takes from the first cache.
// All parts of the plan in one grid, as there; TRANSPOSED and QUADS as there.
// limits: bank conflicts 1.25, sectors 4.0
#include "Common/fused_activation.cuh"
#include "Common/tile_simt.cuh"
#include "Convolution/conv.cuh"

#define FOURS (QUADS != 0 ? 4 : 1)

KERNEL(conv_narrow, ConvArgs, TILE_M, MIN_BLOCKS)
{
    IN(REAL, X);
    IN(REAL, W);
    IN(REAL, Bias);
    UPD(REAL, Y);
    IN(ConvTap, Taps);
    SHARED(REAL, weights, TILE_K * TILE_N);
    SHARED(i64, output, TILE_M);  // where each lane's pixel stands in y: here it takes no register meanwhile

    const ConvBlock block(a, TILE_M, TILE_N);
    const ConvPart& part = block.part;
    const i32 rows = count_left(block.rows, block.m0), columns = block.columns, first = part.FirstOutput + block.n0, row = (i32)threadIdx.x;
    const ConvImages<const REAL> input(X, a.InH, a.InW, a.InC);
    i64 n;
    i32 i, j;
    ConvLattice(block.m0, part.CountY, part.CountX).find(row < rows ? row : rows - 1, n, i, j);
    const i32 y = i * a.InStepY, x = j * a.InStepX;
    gptr<const REAL> pixel = input.pixel(n, y, x);
    output[row] = ((n * a.OutH + part.OffsetY + i * a.StepY) * a.OutW + part.OffsetX + j * a.StepX) * a.OutC + first;

    REAL acc[TILE_N];
    UNROLL
    for (int c = 0; c < TILE_N; c++) {
        acc[c] = (REAL)0;
        if (a.Accumulate != 0 && row < rows && c < columns) acc[c] = Y[output[row] + c];
    }

    ConvCursor walk(Taps, part, 0), filter_walk(Taps, part, row);
    for (i32 done = 0; done < part.K; done += TILE_K) {
        const i32 steps = part.K - done < TILE_K ? part.K - done : TILE_K;
        for (i32 k = row; k < TILE_K; k += TILE_M) {
            vec4<REAL> w = {(REAL)0, (REAL)0, (REAL)0, (REAL)0};
            if (k < steps) {
                if constexpr (TRANSPOSED != 0) {
                    w = load_upto4<false, REAL>(W + (((i64)filter_walk.channel * a.FilterTaps + filter_walk.tap.Filter) * a.OutC + first), columns, (REAL)0);
                } else {
                    const i64 stride = (i64)a.FilterTaps * a.InC;
                    gptr<const REAL> p = W + (first * stride + filter_walk.tap.Filter * a.InC + filter_walk.channel);
                    w.x = p[0];
                    if (columns > 1) w.y = p[stride];
                    if (columns > 2) w.z = p[2 * stride];
                    if (columns > 3) w.w = p[3 * stride];
                }
            }
            st4(weights + k * TILE_N, w);
            filter_walk.advance(TILE_M);
        }
        block_sync();
        for (i32 k = 0; k < steps;) {
            // channels of one tap
            const i32 left = walk.tap.End - walk.channel, run = left < steps - k ? left : steps - k;
            const bool there = input.holds(y + walk.tap.Dy, x + walk.tap.Dx);
            gptr<const REAL> p = pixel + (input.distance(walk.tap.Dy, walk.tap.Dx) + walk.channel);
            for (i32 c = 0; c < run; c += FOURS) {
                REAL v[FOURS];
                if constexpr (QUADS != 0) {
                    vec4<REAL> four = load_upto4<true, REAL>(p + c, there ? 4 : 0, (REAL)0);
                    v[0] = four.x, v[1] = four.y, v[2] = four.z, v[3] = four.w;
                } else {
                    v[0] = (REAL)0;
                    if (there) v[0] = p[c];
                }
                UNROLL
                for (int e = 0; e < FOURS; e++) {
                    vec4<REAL> w = ld4(weights + (k + c + e) * TILE_N);
                    acc[0] = fma(v[e], w.x, acc[0]);
                    acc[1] = fma(v[e], w.y, acc[1]);
                    acc[2] = fma(v[e], w.z, acc[2]);
                    acc[3] = fma(v[e], w.w, acc[3]);
                }
            }
            k += run;
            walk.advance(run);
        }
        block_sync();
    }

    if (row >= rows) return;
    const i64 at = output[row];
    gptr<REAL> out = Y + at;
    IN(REAL, Residual);
    IN(REAL, Through);
    const REAL slope = (REAL)a.Slope;
    vec4<REAL> bias = load_upto4<false, REAL>(Bias + first, a.HasBias != 0 ? columns : 0, (REAL)0), sums = {acc[0], acc[1], acc[2], acc[3]};
    if (a.HasBias != 0) sums = {sums.x + bias.x, sums.y + bias.y, sums.z + bias.z, sums.w + bias.w};
    if (a.ThroughActivation != 0) {
        vec4<REAL> onto = load_upto4<false, REAL>(Residual + at, a.HasResidual != 0 ? columns : 0, -(REAL)0);
        sums = through_activation(a.ThroughActivation, slope, sums, load_upto4<false, REAL>(Through + at, columns, (REAL)0), onto);
    } else {
        sums.x = linear_activation(a.Activation, sums.x, slope);
        sums.y = linear_activation(a.Activation, sums.y, slope);
        sums.z = linear_activation(a.Activation, sums.z, slope);
        sums.w = linear_activation(a.Activation, sums.w, slope);
        if (a.HasResidual != 0) sums = add4(sums, load_upto4<false, REAL>(Residual + at, columns, (REAL)0));
    }
    store_upto4<false, REAL>(out, sums, columns);
    if (a.Activation < ACT_ELU) return;
    NO_UNROLL
    for (int c = 0; c < TILE_N; c++) {
        if (c < columns) out[c] = smooth_activation<REAL>(a.Activation, out[c], slope);
    }
}
