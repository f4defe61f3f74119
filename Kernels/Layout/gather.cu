// gather.cu: a batch from a data set in device memory: batch[r, p] = value(items[item(r), p]) * Scale + Shift, its labels, and how many
// rows hold items. Row r is index i = Next + r of an endless stream; item(i) is a keyed bijection of an epoch (Common/feistel.cuh), so
// there is no table of indices and nothing comes from the host: a captured step draws the next batch at every replay.
// Value: byte / 255, correctly rounded, or the float itself; binarised by threshold or by a Philox draw keyed by (seed, item, epoch).
// Cost: the items read once, the batch written once; each lane finds its row's item anew, some 100 integer operations.
#include "Common/prelude.cuh"
#include "Common/philox.cuh"
#include "Common/feistel.cuh"

#define GATHER_ARGS(F) \
    F(garg<const ITEM>, Items) F(garg<const u8>, Labels) F(garg<const u64>, Position) F(garg<BATCH>, Batch) F(garg<i32>, BatchLabels) \
    F(garg<i32>, Valid) F(i64, Count) F(i64, Stride) F(f64, Scale) F(f64, Shift) F(i32, Rows) F(i32, Size) F(i32, HalfBits) \
    F(i32, LaneBits) F(i32, Mode) F(i32, Binarization) F(i32, LabelSize) F(i32, HasValid) F(u32, Stream)
ARGS(GatherArgs, GATHER_ARGS)

// GatherMode and Binarization of Gather.cs
#define SHUFFLED 0
#define SEQUENTIAL 1
#define EVALUATE_ZERO 2
#define THRESHOLD 1
#define DYNAMIC 2

DEV REAL value_of(u8 item) { return (REAL)item / (REAL)255; }
DEV REAL value_of(f32 item) { return (REAL)item; }

// Overloads by the batch's type: REAL, or i32 whose values are binarised in float and else the bytes themselves.
DEV void finish(REAL value, ITEM item, const GatherArgs& a, REAL& y) { y = value * (REAL)a.Scale + (REAL)a.Shift; }
DEV void finish(REAL value, ITEM item, const GatherArgs& a, i32& y) { y = a.Binarization ? (i32)value : (i32)item; }

KERNEL(gather, GatherArgs, 256, 1)
{
    IN(ITEM, Items);
    IN(u8, Labels);
    IN(u64, Position);
    OUT(BATCH, Batch);
    OUT(i32, BatchLabels);
    OUT(i32, Valid);
    u64 next = Position[0], seed = Position[1], count = (u64)a.Count;
    bool endless = a.Mode <= SEQUENTIAL;
    if (a.HasValid && global_index() == 0) {
        u64 left = next < count ? count - next : 0;
        Valid[0] = endless || left > (u64)a.Rows ? a.Rows : (i32)left;
    }

    i64 lanes = 1ll << a.LaneBits;
    for (i64 row = global_index() >> a.LaneBits; row < a.Rows; row += grid_stride() >> a.LaneBits) {
        u64 index = next + (u64)row, epoch = 0;
        bool past = !endless && index >= count, empty = past && a.Mode == EVALUATE_ZERO;
        if (endless) {
            epoch = index / count;
            index = index - epoch * count;
        }
        if (a.Mode == SHUFFLED) index = feistel_permute(index, count, feistel_key(seed, epoch), a.HalfBits);
        if (past) index = count - 1;

        PhiloxStream draws = { seed, (u64)(u32)epoch << 32 | (u32)index, a.Stream };
        i64 first = global_index() & (lanes - 1);
        if (a.LabelSize > 0 && first == 0) {
            i32 label = 0;
            for (i32 b = 0; b < a.LabelSize; b++) label |= (i32)((u32)Labels[(i64)index * a.LabelSize + b] << (8 * b));
            BatchLabels[row] = empty ? 0 : label;
        }

        for (i64 p = first; p < a.Size; p += lanes) {
            BATCH y = 0;
            if (!empty) {
                ITEM item = Items[(i64)index * a.Stride + p];
                REAL value = value_of(item);
                if (a.Binarization == THRESHOLD) value = value > (REAL)0.5 ? (REAL)1 : (REAL)0;
                if (a.Binarization == DYNAMIC) value = value > uniform_at(draws, p) ? (REAL)1 : (REAL)0;
                finish(value, item, a, y);
            }
            Batch[row * a.Size + p] = y;
        }
    }
}
