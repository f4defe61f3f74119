// conv_weight_narrow.cu: what conv_weight.cu computes, for few output channels (an image of one or three colours), of which a matrix tile would
// be mostly empty. A lane sums TILE_N = 4 output channels of one (tap, input channel) over its chunk's pixels; TILE_K pixels of dy and
// their places lie in shared memory, read by all lanes at once; inputs come straight from memory, neighbouring channels to neighbouring lanes.
// limits: bank conflicts 1.1, sectors 2.5
#include "Common/tile_simt.cuh"
#include "Convolution/conv_weight.cuh"

KERNEL(conv_weight_narrow, ConvWeightArgs, TILE_M, MIN_BLOCKS)
{
    IN(REAL, X);
    IN(REAL, Dy);
    OUT(REAL, Scratch);
    IN(ConvTap, Taps);
    SHARED(REAL, gradients, TILE_K * TILE_N);
    SHARED(i64, place, TILE_K);  // from the start of x to the pixel, which may lie outside its image
    SHARED(i32, place_y, TILE_K);
    SHARED(i32, place_x, TILE_K);

    const ConvWeightBlock block(a, TILE_M, TILE_N);
    const i32 row = (i32)threadIdx.x < block.rows ? (i32)threadIdx.x : block.rows - 1;
    const ConvImages<const REAL> input(X, a.InH, a.InW, a.InC);
    ConvCursor walk(Taps, block.part, block.m0 + row);
    const ConvTap tap = walk.tap;
    gptr<const REAL> source = X + (input.distance(tap.Dy, tap.Dx) + walk.channel);

    REAL acc[TILE_N] = {};
    for (i32 done = 0; done < block.pixels; done += TILE_K) {
        const i32 steps = block.pixels - done < TILE_K ? block.pixels - done : TILE_K;
        const ConvLattice lattice(block.pixel + done, a.OutH, a.OutW);
        for (i32 k = (i32)threadIdx.x; k < steps; k += TILE_M) {
            st4(gradients + k * TILE_N, load_upto4<false, REAL>(Dy + ((block.pixel + done + k) * a.OutC + block.first), block.columns, (REAL)0));
            i64 n;
            i32 i, j;
            lattice.find(k, n, i, j);
            place_y[k] = i * a.InStepY;
            place_x[k] = j * a.InStepX;
            place[k] = ((n * a.InH + i * a.InStepY) * a.InW + j * a.InStepX) * a.InC;
        }
        block_sync();
        for (i32 k = 0; k < steps; k++) {
            REAL v = (REAL)0;
            if (input.holds(place_y[k] + tap.Dy, place_x[k] + tap.Dx)) v = source[place[k]];
            vec4<REAL> g = ld4(gradients + k * TILE_N);
            acc[0] = fma(v, g.x, acc[0]);
            acc[1] = fma(v, g.y, acc[1]);
            acc[2] = fma(v, g.z, acc[2]);
            acc[3] = fma(v, g.w, acc[3]);
        }
        block_sync();
    }

    if ((i32)threadIdx.x >= block.rows) return;
    gptr<REAL> sums = Scratch + (((i64)blockIdx.y * a.FilterTaps * a.InC + tap.Filter * a.InC + walk.channel) * a.OutC + block.first);
    store_upto4<false, REAL>(sums, vec4<REAL>{acc[0], acc[1], acc[2], acc[3]}, block.columns);
}
