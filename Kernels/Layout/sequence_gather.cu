// sequence_gather.cu: windows of byte codes from clips in device memory: heard[r, t] = codes[begin + t], next[r, t] = codes[begin + t + 1], and the
// class of the window's clip. Row r is index i = Next + r of an endless stream, its window a keyed bijection of an epoch (Common/feistel.cuh), its clip
// found by bisection in the table of windows a clip: nothing comes from the host, and a captured step cuts the next windows at every replay.
// Beyond the clip's end (the last window of an evaluation) stand zeros.
// Cost: the codes read twice, of which the second time from the cache; both results written once; each lane finds its row's window anew.
#include "Common/prelude.cuh"
#include "Common/feistel.cuh"

#define SEQUENCE_GATHER_ARGS(F) \
    F(garg<const u8>, Codes) F(garg<const i64>, Offsets) F(garg<const i64>, Windows) F(garg<const i32>, Labels) F(garg<const u64>, Position) \
    F(garg<i32>, Heard) F(garg<i32>, Next) F(garg<i32>, BatchLabels) F(i64, Count) F(i64, Stride) F(i32, Clips) F(i32, Rows) F(i32, Length) \
    F(i32, HalfBits) F(i32, LaneBits) F(i32, Mode) F(i32, HasLabels)
ARGS(SequenceGatherArgs, SEQUENCE_GATHER_ARGS)

// GatherMode of Gather.cs
#define SHUFFLED 0
#define SEQUENTIAL 1
#define EVALUATE_ZERO 2

KERNEL(sequence_gather, SequenceGatherArgs, 256, 1)
{
    IN(u8, Codes);
    IN(i64, Offsets);
    IN(i64, Windows);
    IN(i32, Labels);
    IN(u64, Position);
    OUT(i32, Heard);
    OUT(i32, Next);
    OUT(i32, BatchLabels);
    u64 first_row = Position[0], seed = Position[1], count = (u64)a.Count;
    i64 lanes = 1ll << a.LaneBits;
    for (i64 row = global_index() >> a.LaneBits; row < a.Rows; row += grid_stride() >> a.LaneBits) {
        u64 window = first_row + (u64)row;
        bool empty = false;
        if (a.Mode <= SEQUENTIAL) {
            u64 epoch = window / count;
            window = window - epoch * count;
            if (a.Mode == SHUFFLED) window = feistel_permute(window, count, feistel_key(seed, epoch), a.HalfBits);
        }
        else if (window >= count) {
            empty = a.Mode == EVALUATE_ZERO;
            window = count - 1;
        }

        i32 low = 0, high = a.Clips - 1; // the last clip whose windows begin at or before this one
        while (low < high) {
            i32 middle = low + (high - low + 1) / 2;
            if (Windows[middle] <= (i64)window) low = middle;
            else high = middle - 1;
        }

        i64 begin = Offsets[low] + ((i64)window - Windows[low]) * a.Stride;
        i64 left = empty ? 0 : Offsets[low + 1] - begin;
        i64 first = global_index() & (lanes - 1);
        if (a.HasLabels && first == 0) {
            i32 label = Labels[low];
            BatchLabels[row] = empty ? 0 : label;
        }

        for (i64 t = first; t < a.Length; t += lanes) {
            i32 heard = 0, next = 0;
            if (t < left) heard = Codes[begin + t];
            if (t + 1 < left) next = Codes[begin + t + 1];
            Heard[row * a.Length + t] = heard;
            Next[row * a.Length + t] = next;
        }
    }
}
