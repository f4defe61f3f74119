// upsample.cu: nearest-neighbour upsampling by a whole factor: y[n, h f + i, w f + j, c] = x[n, h, w, c], and its gradient, the sum of dy
// over each block of f x f, row-major from +0. One lane an element, neighbouring channels side by side. Memory decides: y is written
// (dy read) once, x is 1 / f^2 of it.
#include "Common/window.cuh"

KERNEL(upsample, WindowArgs, 256, 1)
{
    IN(REAL, X);
    OUT(REAL, Y);
    i32 factor = a.StrideX;
    for (i64 i = global_index(); i < a.Count; i += grid_stride()) {
        Pixel at = pixel_of(i, a.Height, a.Width, a.Channels);
        Y[i] = X[((at.image * a.OutHeight + at.y / factor) * a.OutWidth + at.x / factor) * a.Channels + at.c];
    }
}

// X is dy, Y is dx
KERNEL(upsample_backward, WindowArgs, 256, 1)
{
    IN(REAL, X);
    UPD(REAL, Y);
    i32 factor = a.StrideX;
    for (i64 i = global_index(); i < a.Count; i += grid_stride()) {
        Pixel at = pixel_of(i, a.OutHeight, a.OutWidth, a.Channels);
        i64 corner = ((at.image * a.Height + (i64)at.y * factor) * a.Width + (i64)at.x * factor) * a.Channels + at.c;
        REAL sum = 0;
        for (i32 y = 0; y < factor; y++) {
            for (i32 x = 0; x < factor; x++) sum = sum + X[corner + ((i64)y * a.Width + x) * a.Channels];
        }
        if (a.Accumulate) sum = Y[i] + sum;
        Y[i] = sum;
    }
}
