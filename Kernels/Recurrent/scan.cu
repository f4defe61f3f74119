// scan.cu: the recurrent part of a Row or Diagonal LSTM over images, forward and back to the gates. What it computes, and in which order: Scan.cs;
// how fronts and cells lie: ScanShape.cs. Layout: h and c [N, H, W, h], gates [N, H, W, 4h] as o | f | i | g.
// Cost: 8 Taps h^2 flops a cell each way; the state is small, so what is read again and again is the filter (from the caches).
// A lane owns a channel of CELLS neighbouring cells of a front, all four gates of it: a weight that it loads serves CELLS products, neighbouring lanes load
// neighbouring weights, and the state is one address for a whole warp. A launch walks all fronts, one block an image (gridDim.x is 1), with the
// block's barrier between them; or it does one front, with as many blocks an image as that has work for. State travels through global memory, where both
// ways find it: within a block a barrier is enough, and there is no limit on its size.
#include "Common/prelude.cuh"
#include "Common/math.cuh"

#define THREADS 256
#define CELLS 4

#define SCAN_ARGS(F)                                                                                                       \
    F(garg<const REAL>, X) F(garg<const REAL>, W) F(garg<REAL>, Y) F(garg<REAL>, Cell) F(garg<REAL>, Acts) F(garg<REAL>, Scratch) \
    F(i32, Pixels) F(i32, Images) F(i32, Channels) F(i32, Taps) F(i32, Centre) F(i32, Cells) F(i32, Span) F(i32, PerFront)    \
    F(i32, PerCell) F(i32, Base) F(i32, Fronts) F(i32, First) F(i32, End) F(i32, Save)
ARGS(ScanArgs, SCAN_ARGS)

// The cells low to high - 1 of a front; none for a front that is none.
struct Front {
    i32 low, high;
    DEV Front(const ScanArgs& a, i32 t) : low(0), high(0)
    {
        if (t < 0 || t >= a.Fronts) return;
        high = a.Cells;
        if (a.Span == 0) return;
        if (t - a.Span + 1 > 0) low = t - a.Span + 1;
        if (t + 1 < high) high = t + 1;
    }
    DEV bool has(i32 q) const { return q >= low && q < high; }
};

DEV i64 pixel_of(const ScanArgs& a, i64 image, i32 t, i32 q) { return image * a.Pixels + a.Base + t * a.PerFront + q * a.PerCell; }

// Scratch[k, r] = W[r, k]: for the forward pass, so that lanes of neighbouring channels read neighbours
KERNEL(scan_turn, ScanArgs, THREADS, 1)
{
    IN(REAL, W);
    OUT(REAL, Scratch);
    i64 rows = 4 * a.Channels, columns = (i64)a.Taps * a.Channels;
    for (i64 i = global_index(); i < rows * columns; i += grid_stride()) {
        i64 k = i / rows, r = i - k * rows;
        Scratch[i] = W[r * columns + k];
    }
}

KERNEL(scan, ScanArgs, THREADS, 1)
{
    IN(REAL, X);
    IN(REAL, Scratch);
    gptr<REAL> Y = a.Y, Cell = a.Cell, Acts = a.Acts;  // Y and Cell are read back
    const i32 channels = a.Channels, rows = 4 * channels;
    for (i64 image = blockIdx.y; image < a.Images; image += gridDim.y) {
        for (i32 t = a.First; t < a.End; t++) {
            Front now(a, t), before(a, t - 1);
            i32 items = (now.high - now.low + CELLS - 1) / CELLS * channels;
            for (i32 item = (i32)global_index(); item < items; item += (i32)grid_stride()) {
                i32 c = item % channels, first = now.low + item / channels * CELLS;
                REAL o[CELLS], f[CELLS], in[CELLS], g[CELLS];
                UNROLL
                for (i32 i = 0; i < CELLS; i++) o[i] = f[i] = in[i] = g[i] = (REAL)0;
                for (i32 tap = 0; tap < a.Taps; tap++) {
                    bool there[CELLS];
                    i64 state[CELLS];
                    UNROLL
                    for (i32 i = 0; i < CELLS; i++) {
                        i32 q = first + i - a.Centre + tap;
                        there[i] = before.has(q);
                        state[i] = there[i] ? pixel_of(a, image, t - 1, q) * channels : 0;
                    }
                    i64 weights = (i64)tap * channels * rows + c;
                    for (i32 k = 0; k < channels; k++, weights += rows) {
                        REAL wo = Scratch[weights], wf = Scratch[weights + channels], wi = Scratch[weights + 2 * channels], wg = Scratch[weights + 3 * channels];
                        UNROLL
                        for (i32 i = 0; i < CELLS; i++) {
                            REAL h = (REAL)0;
                            if (there[i]) h = Y[state[i] + k];
                            o[i] = fma(h, wo, o[i]);
                            f[i] = fma(h, wf, f[i]);
                            in[i] = fma(h, wi, in[i]);
                            g[i] = fma(h, wg, g[i]);
                        }
                    }
                }
                UNROLL
                for (i32 i = 0; i < CELLS; i++) {
                    if (first + i < now.high) {
                        i64 pixel = pixel_of(a, image, t, first + i), gate = pixel * rows + c;
                        REAL po = o[i] + X[gate], pf = f[i] + X[gate + channels], pi = in[i] + X[gate + 2 * channels], pg = g[i] + X[gate + 3 * channels];
                        REAL vo = gen_sigmoid(po), vf = gen_sigmoid(pf), vi = gen_sigmoid(pi), vg = gen_tanh(pg), old = (REAL)0;
                        if (before.has(first + i)) old = Cell[pixel_of(a, image, t - 1, first + i) * channels + c];
                        REAL cell = fma(vf, old, vi * vg);
                        Cell[pixel * channels + c] = cell;
                        Y[pixel * channels + c] = vo * gen_tanh(cell);
                        if (a.Save) {
                            Acts[gate] = vo;
                            Acts[gate + channels] = vf;
                            Acts[gate + 2 * channels] = vi;
                            Acts[gate + 3 * channels] = vg;
                        }
                    }
                }
            }
            if (a.End - a.First > 1) block_sync();
        }
    }
}

KERNEL(scan_backward, ScanArgs, THREADS, 1)
{
    IN(REAL, X);
    IN(REAL, W);
    IN(REAL, Cell);
    IN(REAL, Acts);
    gptr<REAL> Y = a.Y, Scratch = a.Scratch;  // both are read back
    const i32 channels = a.Channels, rows = 4 * channels;
    for (i64 image = blockIdx.y; image < a.Images; image += gridDim.y) {
        for (i32 t = a.End - 1; t >= a.First; t--) {
            Front now(a, t), before(a, t - 1), after(a, t + 1);
            i32 items = (now.high - now.low + CELLS - 1) / CELLS * channels;
            for (i32 item = (i32)global_index(); item < items; item += (i32)grid_stride()) {
                i32 c = item % channels, first = now.low + item / channels * CELLS;
                REAL s[CELLS];
                UNROLL
                for (i32 i = 0; i < CELLS; i++) s[i] = (REAL)0;
                for (i32 tap = 0; tap < a.Taps; tap++) {
                    bool there[CELLS];
                    i64 state[CELLS];
                    UNROLL
                    for (i32 i = 0; i < CELLS; i++) {
                        i32 q = first + i + a.Centre - tap;
                        there[i] = after.has(q);
                        state[i] = there[i] ? pixel_of(a, image, t + 1, q) * rows : 0;
                    }
                    i64 weights = (i64)tap * channels + c;
                    for (i32 r = 0; r < rows; r++, weights += (i64)a.Taps * channels) {
                        REAL w = W[weights];
                        UNROLL
                        for (i32 i = 0; i < CELLS; i++) {
                            REAL d = (REAL)0;
                            if (there[i]) d = Y[state[i] + r];
                            s[i] = fma(d, w, s[i]);
                        }
                    }
                }
                UNROLL
                for (i32 i = 0; i < CELLS; i++) {
                    if (first + i < now.high) {
                        i64 pixel = pixel_of(a, image, t, first + i), gate = pixel * rows + c, carry = (image * a.Cells + first + i) * channels + c;
                        REAL o = Acts[gate], f = Acts[gate + channels], in = Acts[gate + 2 * channels], g = Acts[gate + 3 * channels];
                        REAL squashed = gen_tanh(Cell[pixel * channels + c]), old = (REAL)0, later = (REAL)0;
                        if (before.has(first + i)) old = Cell[pixel_of(a, image, t - 1, first + i) * channels + c];
                        if (after.has(first + i)) later = Scratch[carry];
                        REAL dh = s[i] + X[pixel * channels + c];
                        REAL dc = fma(dh * o, fma(-squashed, squashed, (REAL)1), later);
                        Y[gate] = (dh * squashed) * fma(-o, o, o);
                        Y[gate + channels] = (dc * old) * fma(-f, f, f);
                        Y[gate + 2 * channels] = (dc * g) * fma(-in, in, in);
                        Y[gate + 3 * channels] = (dc * in) * fma(-g, g, (REAL)1);
                        Scratch[carry] = dc * f;
                    }
                }
            }
            if (a.End - a.First > 1) block_sync();
        }
    }
}
