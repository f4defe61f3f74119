// data_position.cu: moves the position in the endless stream of training indices: {u64 Next, u64 Seed}. One lane works.
#include "Common/prelude.cuh"

#define ADVANCE_POSITION_ARGS(F) F(garg<u64>, Position) F(i64, By)
ARGS(AdvancePositionArgs, ADVANCE_POSITION_ARGS)

KERNEL(advance_position, AdvancePositionArgs, 32, 1)
{
    UPD(u64, Position);
    if (global_index() == 0) {
        u64 next = Position[0];
        Position[0] = next + (u64)a.By;
    }
}
