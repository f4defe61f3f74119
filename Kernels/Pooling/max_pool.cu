// max_pool.cu: y[n, oy, ox, c] = the largest x in the window; Places says which element of the window that was, row-major, so that the
// gradient is found without a search: dx = the sum of dy over the windows that cover the element and name it, window rows and then columns
// ascending from +0, without atomics. Equal values: the first in row-major order wins; a NaN wins, and the last of several: as in PyTorch.
// Places is u8 up to windows of 256 elements, else i32. One lane an element, neighbouring channels side by side: x is read from memory once
// (a window's overlaps come from the caches), y and Places are written once; backward reads dy and Places once and writes dx once.
#include "Common/window.cuh"

KERNEL(max_pool, WindowArgs, 256, 1)
{
    IN(REAL, X);
    OUT(REAL, Y);
    OUT(PLACE, Places);
    for (i64 i = global_index(); i < a.Count; i += grid_stride()) {
        Pixel at = pixel_of(i, a.OutHeight, a.OutWidth, a.Channels);
        i32 top = at.y * a.StrideY - a.PadY, left = at.x * a.StrideX - a.PadX;
        i32 y0 = later(0, -top), y1 = sooner(a.WindowHeight, a.Height - top), x0 = later(0, -left), x1 = sooner(a.WindowWidth, a.Width - left);
        i64 corner = ((at.image * a.Height + top) * a.Width + left) * a.Channels + at.c;
        i32 place = y0 * a.WindowWidth + x0;
        REAL best = X[corner + ((i64)y0 * a.Width + x0) * a.Channels];
        for (i32 y = y0; y < y1; y++) {
            for (i32 x = x0; x < x1; x++) {
                REAL v = X[corner + ((i64)y * a.Width + x) * a.Channels];
                if (v > best || v != v) {
                    best = v;
                    place = y * a.WindowWidth + x;
                }
            }
        }
        Y[i] = best;
        if (a.Gradient) Places[i] = (PLACE)place;
    }
}

// X is dy, Y is dx
KERNEL(max_pool_backward, WindowArgs, 256, 1)
{
    IN(REAL, X);
    IN(PLACE, Places);
    UPD(REAL, Y);
    for (i64 i = global_index(); i < a.Count; i += grid_stride()) {
        Pixel at = pixel_of(i, a.Height, a.Width, a.Channels);
        i32 py = at.y + a.PadY, px = at.x + a.PadX;
        i32 y0 = first_window(py, a.WindowHeight, a.StrideY), y1 = end_window(py, a.StrideY, a.OutHeight);
        i32 x0 = first_window(px, a.WindowWidth, a.StrideX), x1 = end_window(px, a.StrideX, a.OutWidth);
        REAL sum = 0;
        for (i32 y = y0; y < y1; y++) {
            for (i32 x = x0; x < x1; x++) {
                i64 o = ((at.image * a.OutHeight + y) * a.OutWidth + x) * a.Channels + at.c;
                i32 place = Places[o];
                if (place == (py - y * a.StrideY) * a.WindowWidth + px - x * a.StrideX) sum = sum + X[o];
            }
        }
        if (a.Accumulate) sum = Y[i] + sum;
        Y[i] = sum;
    }
}
