// columns_cluster.cu: columns_team.cuh by a cluster of blocks, which write into each other's shared memory and meet at the cluster's barrier. Clusters do not wait for each other, so there
// may be any number of them.
#include "Common/prelude_sm90.cuh"
#include "Columns/columns_team.cuh"

struct ClusterTeam {
    static DEV i32 rank() { return (i32)cluster_rank(); }
    static DEV void give(const TeamArgs&, const TeamBlock& b, i32 at, f32 value)
    {
        UNROLL
        for (u32 rank = 0; rank < BLOCKS; rank++) cluster_store(b.shared + at, rank, value);
    }
    static DEV void meet(const TeamArgs&, const TeamBlock&, i32, i32) { cluster_sync(); }
};

KERNEL_CLUSTER(columns_cluster, TeamArgs, THREADS, 1, BLOCKS)
{
    i32 team = (i32)blockIdx.x / BLOCKS;
    team_run<ClusterTeam>(a, team, team * IMAGES);
}
