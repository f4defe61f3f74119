// columns_team.cuh: a program (columns.cuh) by a team of BLOCKS blocks for IMAGES images, position by position. Every block makes its share of the outputs of every layer, with that share's
// weights in its own shared memory, and gives what others need to all of them. TeamPlan.cs has decided everything before: stages with a barrier behind each, items of a stage, places of
// columns in shared memory. How blocks meet and reach each other is a Team's, of columns_cluster.cu or columns_grid.cu.
// Layout of shared memory: the arena (columns [image, channels] and unfinished sums [output, image]), the tables, given and drawn values, weights that stay, two buffers of weights that
// the next stage is fetched into while this one runs. A lane makes one output of one image: all waiting is for its chain of additions (4 clocks each) and for barriers.
// Cost: what is known before a row (rows above) is added for all its columns at once, by all blocks; a weight of it serves IMAGES images.
#pragma once
#include "Columns/columns.cuh"

#define BLOCKS 8
#define THREADS 256
#define COLUMNS (IMAGES == 8 ? 4 : 8)  // of a row that a lane adds up together: as many sums as registers hold
#define NOWHERE (-1)

// mirror the structs of TeamTables.cs, where the fields are explained
struct TeamStage {
    i32 FirstItem, Items, Lanes, Meets, FirstGather, Gathers, Copy, CopyCount, CopyTo;
};
struct TeamRef {
    i32 Slot, Stride, Map, First;
};
struct TeamItem {
    i32 Kind, FirstLane, Span, Slice, Pairs, FirstTap, Taps, Sums, Continues, Finishes, Begun, Bias, Activation;
    f32 Slope;
    TeamRef Source, Gate, Second;
    i32 Gated, Half, BackRows;
    TeamRef Target;
    i32 Shared, Table, TableStride, Law, Colour, Channels;
};
struct TeamTap {
    TeamRef From;
    i32 Dy, Dx, Count, Weights, WeightStride;
};
struct TeamGather {
    i32 Slot, Stride, Channels;
};
struct TeamRows {
    i32 First, Count;
};

#define TEAM_ARGS(F)                                                                                                                                       \
    F(garg<const ColumnInstruction>, Instructions) F(garg<const ColumnTap>, Taps) F(garg<const f32>, Weights) F(garg<f32>, State) F(garg<i32>, Values)    \
    F(garg<f32>, Logits) F(garg<const u32>, Tables) F(garg<const f32>, Packed) F(garg<f32>, Exchange) F(garg<u32>, Bar) F(u64, Seed) F(u64, FirstImage)   \
    F(i32, Batch) F(i32, Width) F(i32, Positions) F(i32, Colours) F(i32, Levels) F(i32, First) F(i32, Last) F(i32, KeepsLogits) F(f32, Sharpness)         \
    F(i32, Stages) F(i32, StageCount) F(i32, Items) F(i32, TeamTaps) F(i32, Gathers) F(i32, RowLevels) F(i32, RowLevelCount) F(i32, TeamMaps)             \
    F(i32, Arena) F(i32, TableCount) F(i32, Resident) F(i32, FirstWeight) F(i32, RankFloats) F(i32, Ahead)
ARGS(TeamArgs, TEAM_ARGS)

// A block: its shared memory, its rank, the images of its team.
struct TeamBlock {
    sptr<f32> shared;
    sptr<ColumnMap> maps;
    sptr<i32> given, drawn;  // [image, colour]
    i32 rank, team, first, images;
};

// An item's lane: its output among the rank's, and among all; its image. Of two halves that belong together, the second's is IMAGES lanes behind the first's.
struct TeamLane {
    i32 local, output, image;
    bool works, second;
};

DEV TeamLane lane_of(const TeamBlock& b, const TeamItem& op, i32 lane)
{
    TeamLane l;
    l.image = lane % IMAGES;
    l.local = lane / IMAGES;
    bool pairs = op.Pairs == 2;
    l.second = pairs && (l.local & 1);
    i32 own = pairs ? l.local >> 1 : l.local, channel = b.rank * op.Slice + own;
    l.output = l.second ? op.Span + channel : channel;
    l.works = own < op.Slice && channel < op.Span && l.image < b.images;
    return l;
}

// A channel of a column, from shared memory or the state.
DEV f32 team_value(const TeamArgs& a, const TeamBlock& b, const TeamRef& ref, i32 y, i32 x, i32 image, i32 channel)
{
    UPD(f32, State);
    if (ref.Slot >= 0) return b.shared[ref.Slot + image * ref.Stride + channel];
    return State[column_at(a, b.maps, ref.Map, y, x, b.first + image) + ref.First + channel];
}

// Puts a channel where it is read.
template <class Team> DEV void team_give(const TeamArgs& a, const TeamBlock& b, const TeamItem& op, i32 y, i32 x, i32 image, i32 channel, f32 value)
{
    UPD(f32, State);
    if (op.Target.Slot >= 0) {
        i32 at = op.Target.Slot + image * op.Target.Stride + channel;
        if (op.Shared) Team::give(a, b, at, value);
        else b.shared[at] = value;
    }
    if (op.Target.Map >= 0) State[column_at(a, b.maps, op.Target.Map, y, x, b.first + image) + op.Target.First + channel] = value;
}

// sum + in . weights, in order. whole: both begin at multiples of four.
template <class P> DEV f32 team_chain(P in, sptr<f32> weights, i32 count, bool whole, f32 sum)
{
    i32 c = 0;
    if (whole) {
        for (; c + 16 <= count; c += 16) {
            vec4<f32> v[4], w[4];
            UNROLL
            for (i32 k = 0; k < 4; k++) {
                v[k] = ld4(in + (c + 4 * k));
                w[k] = ld4(weights + (c + 4 * k));
            }
            UNROLL
            for (i32 k = 0; k < 4; k++) sum = fma(v[k].w, w[k].w, fma(v[k].z, w[k].z, fma(v[k].y, w[k].y, fma(v[k].x, w[k].x, sum))));
        }
        for (; c + 4 <= count; c += 4) {
            vec4<f32> v = ld4(in + c), w = ld4(weights + c);
            sum = fma(v.w, w.w, fma(v.z, w.z, fma(v.y, w.y, fma(v.x, w.x, sum))));
        }
    }
    for (; c < count; c++) sum = fma((f32)in[c], (f32)weights[c], sum);
    return sum;
}

// The sum of a lane's output, as far as the item's taps go.
DEV f32 team_sum(const TeamArgs& a, const TeamBlock& b, const TeamItem& op, const TeamLane& l, i32 y, i32 x)
{
    UPD(f32, State);
    f32 sum = 0;
    if (op.Continues) sum = b.shared[op.Sums + l.local * IMAGES + l.image];
    else if (op.Begun >= 0) sum = State[column_at(a, b.maps, op.Begun, y, x, b.first + l.image) + l.output];
    sptr<TeamTap> taps = recast<TeamTap>(b.shared + (a.Arena + a.TeamTaps));
    for (i32 t = 0; t < op.Taps; t++) {
        TeamTap tap = taps[op.FirstTap + t];
        sptr<f32> weights = b.shared + (tap.Weights + l.local * tap.WeightStride);
        if (tap.From.Slot >= 0) {
            i32 from = tap.From.Slot + l.image * tap.From.Stride;
            sum = team_chain(b.shared + from, weights, tap.Count, (from & 3) == 0, sum);
            continue;
        }
        ColumnMap source = b.maps[tap.From.Map];
        i32 ty = y + tap.Dy, tx = x + tap.Dx;
        if ((u32)ty >= (u32)source.Height || (u32)tx >= (u32)source.Width) continue;
        i64 from = column_at(a, b.maps, tap.From.Map, ty, tx, b.first + l.image) + tap.From.First;
        sum = team_chain(State + from, weights, tap.Count, (from & 3) == 0, sum);
    }
    return sum;
}

// An item of a convolution, by whole warps.
template <class Team> DEV void team_sums(const TeamArgs& a, const TeamBlock& b, const TeamItem& op, i32 y, i32 x, i32 lane)
{
    TeamLane l = lane_of(b, op, lane);
    f32 sum = 0;
    if (l.works) sum = team_sum(a, b, op, l, y, x);
    if (!op.Finishes) {
        if (l.works) b.shared[op.Sums + l.local * IMAGES + l.image] = sum;
        return;
    }
    if (l.works) {
        if (op.Bias >= 0) sum = sum + b.shared[op.Bias + l.local];
        sum = column_activation(op.Activation, sum, op.Slope);
        if (op.Second.Slot >= 0 || op.Second.Map >= 0) sum = sum + team_value(a, b, op.Second, y, x, l.image, l.output);
    }
    if (op.Gated) {
        if (l.works && op.Gate.Map >= 0) sum = sum + team_value(a, b, op.Gate, y, x, l.image, l.output);
        f32 other = shfl_xor(sum, IMAGES);
        if (l.second) return;
        sum = gen_gate<GATE_TANH, f32>(sum, other);
    }
    if (l.works) team_give<Team>(a, b, op, y, x, l.image, l.output, sum);
}

// An output of an instruction that is neither a convolution nor a draw.
template <class Team> DEV void team_output(const TeamArgs& a, const TeamBlock& b, const TeamItem& op, i32 y, i32 x, i32 lane)
{
    TeamLane l = lane_of(b, op, lane);
    if (!l.works) return;
    f32 value;
    if (op.Kind == EMBEDDING) {
        IN(f32, Weights);
        value = Weights[op.Table + (i64)(i32)b.drawn[l.image * a.Colours] * op.TableStride + l.output];
    } else {
        value = team_value(a, b, op.Source, y, x, l.image, l.output);
        if (op.Kind == ACTIVATION) value = column_activation(op.Activation, value, op.Slope);
        else if (op.Kind == ADD) value = value + (y >= op.BackRows ? team_value(a, b, op.Second, y - op.BackRows, x, l.image, l.output) : 0.0f);
        else {
            f32 gate = team_value(a, b, op.Gate, y, x, l.image, l.output);
            if (op.Second.Map >= 0) {
                value = value + team_value(a, b, op.Second, y, x, l.image, l.output);
                gate = gate + team_value(a, b, op.Second, y, x, l.image, l.output + op.Half);
            }
            value = gen_gate<GATE_TANH, f32>(value, gate);
        }
    }
    team_give<Team>(a, b, op, y, x, l.image, l.output, value);
}

// draw_choice by a warp: the exponentials side by side, their sums one after another, all of which stay in `sums` to be searched.
DEV i32 team_choice(sptr<f32> logits, i32 count, f32 u, f32 sharpness, sptr<f32> sums)
{
    f32 largest = logits[0];
    bool odd = false;
    for (i32 k = lane_index(); k < count; k += 32) {
        f32 logit = logits[k];
        odd = odd || logit != logit;
        largest = real_max2(largest, logit);
    }
    if (ballot(odd) != 0) return draw_choice<f32>(logits, count, u, sharpness);  // whether a NaN counts depends on the order
    UNROLL
    for (i32 width = 16; width > 0; width /= 2) largest = real_max2(largest, shfl_xor(largest, width));
    for (i32 k = lane_index(); k < count; k += 32) sums[k] = gen_exp(((f32)logits[k] - largest) * sharpness);
    warp_sync();
    if (lane_index() == 0) {
        f32 sum = 0;
        for (i32 k = 0; k < count; k++) {
            sum = sum + sums[k];
            sums[k] = sum;
        }
    }
    warp_sync();
    f32 bound = u * sums[count - 1];
    for (i32 k = lane_index(); k - lane_index() < count - 1; k += 32) {
        u32 beyond = ballot(k < count - 1 && sums[k] > bound);
        if (beyond != 0) return k - lane_index() + 31 - count_leading_zeros(beyond & (0u - beyond));
    }
    return count - 1;
}

// A warp an image. All ranks draw alike, so nobody has to be told; rank 0 keeps what was drawn.
DEV void team_draw(const TeamArgs& a, const TeamBlock& b, const TeamItem& op, i32 y, i32 x, i32 image)
{
    UPD(f32, State);
    UPD(i32, Values);
    UPD(f32, Logits);
    i32 position = y * a.Width + x + a.Ahead;
    if (image >= b.images || position >= a.Positions) return;
    i32 made = op.Law > CATEGORICAL ? a.Colours : 1;
    i64 element = (i64)position * a.Colours + op.Colour, value = (i64)(b.first + image) * a.Positions * a.Colours + element;
    sptr<f32> logits = b.shared + (op.Source.Slot + image * op.Source.Stride);
    if (a.KeepsLogits && b.rank == 0) {
        for (i32 k = lane_index(); k < op.Channels; k += 32) Logits[value * op.Channels + k] = logits[k];
    }
    sptr<i32> given = b.given + (image * a.Colours + op.Colour), drawn = b.drawn + (image * a.Colours + op.Colour);
    bool is_given = given[0] >= 0;
    i32 choice = 0;
    if (!is_given && op.Law == CATEGORICAL) {
        choice = team_choice(logits, op.Channels, uniform_at(column_stream(a, b.first + image), element), a.Sharpness, b.shared + (op.Sums + image * op.Channels));
    }
    if (lane_index() != 0) return;
    i32 levels[3] = { choice, 0, 0 };
    if (is_given) {
        for (i32 c = 0; c < made; c++) levels[c] = given[c];
    } else if (op.Law != CATEGORICAL) column_levels(a, op.Law, op.Channels, logits, element, b.first + image, levels);
    for (i32 c = 0; c < made; c++) {
        drawn[c] = levels[c];
        if (b.rank == 0 && !is_given) Values[value + c] = levels[c];
        f32 told = (f32)levels[c] / (f32)(a.Levels - 1);
        if (op.Target.Slot >= 0) b.shared[op.Target.Slot + image * op.Target.Stride + c] = told;
        if (op.Target.Map >= 0 && b.rank == 0) State[column_at(a, b.maps, op.Target.Map, y, x, b.first + image) + op.Target.First + c] = told;
    }
}

// The weights of a stage on their way into its buffer.
DEV void team_fetch(const TeamArgs& a, const TeamBlock& b, i32 from, i32 count, i32 to)
{
    IN(f32, Packed);
    for (i32 i = 4 * (i32)threadIdx.x; i < count; i += 4 * THREADS) cp_async16(b.shared + (to + i), Packed + ((i64)b.rank * a.RankFloats + from + i));
}

template <class Team> DEV void team_stage(const TeamArgs& a, const TeamBlock& b, i32 number, i32 y, i32 x)
{
    TeamStage stage = recast<TeamStage>(b.shared + (a.Arena + a.Stages))[number];
    sptr<TeamItem> items = recast<TeamItem>(b.shared + (a.Arena + a.Items));
    team_fetch(a, b, stage.Copy, stage.CopyCount, stage.CopyTo);
    cp_async_commit();
    for (i32 lane = (i32)threadIdx.x; lane < stage.Lanes; lane += THREADS) {
        i32 index = stage.FirstItem + stage.Items - 1;
        while (((TeamItem)items[index]).FirstLane > lane) index--;
        TeamItem op = items[index];
        if (op.Kind == CONVOLUTION) team_sums<Team>(a, b, op, y, x, lane - op.FirstLane);
        else if (op.Kind <= CELL) team_output<Team>(a, b, op, y, x, lane - op.FirstLane);
        else team_draw(a, b, op, y, x, (lane - op.FirstLane) / 32);
    }
    cp_async_wait<0>();
    if (stage.Meets) Team::meet(a, b, stage.FirstGather, stage.Gathers);
    else block_sync();
}

// What is known before a row: in the state, by all blocks of the team.
template <class Team> DEV void team_row(const TeamArgs& a, const TeamBlock& b, i32 y)
{
    IN(ColumnInstruction, Instructions);
    sptr<TeamRows> levels = recast<TeamRows>(b.shared + (a.Arena + a.RowLevels));
    for (i32 level = 0; level < a.RowLevelCount; level++) {
        TeamRows rows = levels[level];
        for (i32 i = 0; i < rows.Count; i++) {
            ColumnInstruction op = Instructions[rows.First + i];
            column_outputs<IMAGES, COLUMNS>(a, b.maps, op, y, 0, a.Width, b.first, b.images, b.rank * THREADS + (i32)threadIdx.x, BLOCKS * THREADS);
        }
        Team::meet(a, b, 0, 0);
    }
}

// The team's images through all positions of the launch.
template <class Team> DEV void team_run(const TeamArgs& a, i32 team, i32 images_before)
{
    DYN_SHARED(f32, shared);
    IN(u32, Tables);
    UPD(i32, Values);
    i32 left = a.Batch - images_before, values = a.Arena + a.TableCount;
    TeamBlock b;
    b.shared = shared;
    b.maps = recast<ColumnMap>(shared + (a.Arena + a.TeamMaps));
    b.given = recast<i32>(shared + values);
    b.drawn = recast<i32>(shared + (values + IMAGES * a.Colours));
    b.rank = Team::rank();
    b.team = team;
    b.first = images_before;
    b.images = left < 0 ? 0 : left < IMAGES ? left : IMAGES;
    sptr<u32> tables = recast<u32>(shared + a.Arena);
    for (i32 i = (i32)threadIdx.x; i < a.TableCount; i += THREADS) tables[i] = Tables[i];
    team_fetch(a, b, 0, a.Resident, a.FirstWeight);
    block_sync();
    TeamStage last = recast<TeamStage>(shared + (a.Arena + a.Stages))[a.StageCount - 1];
    team_fetch(a, b, last.Copy, last.CopyCount, last.CopyTo);
    cp_async_commit();
    cp_async_wait<0>();
    i32 mine = (i32)threadIdx.x, image = mine / a.Colours, colour = mine - image * a.Colours;
    bool has_value = image < b.images;
    i64 first_value = (i64)(b.first + image) * a.Positions * a.Colours + colour;
    if (has_value) b.drawn[mine] = Values[first_value + (i64)a.First * a.Colours];
    Team::meet(a, b, 0, 0);
    for (i32 position = a.First; position < a.Last; position++) {
        i32 y = position / a.Width, x = position - y * a.Width;
        if (has_value && position + a.Ahead < a.Positions) b.given[mine] = Values[first_value + (i64)(position + a.Ahead) * a.Colours];
        if (x == 0) team_row<Team>(a, b, y);
        for (i32 stage = 0; stage < a.StageCount; stage++) team_stage<Team>(a, b, stage, y, x);
    }
}
