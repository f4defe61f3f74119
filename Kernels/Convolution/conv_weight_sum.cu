// conv_weight_sum.cu: the second half of a filter's gradient (conv_weight.cu): the sums of all chunks of pixels, [chunk, tap, input channel,
// output channel], added in order and written as [output channel, tap, input channel]; added to what is there when it accumulates.
// One lane a weight, neighbours in the scratch: memory is read once, with IN_FLIGHT loads under way in each lane, for the chain of additions waits.
// A block sums a tile of up to 32 output channels by 8 (tap, input channel) pairs or more and turns it in shared memory: whole sectors are read
// along the one and written along the other.
// Weights that no tap of the plan has (masks) get +0, or stay as they are when it accumulates.
// limits: bank conflicts 1.5, sectors 1.5
#include "Convolution/conv_weight.cuh"

#define IN_FLIGHT 16
#define THREADS 256

// Whether the plan has this weight
DEV bool in_plan(const ConvWeightArgs& a, i32 output, i32 filter, i32 channel)
{
    IN(ConvPart, Parts);
    IN(ConvTap, Taps);
    for (i32 i = 0; i < a.PartCount; i++) {
        ConvPart part = Parts[i];
        if (output < part.FirstOutput || output >= part.EndOutput) continue;
        for (i32 t = part.FirstTap; t < part.EndTap; t++) {
            ConvTap tap = Taps[t];
            if (tap.Filter == filter && channel >= tap.First && channel < tap.End) return true;
        }
    }
    return false;
}

// The chunks' sums of one weight, added in order
DEV REAL sum_chunks(gptr<const REAL> p, i64 filter, i32 chunks)
{
    REAL sum = (REAL)0;
    i32 chunk = 0;
    for (; chunk + IN_FLIGHT <= chunks; chunk += IN_FLIGHT) {
        REAL v[IN_FLIGHT];
        UNROLL
        for (int i = 0; i < IN_FLIGHT; i++) v[i] = p[(i64)i * filter];
        UNROLL
        for (int i = 0; i < IN_FLIGHT; i++) sum = sum + v[i];
        p = p + IN_FLIGHT * filter;
    }
    for (; chunk < chunks; chunk++) {
        sum = sum + p[0];
        p = p + filter;
    }
    return sum;
}

KERNEL(conv_weight_sum, ConvWeightArgs, THREADS, 1)
{
    IN(REAL, Scratch);
    UPD(REAL, Dw);
    SHARED(REAL, tile, THREADS / 2 * 3);
    SHARED(i32, present, THREADS / 2 * 3);
    const i32 taps_channels = a.FilterTaps * a.InC;
    i32 wide = 1;  // output channels of a tile
    while (wide < a.OutC && wide < 32) wide *= 2;
    const i32 high = THREADS / wide, pitch = wide < 16 ? wide | 1 : wide + wide / 8;  // for few conflicts both ways
    const i32 tiles_wide = (a.OutC + wide - 1) / wide, tiles_high = (taps_channels + high - 1) / high;
    const i32 read_row = (i32)threadIdx.x / wide, read_column = (i32)threadIdx.x % wide;
    const i32 write_row = (i32)threadIdx.x % high, write_column = (i32)threadIdx.x / high;
    for (i64 at = blockIdx.x; at < (i64)tiles_wide * tiles_high; at += gridDim.x) {
        const i32 row0 = (i32)(at / tiles_wide) * high, column0 = (i32)(at % tiles_wide) * wide;
        const i32 row = row0 + read_row, column = column0 + read_column;
        if (row < taps_channels && column < a.OutC) {
            const i32 there = a.Masked == 0 || in_plan(a, column, row / a.InC, row % a.InC) ? 1 : 0;
            REAL sum = (REAL)0;
            if (there) sum = sum_chunks(Scratch + ((i64)row * a.OutC + column), (i64)taps_channels * a.OutC, a.Chunks);
            tile[read_row * pitch + read_column] = sum;
            if (a.Masked != 0) present[read_row * pitch + read_column] = there;
        }
        block_sync();
        if (row0 + write_row < taps_channels && column0 + write_column < a.OutC) {
            gptr<REAL> weight = Dw + ((i64)(column0 + write_column) * taps_channels + (row0 + write_row));
            REAL sum = tile[write_row * pitch + write_column];
            if (a.Accumulate == 0) weight[0] = sum;
            else if (a.Masked == 0 || present[write_row * pitch + write_column] != 0) weight[0] = weight[0] + sum;
        }
        block_sync();
    }
}
