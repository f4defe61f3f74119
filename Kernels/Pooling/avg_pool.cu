// avg_pool.cu: y[n, oy, ox, c] = the sum of x over the window, row-major from +0, divided by the window's full extent: padding counts as
// zeros (PyTorch's default, count_include_pad). Its gradient: the sum of dy over the windows that cover the element, ascending from +0,
// divided by the same. One lane an element, neighbouring channels side by side; memory decides, as in max_pool.cu.
#include "Common/window.cuh"

KERNEL(avg_pool, WindowArgs, 256, 1)
{
    IN(REAL, X);
    OUT(REAL, Y);
    for (i64 i = global_index(); i < a.Count; i += grid_stride()) {
        Pixel at = pixel_of(i, a.OutHeight, a.OutWidth, a.Channels);
        i32 top = at.y * a.StrideY - a.PadY, left = at.x * a.StrideX - a.PadX;
        i32 y0 = later(0, -top), y1 = sooner(a.WindowHeight, a.Height - top), x0 = later(0, -left), x1 = sooner(a.WindowWidth, a.Width - left);
        i64 corner = ((at.image * a.Height + top) * a.Width + left) * a.Channels + at.c;
        REAL sum = 0;
        for (i32 y = y0; y < y1; y++) {
            for (i32 x = x0; x < x1; x++) sum = sum + X[corner + ((i64)y * a.Width + x) * a.Channels];
        }
        Y[i] = sum / (REAL)a.Divisor;
    }
}

// X is dy, Y is dx
KERNEL(avg_pool_backward, WindowArgs, 256, 1)
{
    IN(REAL, X);
    UPD(REAL, Y);
    for (i64 i = global_index(); i < a.Count; i += grid_stride()) {
        Pixel at = pixel_of(i, a.Height, a.Width, a.Channels);
        i32 py = at.y + a.PadY, px = at.x + a.PadX;
        i32 y0 = first_window(py, a.WindowHeight, a.StrideY), y1 = end_window(py, a.StrideY, a.OutHeight);
        i32 x0 = first_window(px, a.WindowWidth, a.StrideX), x1 = end_window(px, a.StrideX, a.OutWidth);
        REAL sum = 0;
        for (i32 y = y0; y < y1; y++) {
            for (i32 x = x0; x < x1; x++) sum = sum + X[((at.image * a.OutHeight + y) * a.OutWidth + x) * a.Channels + at.c];
        }
        sum = sum / (REAL)a.Divisor;
        if (a.Accumulate) sum = Y[i] + sum;
        Y[i] = sum;
    }
}
