// scheduler.h: who runs next. A lane runs until it must wait; then the first ready lane of its warp goes on, or the first ready warp
// of its block. "First" follows the launch's order, so three launches meet three different interleavings. A lane starts on the stack
// that is free at that moment, so a kernel without waits needs one stack and no switch.
#pragma once

static u64 gcd(u64 a, u64 b)
{
    while (b) {
        u64 t = a % b;
        a = b;
        b = t;
    }
    return a;
}

// A stride that visits every one of `count` items, far from its neighbours.
static u64 permuting_step(u64 count)
{
    u64 step = (count * 5 / 8) | 1;
    while (gcd(step, count) != 1) step += 2;
    return step;
}

// The item that runs at `position` of `count`: ascending, descending, or permuted.
static u64 item_at(u64 position, u64 count, u32 order, u64 step)
{
    return order == 0 ? position : order == 1 ? count - 1 - position : (position * step + count / 3) % count;
}

static Block* ready_block(Worker* w)
{
    u32 i = 0;
    while (i < w->resident && !w->blocks[i].ready_warps) i++;
    return i < w->resident ? &w->blocks[i] : nullptr;
}

static bool land_bulk_copy(Worker* w);
static void check_nothing_under_way(Lane* lane);

static Lane* pick(Worker* w)
{
    Block* block = w->block;
    if (!block->ready_warps) {
        while (!(block = ready_block(w)))
            if (!land_bulk_copy(w)) return nullptr;
    }
    Warp* warp = w->warp;
    if (block != w->block || !warp->ready) warp = &block->warp[block->warp_at[__builtin_ctz(block->ready_warps)]];
    u32 position = (u32)__builtin_ctz(warp->ready);
    warp->ready &= warp->ready - 1;
    if (!warp->ready) block->ready_warps &= ~(1u << warp->position);
    w->block = block;
    w->warp = warp;
    return warp->first + warp->lane_at[position];
}

// What happens from here on comes after what happened before the stamp, for all lanes of the block.
static void raise_epoch(Block* block, u32 stamp)
{
    block->epoch = stamp;
    block->settled = block->cluster > 1 ? block->cluster_epoch : stamp;  // the block's own barrier says nothing of what others store
    for (u32 i = 0; i < block->warps; i++) block->warp[i].epoch = stamp;
}

// Lanes of the warp that have not ended are all here: run the collective, if there is one, and let them go on.
static void release_warp(Worker* w, Warp* warp)
{
    // CUDA orders memory at __syncwarp, not at shuffles
    if (warp->first[__builtin_ctz(warp->arrived)].state == State::WarpSync) warp->epoch = ++w->stamp;
    if (warp->op) {
        warp->call.present = warp->arrived;
        warp->op(&warp->call);
        warp->op = nullptr;
    }
    if (warp->arrived == warp->all) warp->ready = warp->all;
    else
        for (u32 left = warp->arrived; left; left &= left - 1) warp->ready |= 1u << warp->first[__builtin_ctz(left)].position;
    warp->first->block->ready_warps |= 1u << warp->position;
    warp->arrived = 0;
}

static u32 all_warps(const Block* block) { return block->warps == 32 ? 0xFFFFFFFFu : (1u << block->warps) - 1; }

// All lanes of the block have come to a barrier of the block, the cluster or the grid.
static void release_block(Worker* w, Block* block, u32 stamp)
{
    block->arrived = 0;
    raise_epoch(block, stamp);
    for (u32 i = 0; i < block->warps; i++) block->warp[i].ready = block->warp[i].all;
    block->ready_warps = all_warps(block);
    w->warp = &block->warp[block->warp_at[0]];
}

static void lane_ended(Worker* w, Lane* lane)
{
    Warp* warp = lane->warp;
    check_nothing_under_way(lane);
    lane->state = State::Ended;
    lane->saved = nullptr;
    lane->copy_count = lane->groups = lane->product_groups = 0;
    lane->fenced = lane->unfenced = false;
    Block* block = lane->block;
    if (++block->ended == block->threads && block->stored_stamp >= block->cluster_epoch) {
        w->lane = nullptr;
        fault(block->stored_site, "stores into block %u of the cluster, which has ended with no cluster_sync between", (u32)(block - w->blocks));
    }
    warp->present &= ~(1u << (lane->index % kWarp));
    if (warp->arrived && warp->arrived == warp->present) release_warp(w, warp);
}

// A shared array of the block, filled with the launch's poison.
static u32 add_array(Worker* w, Block* block, const void* declaration, u32 bytes, const char* name, Site site)
{
    if (block->arrays == kMaxArrays) fault(site, "more than %u shared arrays in one kernel", kMaxArrays);
    u32 offset = block->arrays == 0 ? 0 : ((block->arena_used + 15) & ~15u) + kRedZone;
    block->array[block->arrays] = {declaration, name, offset, bytes, site};
    block->arena_used = offset + bytes;
    memset(block->arena + offset, (int)w->launch->poison, bytes);
    if (block->init) memset(block->init + offset, 0, bytes);
    return block->arrays++;
}

// A lane has reached the declaration of a shared array; the first to do so makes it.
static u32 array_of(Worker* w, Block* block, const void* declaration, u64 bytes, const char* name, Site site)
{
    for (u32 i = 0; i < block->arrays; i++)
        if (block->array[i].declaration == declaration) return i;
    block->static_bytes += (u32)((bytes + 15) & ~15ull);
    if (bytes > kMaxStaticShared || block->static_bytes > kMaxStaticShared)
        fault(site, "static shared memory passes %u bytes with '%s'; use DYN_SHARED", kMaxStaticShared, name);
    return add_array(w, block, declaration, (u32)bytes, name, site);
}

// stamp: one for all blocks that begin together, so that none takes what another does at its beginning for the past.
static void begin_block(Worker* w, Block* block, u64 index, u32 stamp)
{
    const Launch* launch = w->launch;
    block->at = {(u32)(index % launch->grid.x), (u32)(index / launch->grid.x % launch->grid.y),
                 (u32)(index / launch->grid.x / launch->grid.y)};
    block->number = (u32)index;
    block->cluster = launch->cluster;
    block->cluster_begin = block->number - block->number % launch->cluster;
    block->ended = block->arrived = 0;
    block->multiplies = false;
    memset(block->group_arrived, 0, sizeof block->group_arrived);
    block->first_epoch = block->cluster_epoch = stamp;
    block->stored_stamp = 0;
    raise_epoch(block, stamp);
    block->arrays = block->static_bytes = block->arena_used = 0;
    block->ready_warps = all_warps(block);
    for (u32 i = 0; i < block->warps; i++) {
        Warp* warp = &block->warp[i];
        warp->ready = warp->present = warp->all;
        warp->arrived = 0;
        warp->op = nullptr;
    }
    if (launch->dynamic_bytes) add_array(w, block, nullptr, launch->dynamic_bytes, "dynamic memory", {launch->file, (int)launch->line});
    w->block = block;
    w->warp = &block->warp[block->warp_at[0]];
}

// The next cluster of the launch into the slots of one that ended; false when there is none.
static bool next_cluster(Worker* w)
{
    const Launch* launch = w->launch;
    for (u32 i = 0; i < w->resident; i++)
        if (w->blocks[i].ended != w->blocks[i].threads) deadlock(w);
    if (launch->shadow) count_block(w);
    u64 number = __atomic_fetch_add(launch->next_block, 1, __ATOMIC_RELAXED);
    if (number >= w->total) return false;
    const u64 first = item_at(number, w->total, launch->order, w->step) * launch->cluster;
    const u32 stamp = ++w->stamp;
    for (u32 i = launch->cluster; i-- > 0;) {  // the last to begin runs first
        const u32 rank = launch->order == 1 ? launch->cluster - 1 - i : i;
        begin_block(w, &w->blocks[rank], first + rank, stamp);
    }
    return true;
}

// Runs on a lane stack that holds no lane; every stack begins here.
static void run_lanes()
{
    Worker* w = simt_worker;
    Lane* lane = w->starting;
    for (;;) {
        if (!lane) {
            lane = pick(w);
            if (!lane) {
                if (next_cluster(w)) continue;
                void* nowhere;
                simt_switch(&nowhere, w->host);
            }
        }
        w->lane = lane;
        if (lane->saved) {  // it waits on a stack of its own: this one is free now
            give_stack(w, w->stack);
            w->stack = lane->stack;
            void* nowhere;
            simt_switch(&nowhere, lane->saved);
        }
        lane->stack = w->stack;
        lane->view.block = lane->block->at;
        w->launch->run(w->launch->args);
        lane_ended(w, w->lane);
        lane = nullptr;
    }
}

// The running lane has said what it waits for; returns when it may go on.
static void wait(Worker* w, Lane* lane)
{
    Lane* next = pick(w);
    if (!next) deadlock(w);
    if (next == lane) return;
    void* target = next->saved;
    w->lane = next;
    if (target) {
        w->stack = next->stack;
    } else {
        w->starting = next;
        w->stack = take_stack(w);
        target = fresh_context(w->stack->top, run_lanes);
    }
    simt_switch(&lane->saved, target);
}
