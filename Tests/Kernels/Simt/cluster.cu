// cluster.cu: rounds of exchange among the eight blocks of a cluster, through each other's shared memory and through global memory. Places of the
// round before are left alone (PLACES=2), so one cluster_sync a round is enough; with one place it is not.
#include "Common/prelude_sm90.cuh"

#define CLUSTER_ARGS(F) F(garg<const u32>, X) F(garg<u32>, Ring) F(garg<u32>, Y) F(i32, Rounds)
ARGS(ClusterArgs, CLUSTER_ARGS)

// Every lane's number goes to all blocks; the next is made of one number of each. A block's first number goes the same way as a float, its second as an i32.
KERNEL_CLUSTER(exchange, ClusterArgs, 64, 1, 8)
{
    IN(u32, X);
    OUT(u32, Y);
    SHARED(u32, words, PLACES * 8 * 64);
    SHARED(f32, floats, PLACES * 8);
    SHARED(i32, integers, PLACES * 8);
    const i32 t = threadIdx.x, i = blockIdx.x * 64 + t, mine = (i32)cluster_rank();
    u32 value = X[i];
    cluster_sync();
    for (i32 round = 0; round < a.Rounds; round++) {
        const i32 place = round % PLACES * 8;
        for (u32 rank = 0; rank < 8; rank++) {
            cluster_store(words + ((place + mine) * 64 + t), rank, value);
            if (t == 0) cluster_store(floats + (place + mine), rank, (f32)(value % 1000));
            if (t == 1) cluster_store(integers + (place + mine), rank, -(i32)(value % 1000));
        }
        cluster_sync();
        for (i32 rank = 0; rank < 8; rank++)
            value = value * 31 + words[(place + rank) * 64 + (t + rank) % 64] + (u32)floats[place + rank] + (u32)integers[place + rank];
    }
    Y[i] = value;
    cluster_sync();
}

// The same through a ring in global memory, one of its own for each cluster. CROSS: of the next cluster's instead, which no barrier orders.
KERNEL_CLUSTER(ring, ClusterArgs, 64, 1, 8)
{
    IN(u32, X);
    UPD(u32, Ring);
    OUT(u32, Y);
    const i32 t = threadIdx.x, i = blockIdx.x * 64 + t, mine = (i32)cluster_rank(), clusters = gridDim.x / 8, cluster = blockIdx.x / 8;
    gptr<u32> out = Ring + cluster * (PLACES * 8 * 64);
    gptr<u32> in = Ring + (cluster + CROSS) % clusters * (PLACES * 8 * 64);
    u32 value = X[i];
    for (i32 round = 0; round < a.Rounds; round++) {
        const i32 place = round % PLACES * 8;
        out[(place + mine) * 64 + t] = value;
        cluster_sync();
        for (i32 rank = 0; rank < 8; rank++) value = value * 31 + in[(place + rank) * 64 + (t + rank) % 64];
    }
    Y[i] = value;
}

// An array that each block comes to at another time, behind another array: the place is the array's, not the address's.
KERNEL_CLUSTER(late_array, ClusterArgs, 64, 1, 8)
{
    IN(u32, X);
    OUT(u32, Y);
    const i32 t = threadIdx.x, i = blockIdx.x * 64 + t;
    const u32 mine = cluster_rank();
    u32 value = X[i];
    if (mine % 2) {
        SHARED(u32, only, 64);
        only[t] = value;
        value = only[t] + 1;
    }
    cluster_sync();
    SHARED(u32, tile, 64);
    cluster_store(tile + t, (mine + 1) % 8, value);
    cluster_sync();
    Y[i] = tile[t];
}
