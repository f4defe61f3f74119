// logistic_mixture_sample.cu: x drawn from a mixture of discretised logistic distributions a row (PixelCNN++, Salimans et al. 2017).
// One thread a row: an image model samples one position of each image at a time, a few hundred rows. The layout of the parameters is
// that of the loss (LogisticMixture.cs). The component: the first whose cumulative weight exceeds u times their sum.
#include "Common/draw.cuh"

#define LOGISTIC_MIXTURE_SAMPLE_ARGS(F)                                                                                  \
    F(garg<const REAL>, Parameters) F(garg<REAL>, X) F(garg<const u64>, State) F(i32, Rows) F(i32, Components)         \
    F(i32, Channels) F(u32, Stream)
ARGS(LogisticMixtureSampleArgs, LOGISTIC_MIXTURE_SAMPLE_ARGS)

KERNEL(logistic_mixture_sample, LogisticMixtureSampleArgs, 64, 1)
{
    IN(REAL, Parameters);
    OUT(REAL, X);
    IN(u64, State);
    i64 row = global_index();
    if (row >= a.Rows) return;
    i32 width = a.Components * (1 + (a.Channels == 1 ? 2 : 3) * a.Channels);
    REAL levels[3], x[3];
    draw_mixture<REAL>(Parameters + row * width, a.Components, a.Channels, philox_words(philox_stream(State, a.Stream), (u32)row), (REAL)1, levels, x);
    for (i32 c = 0; c < a.Channels; c++) X[row * a.Channels + c] = x[c];
}
