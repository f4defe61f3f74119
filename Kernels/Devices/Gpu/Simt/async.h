// async.h: what sm_90 does on its own while lanes go on: mbarriers, bulk copies that complete them, and the products of warp groups. All of
// it happens as late as is legal: a bulk copy lands when no lane can run without it, a product when its warp waits for it.
#pragma once

// An mbarrier as its eight bytes of shared memory hold it: arrivals and bytes that the present phase still lacks.
struct Mbarrier {
    u32 phase : 1, count : 15, missing : 16;
    i32 bytes;
};
static_assert(sizeof(Mbarrier) == 8, "the size that PTX gives it");

static Mbarrier* mbarrier(void* p, Site site)
{
    if ((u64)p & 7) fault(site, "an mbarrier that does not begin at a multiple of 8 bytes");
    Mbarrier* bar = (Mbarrier*)p;
    if (!bar->count) fault(site, "an mbarrier before mbarrier_init");
    return bar;
}

// Ends the phase when nothing is missing, and lets those go on who wait for it.
static void settle(Block* block, Mbarrier* bar)
{
    if (bar->missing || bar->bytes) return;
    bar->phase ^= 1;
    bar->missing = bar->count;
    for (u32 i = 0; i < block->threads; i++) {
        Lane* lane = &block->lanes[i];
        if (lane->state != State::Mbarrier || lane->waits_for != bar) continue;
        lane->state = State::Runs;
        lane->warp->ready |= 1u << lane->position;
        block->ready_warps |= 1u << lane->warp->position;
    }
}

EXPORT void simt_mbarrier_init(void* p, u32 count, const char* file, int line)
{
    Site site = {file, line};
    if ((u64)p & 7) fault(site, "an mbarrier that does not begin at a multiple of 8 bytes");
    if (count == 0 || count > 0x7FFF) fault(site, "an mbarrier of %u arrivals", count);
    Mbarrier* bar = (Mbarrier*)p;
    *bar = {0, count, count, 0};
}

// bytes: what copies will bring in this phase, told with the arrival.
EXPORT void simt_mbarrier_arrive(void* p, u32 bytes, u32 rank, const char* file, int line)
{
    Worker* w = simt_worker;
    Site site = {file, line};
    Mbarrier* bar = mbarrier(of_rank(w, p, sizeof(Mbarrier), rank, site), site);
    if (w->lane->unfenced) fault(site, "tells others of copies that no fence_proxy_async has shown to wgmma");
    if (!bar->missing) fault(site, "an arrival too many: the mbarrier expects %u a phase", bar->count);
    bar->bytes += (i32)bytes;
    bar->missing--;
    settle(&w->blocks[rank], bar);
}

EXPORT void simt_mbarrier_wait(void* p, u32 parity, const char* file, int line)
{
    Worker* w = simt_worker;
    Lane* lane = w->lane;
    Mbarrier* bar = mbarrier(p, {file, line});
    while (bar->phase == parity) {
        lane->state = State::Mbarrier;
        lane->site = {file, line};
        lane->waits_for = bar;
        wait(w, lane);
    }
}

// The last lane of the warp group lets all go on.
EXPORT void simt_group_sync(const char* file, int line)
{
    Worker* w = simt_worker;
    Lane* lane = w->lane;
    Block* block = lane->block;
    Site site = {file, line};
    const u32 group = lane->index / kGroup;
    if ((group + 1) * kGroup > block->threads) fault(site, "group_sync in a block of %u threads; a warp group has %u", block->threads, kGroup);
    lane->state = State::GroupSync;
    lane->site = site;
    if (++block->group_arrived[group] == kGroup) {
        block->group_arrived[group] = 0;
        const u32 stamp = ++w->stamp;
        for (u32 i = 0; i < kGroup / kWarp; i++) {
            Warp* warp = &block->warp[group * (kGroup / kWarp) + i];
            warp->epoch = warp->group_epoch = stamp;
            warp->ready = warp->all;
            block->ready_warps |= 1u << warp->position;
        }
    }
    wait(w, lane);
}

// ---- bulk copies ----

static bool overlap(const u8* a, u64 a_bytes, const u8* b, u64 b_bytes) { return a < b + b_bytes && b < a + a_bytes; }

// Nobody may write what a product under way still reads.
static void check_products(const Block* block, const u8* to, u32 bytes, const char* name, Site site)
{
    for (u32 i = 0; i < block->warps && block->multiplies; i++) {
        const Lane* lane = block->warp[i].first;
        for (u32 j = 0; j < lane->product_count; j++) {
            const Product& q = lane->products[j];
            if (overlap(q.a.from, q.a.bytes, to, bytes) || overlap(q.b.from, q.b.bytes, to, bytes))
                fault(site, "fills shared %s, which the wgmma of lane %u at %s:%d still reads", name, lane->index, q.site.file, q.site.line);
        }
    }
}

static void begin_bulk_copy(Worker* w, Block* block, u8* to, const u8* from, u32 bytes, Mbarrier* bar, Site site)
{
    const SharedArray& home = shared_home(block, to, bytes, "fills", site);
    for (u32 i = 0; i < w->bulk_count; i++)
        if (overlap(w->bulks[i].to, w->bulks[i].bytes, to, bytes)) fault(site, "fills shared %s, which another bulk copy is filling", home.name);
    check_products(block, to, bytes, home.name, site);
    if (w->bulk_count == w->bulk_room) {
        w->bulk_room = w->bulk_room ? 2 * w->bulk_room : 16;
        w->bulks = (BulkCopy*)realloc(w->bulks, w->bulk_room * sizeof(BulkCopy));
    }
    w->bulks[w->bulk_count++] = {to, from, bytes, bar, block, site};
    memset(to, (int)w->launch->poison, bytes);
    if (w->launch->shadow) memset(block->init + (to - block->arena), kPending, bytes);
}

// ranks: bit r for block r of the cluster, whose own mbarrier is told
EXPORT void simt_bulk_copy(void* to, const void* from, u32 bytes, void* p, u32 ranks, const char* file, int line)
{
    Worker* w = simt_worker;
    Site site = {file, line};
    if (bytes == 0 || (((u64)to | (u64)from | bytes) & 15)) fault(site, "a bulk copy whose addresses or size (%u bytes) are not multiples of 16", bytes);
    for (u32 rank = 0; ranks >> rank; rank++) {
        if (!(ranks >> rank & 1)) continue;
        u8* target = of_rank(w, to, bytes, rank, site);
        begin_bulk_copy(w, &w->blocks[rank], target, (const u8*)from, bytes, mbarrier(of_rank(w, p, sizeof(Mbarrier), rank, site), site), site);
    }
}

// Nobody can run: one copy lands, the first, the last or one between. False when none is under way.
static bool land_bulk_copy(Worker* w)
{
    if (!w->bulk_count) return false;
    u32 which = w->launch->order == 0 ? 0 : w->launch->order == 1 ? w->bulk_count - 1 : w->bulk_count / 2;
    BulkCopy c = w->bulks[which];
    if (c.block->ended == c.block->threads) {
        w->lane = nullptr;
        fault(c.site, "the block ends while this bulk copy is under way");
    }
    memmove(w->bulks + which, w->bulks + which + 1, (w->bulk_count - which - 1) * sizeof(BulkCopy));
    w->bulk_count--;
    memcpy(c.to, c.from, c.bytes);
    if (w->launch->shadow) memset(c.block->init + (c.to - c.block->arena), kWritten, c.bytes);
    c.bar->bytes -= (i32)c.bytes;
    settle(c.block, c.bar);
    return true;
}

// ---- products of warp groups ----

// A matrix descriptor, read: lines of 128 bytes with 128-byte swizzle, eight of them `group` bytes before the next eight. A line is a row's, or across k
// that of one of 16 k and of 64 rows, `slice` bytes before the next 64.
static Operand operand(Block* block, u64 descriptor, u32 rows, bool across, Site site)
{
    u32 address = (u32)(descriptor & 0x3FFF) << 4, group = (u32)(descriptor >> 32 & 0x3FFF) << 4, slice = (u32)(descriptor >> 16 & 0x3FFF) << 4;
    if (descriptor >> 62 != 1) fault(site, "a matrix descriptor without 128-byte swizzle, which is all that the emulator knows");
    if (address & (across ? 0x3F0 : 0x380)) fault(site, "a matrix descriptor whose %s do not begin at a multiple of 1024 bytes", across ? "k" : "rows");
    const u8* from = block->arena + (address & ~0x7Fu);
    u64 bytes = across ? (u64)(rows / 64 - 1) * slice + group + 1024 : (u64)(rows / 8 - 1) * group + 1024;  // what lies between is counted too
    shared_home(block, from, bytes, "multiplies", site);
    return {from, bytes, group, address & 0x7F, slice};
}

EXPORT void* simt_scratch() { return simt_worker->scratch; }

EXPORT void simt_fence_proxy() { simt_worker->lane->unfenced = false; }

EXPORT void simt_wgmma_fence() { simt_worker->lane->fenced = true; }

EXPORT void simt_wgmma(void (*run)(const WarpCall*), f32* d, u64 a, u64 b, u32 columns, u32 across, u32 add, const char* file, int line)
{
    Worker* w = simt_worker;
    Lane* lane = w->lane;
    Site site = {file, line};
    if (!lane->fenced) fault(site, "wgmma without wgmma_fence after its registers were last used");
    if (lane->block->threads % 128) fault(site, "wgmma in a block of %u threads; a warp group has 128", lane->block->threads);
    if (lane->product_count == lane->product_room) {
        lane->product_room = lane->product_room ? 2 * lane->product_room : 16;
        lane->products = (Product*)realloc(lane->products, lane->product_room * sizeof(Product));
    }
    lane->block->multiplies = true;
    lane->products[lane->product_count++] = {run, d, a, b, operand(lane->block, a, 64, across, site), operand(lane->block, b, columns, across, site), add, lane->product_groups, site};
}

EXPORT void simt_wgmma_commit() { simt_worker->lane->product_groups++; }

static void check_operand(Worker* w, const Operand& o, Site site)
{
    if (!w->launch->shadow) return;
    Block* block = w->lane->block;
    const u8* init = block->init + (o.from - block->arena);
    if (all_written(init, (u32)o.bytes)) return;
    int pending = find_state(init, (u32)o.bytes, kPending);
    if (pending >= 0) fault(site, "wgmma reads shared memory that a bulk copy is still filling");
    int never = find_state(init, (u32)o.bytes, kNever);
    if (never >= 0) fault(site, "uninitialised: wgmma reads shared memory that nobody has written");
}

// The last lane of the warp has come: all products but the last `number` groups, one after another.
static void run_products(const WarpCall* call)
{
    Worker* w = simt_worker;
    Warp* warp = w->lane->warp;
    Lane* first = warp->first;
    u32 done = 0;
    for (; done < first->product_count; done++) {
        const Product& q = first->products[done];
        if (q.group + (u32)call->number >= first->product_groups) break;
        WarpCall one;
        one.present = 0xFFFFFFFFu;
        one.number = (i32)(first->index / kWarp % 4);
        for (u32 l = 0; l < kWarp; l++) {
            const Lane& lane = first[l];
            if (done >= lane.product_count) fault(q.site, "wgmma by some lanes of a warp only");
            const Product& other = lane.products[done];
            if (other.a_descriptor != q.a_descriptor || other.b_descriptor != q.b_descriptor || other.run != q.run || other.add != q.add || other.group != q.group)
                fault(q.site, "lanes of one warp give wgmma different operands");
            one.out[l] = other.d;
            one.in[l] = &q;
        }
        check_operand(w, q.a, q.site);
        check_operand(w, q.b, q.site);
        q.run(&one);
    }
    for (u32 l = 0; l < kWarp; l++) {
        Lane& lane = first[l];
        memmove(lane.products, lane.products + done, (lane.product_count - done) * sizeof(Product));
        lane.product_count -= done;
        lane.fenced = false;
    }
}

EXPORT void simt_wgmma_wait(u32 pending, const char* file, int line)
{
    meet(nullptr, nullptr, run_products, (i32)pending, {file, line}, State::WarpCall);
}

// A lane must not end while the device still works for it.
static void check_nothing_under_way(Lane* lane)
{
    if (lane->product_count) fault(lane->products[0].site, "the lane ends before wgmma_wait");
}
