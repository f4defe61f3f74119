// columns_grid.cu: columns_team.cuh by blocks of a cooperative launch, where there are no clusters: what others need goes through the second cache, and all teams meet at one barrier. Teams
// take images in turns, all the same number of turns, since nobody may stay away from a barrier.
#include "Columns/columns_team.cuh"

struct GridTeam {
    static DEV i32 rank() { return (i32)blockIdx.x % BLOCKS; }
    static DEV void give(const TeamArgs& a, const TeamBlock& b, i32 at, f32 value)
    {
        UPD(f32, Exchange);
        Exchange[(i64)b.team * a.Arena + at] = value;
    }
    static DEV void meet(const TeamArgs& a, const TeamBlock& b, i32 first, i32 count)
    {
        UPD(u32, Bar);
        UPD(f32, Exchange);
        grid_sync(Bar);
        if (count == 0) return;
        sptr<TeamGather> gathers = recast<TeamGather>(b.shared + (a.Arena + a.Gathers));
        for (i32 g = first; g < first + count; g++) {
            TeamGather column = gathers[g];
            for (i32 i = (i32)threadIdx.x; i < column.Channels * b.images; i += THREADS) {
                i32 image = i / column.Channels, at = column.Slot + image * column.Stride + i - image * column.Channels;
                b.shared[at] = Exchange[(i64)b.team * a.Arena + at];
            }
        }
        block_sync();
    }
};

KERNEL(columns_grid, TeamArgs, THREADS, 1)
{
    i32 teams = (i32)gridDim.x / BLOCKS, team = (i32)blockIdx.x / BLOCKS;
    for (i32 first = 0; first < a.Batch; first += teams * IMAGES) team_run<GridTeam>(a, team, first + team * IMAGES);
}
