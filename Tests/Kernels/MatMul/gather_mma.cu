// gather_mma.cu: a 3x3 convolution with padding 1 as a product on tile_mma.cuh, with a loader that gathers: the proof that the core serves
// convolutions. X is Batch x Height x Width x Channels, F is Outputs x 3 x 3 x Channels, Y is Batch x Height x Width x Outputs; Channels % 4 = 0.
#include "Common/tile_mma.cuh"

#define GATHER_MMA_ARGS(F) \
    F(garg<const f32>, X) F(garg<const f32>, Filter) F(garg<f32>, Y) F(i32, Batch) F(i32, Height) F(i32, Width) F(i32, Channels) F(i32, Outputs) F(i32, Reserved)
ARGS(GatherMmaArgs, GATHER_MMA_ARGS)

using Tile = MmaTile<64, 64, 32, 2, 2, 3>;

// Rows are pixels, k runs over taps and, inside one, channels. A lane's k is the same in all of its rows, so the tap's distance from the
// pixel is one number a step, and whether the tap lies in the picture one bit a row.
struct TapLoader {
    using Panel = MmaPanelAlongK<Tile::BM, Tile::DEPTH>;
    using Slots = MmaCopyAlongK<true, Tile::BM, Tile::DEPTH, Tile::THREADS>;
    gptr<const f32> pixel[Slots::LOADS];
    u32 inside[Slots::LOADS];
    i32 width, channels, tap, channel;

    DEV TapLoader(gptr<const f32> X, i32 first, i32 batch, i32 height, i32 pitch, i32 depth)
        : width(pitch), channels(depth), tap(Slots::slot_k() / depth), channel(Slots::slot_k() % depth)
    {
        UNROLL
        for (int l = 0; l < Slots::LOADS; l++) {
            i32 row = first + Slots::slot_row() + l * Slots::STEP, y = row / width % height, x = row % width;
            pixel[l] = X + (i64)row * channels;
            inside[l] = 0;
            for (i32 t = 0; t < 9; t++) {
                i32 ty = y + t / 3 - 1, tx = x + t % 3 - 1;
                if (row < batch * height * width && ty >= 0 && ty < height && tx >= 0 && tx < width) inside[l] |= 1u << t;
            }
        }
    }
    DEV void issue(sptr<f32> panel, i32 left)
    {
        i64 distance = (i64)((tap / 3 - 1) * width + tap % 3 - 1) * channels + channel;
        UNROLL
        for (int l = 0; l < Slots::LOADS; l++) {
            bool valid = Slots::slot_k() < left && (inside[l] >> tap & 1) != 0;
            copy_piece<true>(panel + Panel::word(Slots::slot_row() + l * Slots::STEP, Slots::slot_k()), pixel[l] + distance, valid);
        }
        for (channel += Tile::DEPTH; channel >= channels; channel -= channels) tap++;
    }
};

KERNEL(gather_mma, GatherMmaArgs, Tile::THREADS, 2)
{
    IN(f32, X);
    IN(f32, Filter);
    OUT(f32, Y);
    DYN_SHARED(f32, panels);
    i32 rows = a.Batch * a.Height * a.Width, K = 9 * a.Channels;
    i32 m0 = (i32)blockIdx.x * Tile::BM, n0 = (i32)blockIdx.y * Tile::BN;
    TapLoader load_x(X, m0, a.Batch, a.Height, a.Width, a.Channels);
    MmaCopyAlongK<true, Tile::BN, Tile::DEPTH, Tile::THREADS> load_filter(Filter + (i64)n0 * K, K, a.Outputs - n0);

    f32 acc[Tile::TM][Tile::TN][4] = {};
    mma_product<Tile, MmaTf32>(panels, K, rows - m0, load_x, load_filter, acc);

    mma_for_each<Tile>(acc, [&](int m, int n, vec4<f32> y) {
        gptr<f32> p = Y + ((i64)(m0 + m) * a.Outputs + n0 + n);
        const f32 values[4] = {y.x, y.y, y.z, y.w};
        UNROLL
        for (int i = 0; i < 4; i++)
            if (m0 + m < rows && n0 + n + i < a.Outputs) p[i] = values[i];
    });
}
