// record_scalars.cu: one row of a ring of losses, ring[counter mod capacity] = values, then counter += 1.
// Cost: a few words; one warp, so that the row is one store and the counter moves after all lanes have read it.
#include "Common/prelude.cuh"

#define RECORD_ARGS(F) \
    F(PointerRow, Values) F(garg<REAL>, Ring) F(garg<u64>, Counter) F(i32, Capacity) F(i32, Count)

struct PointerRow {
    garg<const REAL> at[8];
};
ARGS(RecordArgs, RECORD_ARGS)

KERNEL(record_scalars, RecordArgs, 32, 1)
{
    UPD(REAL, Ring);
    UPD(u64, Counter);
    u64 step = Counter[0];
    i64 row = (i64)(step % (u64)a.Capacity);
    i32 lane = lane_index();
    if (lane < a.Count) {
        gptr<const REAL> value = a.Values.at[lane];
        Ring[row * 8 + lane] = value[0];
    }
    warp_sync();
    if (lane == 0) Counter[0] = step + 1;
}
