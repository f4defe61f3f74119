// runtime.cpp: the run time of the CUDA emulator, one shared library that every kernel object links against. It keeps all state of
// a thread behind one thread-local pointer: objects with thread-locals of their own exhaust the loader's static TLS after 200 of them.
#include "Devices/Gpu/Simt/runtime.h"
#include "Devices/Gpu/Simt/context_switch.h"
#include "Devices/Gpu/Simt/report.h"
#include "Devices/Gpu/Simt/stacks.h"
#include "Devices/Gpu/Simt/shadow.h"
#include "Devices/Gpu/Simt/counters.h"
#include "Devices/Gpu/Simt/checks.h"
#include "Devices/Gpu/Simt/scheduler.h"

#if defined(__linux__)
thread_local Worker* simt_worker __attribute__((tls_model("initial-exec")));
#else
thread_local Worker* simt_worker;
#endif

// ---- called by kernels ----

EXPORT const LaneView* simt_lane() { return &simt_worker->lane->view; }

EXPORT void* simt_dynamic_shared(const char* file, int line)
{
    Block* block = simt_worker->lane->block;
    if (!simt_worker->launch->dynamic_bytes) fault({file, line}, "DYN_SHARED in a launch without dynamic shared memory");
    return block->arena;  // it is the block's first array
}

EXPORT void* simt_shared(const void* declaration, u64 bytes, const char* name, const char* file, int line)
{
    Worker* w = simt_worker;
    Block* block = w->lane->block;
    return block->arena + block->array[array_of(w, block, declaration, bytes, name, {file, line})].offset;
}

EXPORT void simt_block_sync(const char* file, int line)
{
    Worker* w = simt_worker;
    Lane* lane = w->lane;
    Block* block = lane->block;
    if (block->arrived == 0) block->barrier = {file, line};
    else if (line != block->barrier.line || (file != block->barrier.file && strcmp(file, block->barrier.file)))
        fault({file, line}, "divergent barrier: other lanes of the block wait in block_sync at %s:%d", block->barrier.file, block->barrier.line);
    lane->state = State::BlockSync;
    lane->site = {file, line};
    if (++block->arrived == block->threads) release_block(w, block, ++w->stamp);
    wait(w, lane);
}

// All blocks that run together
static void resident_sync(State state, bool whole_grid, Site site)
{
    Worker* w = simt_worker;
    Lane* lane = w->lane;
    lane->state = state;
    lane->site = site;
    if (++w->grid_arrived == w->resident * w->launch->threads) {
        w->grid_arrived = 0;
        const u32 stamp = ++w->stamp;
        if (whole_grid && w->launch->shadow) w->launch->shadow->ordered_before = stamp;
        for (u32 i = w->resident; i-- > 0;) {  // the last to be released runs first
            w->block = &w->blocks[w->launch->order == 1 ? w->resident - 1 - i : i];
            w->block->cluster_epoch = stamp;
            release_block(w, w->block, stamp);
        }
    }
    wait(w, lane);
}

EXPORT void simt_grid_sync(const char* file, int line)
{
    if (!simt_worker->launch->cooperative) fault({file, line}, "grid_sync in a launch that is not cooperative");
    resident_sync(State::GridSync, true, {file, line});
}

EXPORT void simt_cluster_sync(const char* file, int line) { resident_sync(State::ClusterSync, false, {file, line}); }

static void meet(const void* in, void* out, void (*op)(const WarpCall*), i32 number, Site site, State state)
{
    Worker* w = simt_worker;
    Lane* lane = w->lane;
    Warp* warp = lane->warp;
    u32 l = lane->index % kWarp;
    if (warp->arrived) {
        const Lane& other = warp->first[__builtin_ctz(warp->arrived)];
        if (other.state != state || warp->op != op || warp->call.number != number || other.site.line != site.line)
            fault(site, "lanes of one warp wait in different places: lane %u at %s:%d", other.index, other.site.file, other.site.line);
    }
    lane->state = state;
    lane->site = site;
    warp->op = op;
    warp->call.number = number;
    warp->call.in[l] = in;
    warp->call.out[l] = out;
    warp->arrived |= 1u << l;
    if (warp->arrived == warp->present) release_warp(w, warp);
    wait(w, lane);
}

EXPORT void simt_warp_sync(const char* file, int line) { meet(nullptr, nullptr, nullptr, 0, {file, line}, State::WarpSync); }

EXPORT void simt_warp_call(const void* in, void* out, void (*op)(const WarpCall*), i32 number, const char* file, int line)
{
    meet(in, out, op, number, {file, line}, State::WarpCall);
}

#include "Devices/Gpu/Simt/cluster.h"
#include "Devices/Gpu/Simt/async.h"

EXPORT u32 simt_shared_offset(const void* p) { return (u32)((const u8*)p - simt_worker->lane->block->arena); }

EXPORT void simt_copy(void* to, const void* from, u32 bytes, const char* file, int line)
{
    Worker* w = simt_worker;
    Lane* lane = w->lane;
    check_products(lane->block, (const u8*)to, bytes, "memory", {file, line});
    if (lane->copy_count == lane->copy_room) {
        lane->copy_room = lane->copy_room ? 2 * lane->copy_room : 16;
        lane->copies = (Copy*)realloc(lane->copies, lane->copy_room * sizeof(Copy));
    }
    lane->copies[lane->copy_count++] = {(u8*)to, (const u8*)from, bytes, lane->groups};
    memset(to, (int)w->launch->poison, bytes);
    if (w->launch->shadow) memset(lane->block->init + ((u8*)to - lane->block->arena), kPending, bytes);
}

EXPORT void simt_copy_commit() { simt_worker->lane->groups++; }

// Copies happen here, as late as is legal: a kernel that waits too little reads poison.
EXPORT void simt_copy_wait(u32 pending, const char* file, int line)
{
    Worker* w = simt_worker;
    Lane* lane = w->lane;
    u32 kept = 0;
    for (u32 i = 0; i < lane->copy_count; i++) {
        const Copy c = lane->copies[i];
        if (c.group + pending >= lane->groups) {
            lane->copies[kept++] = c;
            continue;
        }
        if (c.from) memcpy(c.to, c.from, c.bytes);
        else memset(c.to, 0, c.bytes);
        if (w->launch->shadow) copy_landed(w, c, {file, line});
        lane->unfenced = true;
    }
    lane->copy_count = kept;
}

// ---- called by SimtDriver ----

EXPORT Worker* simt_worker_new()
{
    Worker* w = (Worker*)calloc(1, sizeof(Worker));
    for (u32 order = 0; order < 3; order++)
        for (u32 lanes = 1; lanes <= kWarp; lanes++)
            for (u32 i = 0; i < lanes; i++) w->lane_orders[order][lanes][i] = (u8)item_at(i, lanes, order, permuting_step(lanes));
    return w;
}

EXPORT void simt_worker_free(Worker* w)
{
    for (u32 i = 0; i < w->slots; i++) {
        for (u32 l = 0; l < kMaxThreads; l++) {
            free(w->blocks[i].lanes[l].copies);
            free(w->blocks[i].lanes[l].products);
        }
        free(w->blocks[i].lanes);
        if (w->blocks[i].init) {
            munmap(w->blocks[i].init, kArenaBytes);
            munmap(w->blocks[i].cells, cell_bytes(kArenaBytes));
        }
        munmap(w->blocks[i].arena, kArenaBytes);
    }
    free(w->blocks);
    free(w->bulks);
    free_stacks(w);
    free(w);
}

static void prepare_block(Worker* w, Block* block)
{
    const Launch* launch = w->launch;
    if (!block->lanes) {
        block->lanes = (Lane*)aligned_alloc(alignof(Lane), kMaxThreads * sizeof(Lane));
        memset((void*)block->lanes, 0, kMaxThreads * sizeof(Lane));
        block->arena = (u8*)mmap(nullptr, kArenaBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0);
    }
    block->threads = launch->threads;
    block->warps = (launch->threads + kWarp - 1) / kWarp;
    if (launch->shadow && !block->init) {
        block->init = (u8*)zero_pages(kArenaBytes);
        block->cells = (Cell*)zero_pages(cell_bytes(kArenaBytes));
    }
    block->ended = block->threads;
    block->ready_warps = 0;
    u64 step = permuting_step(block->warps);
    for (u32 position = 0; position < block->warps; position++) {
        u32 number = (u32)item_at(position, block->warps, launch->order, step);
        Warp* warp = &block->warp[number];
        block->warp_at[position] = (u8)number;
        warp->position = position;
        warp->first = block->lanes + number * kWarp;
        u32 lanes = number + 1 < block->warps ? kWarp : block->threads - number * kWarp;
        warp->all = lanes == kWarp ? 0xFFFFFFFFu : (1u << lanes) - 1;
        warp->lane_at = w->lane_orders[launch->order][lanes];
        for (u32 i = 0; i < lanes; i++) {
            Lane* lane = warp->first + warp->lane_at[i];
            lane->position = (u8)i;
            lane->block = block;
            lane->warp = warp;
            lane->index = (u16)(lane - block->lanes);
            lane->state = State::Runs;
            lane->saved = nullptr;  // a launch that ended badly may have left it waiting
            lane->copy_count = lane->groups = lane->product_count = lane->product_groups = 0;
            lane->fenced = lane->unfenced = false;
            lane->view.thread = {lane->index, 0, 0};
            lane->view.block_size = {launch->threads, 1, 1};
            lane->view.grid = launch->grid;
        }
    }
}

// Runs blocks of a launch until none is left; several workers may share one launch. Returns null, or the message of a fault.
EXPORT const char* simt_launch(Worker* w, const Launch* launch)
{
    u64 total = (u64)launch->grid.x * launch->grid.y * launch->grid.z;
    u32 resident = launch->cooperative ? (u32)total : launch->cluster;
    if (!launch->cooperative) total /= launch->cluster;
    if (resident > w->slots) {
        w->blocks = (Block*)realloc(w->blocks, resident * sizeof(Block));
        memset(w->blocks + w->slots, 0, (resident - w->slots) * sizeof(Block));
        w->slots = resident;
    }
    w->launch = launch;
    w->resident = resident;
    w->grid_arrived = w->bulk_count = 0;
    w->total = total;
    w->step = permuting_step(total);
    w->faulted = false;
    w->lane = w->starting = nullptr;
    Worker* outer = simt_worker;
    simt_worker = w;
    for (u32 i = 0; i < resident; i++) prepare_block(w, &w->blocks[i]);
    if (launch->shadow) begin_checks(w);
    if (launch->cooperative) {
        const u32 stamp = ++w->stamp;
        for (u32 i = 0; i < resident; i++) begin_block(w, &w->blocks[i], item_at(i, total, launch->order, w->step), stamp);
        *launch->next_block = total;
    }
    w->block = &w->blocks[0];
    w->warp = &w->block->warp[0];
    w->stack = take_stack(w);
    simt_switch(&w->host, fresh_context(w->stack->top, run_lanes));
    take_all_back(w);
    if (!w->faulted && launch->shadow && !end_checks(w)) w->faulted = true;
    simt_worker = outer;
    if (!w->faulted) return nullptr;
    __atomic_store_n(launch->next_block, total, __ATOMIC_RELAXED);
    return w->message;
}
