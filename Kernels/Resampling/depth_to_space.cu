// depth_to_space.cu: y[n, h r + i, w r + j, c] = x[n, h, w, c r^2 + i r + j]: the channels of a pixel become a block of r x r pixels, in the
// order of PyTorch's pixel_shuffle (Shi et al. 2016, "Real-Time Single Image and Video Super-Resolution", eq. 4); INVERSE: back again, which is also the gradient.
// One lane an element of the image with more channels, so that the reads (INVERSE: the writes) of a warp lie side by side; the other
// side's lie in r^2 runs, whose lines the caches keep until they are whole. Cost: 2 elements moved an element.
#include "Common/window.cuh"

#define DEPTH_TO_SPACE_ARGS(F) F(garg<const REAL>, X) F(garg<REAL>, Y) F(i64, Count) F(i32, Height) F(i32, Width) F(i32, Channels) F(i32, Factor)
ARGS(DepthToSpaceArgs, DEPTH_TO_SPACE_ARGS)

// Height and Width are the small extents, Channels the large number of channels
KERNEL(depth_to_space, DepthToSpaceArgs, 256, 1)
{
    IN(REAL, X);
    OUT(REAL, Y);
    i32 factor = a.Factor, channels = a.Channels / (factor * factor);
    for (i64 deep = global_index(); deep < a.Count; deep += grid_stride()) {
        Pixel at = pixel_of(deep, a.Height, a.Width, a.Channels);
        i32 c = at.c / (factor * factor), within = at.c - c * factor * factor, i = within / factor, j = within - i * factor;
        i64 y = (at.image * a.Height + at.y) * factor + i, x = (i64)at.x * factor + j;
        i64 wide = (y * a.Width * factor + x) * channels + c;
        if (INVERSE) Y[deep] = X[wide];
        else Y[wide] = X[deep];
    }
}
