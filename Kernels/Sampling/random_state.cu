// random_state.cu: state = {seed, offset + 1}.
// A captured step ends with it, so that each replay draws anew though its argument blocks never change.
#include "Common/prelude.cuh"

#define RANDOM_STATE_ARGS(F) F(garg<u64>, State)
ARGS(RandomStateArgs, RANDOM_STATE_ARGS)

KERNEL(random_state_advance, RandomStateArgs, 32, 1)
{
    UPD(u64, State);
    if (global_index() == 0) {
        u64 offset = State[1];
        State[1] = offset + 1;
    }
}
