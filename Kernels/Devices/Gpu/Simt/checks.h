// checks.h: the checked build's questions. Each access of a kernel comes here before it happens; the first that breaks a rule ends
// the launch with the kernel's file and line. Allocations and uploads are told by SimtDriver.
#pragma once

// ---- ranges of the launch ----

// Stamps wrap around after four thousand million barriers; before that all records are forgotten, with the launches they belong to.
static void restart_stamps(Worker* w)
{
    Shadow* s = w->launch->shadow;
    for (u32 i = 0; i < s->allocation_count; i++) memset((void*)s->allocations[i].cells, 0, cell_bytes(s->allocations[i].bytes));
    for (u32 i = 0; i < w->slots; i++)
        if (w->blocks[i].cells) memset((void*)w->blocks[i].cells, 0, cell_bytes(kArenaBytes));
    w->stamp = 0;
}

static void begin_checks(Worker* w)
{
    Shadow* s = w->launch->shadow;
    if (w->stamp >= kLastStamp) restart_stamps(w);
    s->ordered_before = ++w->stamp;
    s->file_count = 0;
    begin_counts(w);
    if (w->launch->range_count > s->range_room) {
        s->range_room = w->launch->range_count;
        s->ranges = (RangeState*)realloc(s->ranges, s->range_room * sizeof(RangeState));
    }
    s->range_count = w->launch->range_count;
    for (u32 i = 0; i < s->range_count; i++) {
        const Range& range = w->launch->ranges[i];
        Allocation* home = allocation_of(s, range.begin);
        RangeState& state = s->ranges[i];
        state = {range.begin, range.end, range.mode, range.name, nullptr, nullptr, 0, {w->launch->file, (int)w->launch->line}};
        if (!home) continue;  // an empty range at the end of its allocation
        state.init = home->init + (range.begin - home->begin);
        state.cells = home->cells + (range.begin - home->begin) / 4;
        state.first_word = range.begin & ~3ull;
        if (range.mode == kWrite) memset(state.init, kNever, range.end - range.begin);
    }
}

// Outputs that the launch did not finish. Returns false with the message set.
static bool end_checks(Worker* w)
{
    Shadow* s = w->launch->shadow;
    for (u32 i = 0; i < s->range_count; i++) {
        const RangeState& r = s->ranges[i];
        if (r.mode != kWrite || !r.init) continue;
        u64 bytes = r.end - r.begin, missing = 0, first = 0;
        for (u64 at = 0; at < bytes; at++)
            if (r.init[at] != kWritten && missing++ == 0) first = at;
        if (!missing) continue;
        snprintf(w->message, sizeof w->message, "%s:%d: never writes byte %llu of %s, declared written (%llu of %llu bytes are missing); write it, or declare the range updated",
                 r.site.file, r.site.line, (unsigned long long)first, r.name, (unsigned long long)missing, (unsigned long long)bytes);
        return false;
    }
    return true;
}

EXPORT u32 simt_range(u64 address, bool writes, const char* file, int line)
{
    Worker* w = simt_worker;
    Shadow* s = w->launch->shadow;
    u32 best = 0xFFFFFFFFu;
    for (u32 i = 0; i < s->range_count; i++) {
        const RangeState& r = s->ranges[i];
        if (address >= r.begin && address < r.end && (best == 0xFFFFFFFFu || r.end > s->ranges[best].end)) best = i;
    }
    if (best != 0xFFFFFFFFu && writes) s->ranges[best].site = {file, line};
    return best;
}

EXPORT void simt_global_access(const void* p, u32 bytes, u32 align, u32 range, u32 how, const char* file, int line)
{
    Worker* w = simt_worker;
    Shadow* s = w->launch->shadow;
    Site site = {file, line};
    u64 at = (u64)p;
    const char* verb = how == kRead ? "reads" : "writes";
    if (range >= s->range_count) {
        if (at < 4096) fault(site, "%s through a null pointer", verb);
        Allocation* home = allocation_of(s, at);
        if (home) fault(site, "undeclared access: %s global memory that the launch does not declare (byte %llu of an allocation of %llu)", verb, (unsigned long long)(at - home->begin), (unsigned long long)home->bytes);
        fault(site, "undeclared access: %s global memory that the launch does not declare and that belongs to no allocation", verb);
    }
    RangeState& r = s->ranges[range];
    if (at < r.begin || at + bytes > r.end)
        fault(site, "out of bounds: %s %u bytes at byte %lld of %s, declared with %llu bytes", verb, bytes, (long long)(at - r.begin), r.name, (unsigned long long)(r.end - r.begin));
    if (at & (align - 1)) fault(site, "misaligned: %s %u bytes at byte %llu of %s; the address must be a multiple of %u", verb, bytes, (unsigned long long)(at - r.begin), r.name, align);
    if (how != kRead && r.mode == kRead) fault(site, "undeclared access: writes byte %llu of %s, declared read", (unsigned long long)(at - r.begin), r.name);
    check_order(w, r.cells, at - r.first_word, bytes, how, s->ordered_before, s->ordered_before, {"", r.name, r.begin - r.first_word}, site);
    u8* init = r.init + (at - r.begin);
    if (how != kWrite) {
        int never = all_written(init, bytes) ? -1 : find_state(init, bytes, kNever);
        if (never >= 0) fault(site, "uninitialised: reads byte %llu of %s, which nobody has written", (unsigned long long)(at - r.begin) + never, r.name);
    } else if (r.mode == kWrite) {
        int twice = find_state(init, bytes, kWritten);
        if (twice >= 0)
            fault(site, "writes byte %llu of %s for the second time; declare the range updated, or write it once", (unsigned long long)(at - r.begin) + twice, r.name);
    }
    if (how != kRead) memset(init, kWritten, bytes);
    if (w->counting) count_access(w, at, bytes, how, false, site);
}

// ---- shared memory ----

// Every access of shared memory passes here, and a call more would be felt.
#define HOT static inline __attribute__((always_inline))

EXPORT u32 simt_shared_slot(const void* declaration)
{
    Block* block = simt_worker->lane->block;
    u32 i = 0;
    while (block->array[i].declaration != declaration) i++;  // it is there: the lane has just asked for its address
    return i;
}

// The array that a checked pointer names: the access must lie within it, wherever else it may point.
HOT const SharedArray& shared_place(const Block* block, u64 offset, u32 bytes, u32 align, u32 array, const char* verb, Site site)
{
    if (array >= block->arrays) fault(site, "%s shared memory through a pointer to nothing", verb);
    const SharedArray& home = block->array[array];
    i64 inside = (i64)(offset - home.offset);
    if (inside < 0 || inside + bytes > home.bytes)
        fault(site, "out of bounds: %s %u bytes at byte %lld of shared %s, which has %u bytes", verb, bytes, inside, home.name, home.bytes);
    if (offset & (align - 1)) fault(site, "misaligned: %s %u bytes at byte %lld of shared %s; the address must be a multiple of %u", verb, bytes, inside, home.name, align);
    return home;
}

// block: whose memory it is, another's where blocks of a cluster store into each other's.
HOT void shared_access(Worker* w, Block* block, u64 offset, u32 bytes, const SharedArray& home, u32 how, const char* kind, Site site)
{
    u64 inside = offset - home.offset;
    u8* init = block->init + offset;
    const bool whole = all_written(init, bytes);
    int pending = whole ? -1 : find_state(init, bytes, kPending);
    if (pending >= 0) fault(site, "%s byte %llu of %s%s before the copy into it was waited for", how == kRead ? "reads" : "writes", (unsigned long long)(inside + pending), kind, home.name);
    check_order(w, block->cells, offset, bytes, how, block->first_epoch, block->settled, {kind, home.name, home.offset}, site);
    if (how != kWrite && !whole) {
        int never = find_state(init, bytes, kNever);
        if (never >= 0) fault(site, "uninitialised: reads byte %llu of %s%s, which nobody has written", (unsigned long long)(inside + never), kind, home.name);
    }
    if (how != kRead) memset(init, kWritten, bytes);
}

EXPORT void simt_shared_access(const void* p, u32 bytes, u32 align, u32 array, u32 how, const char* file, int line)
{
    Worker* w = simt_worker;
    Block* block = w->lane->block;
    Site site = {file, line};
    u64 offset = (u64)((const u8*)p - block->arena);
    const SharedArray& home = shared_place(block, offset, bytes, align, array, how == kRead ? "reads" : "writes", site);
    shared_access(w, block, offset, bytes, home, how, "shared ", site);
    if (w->counting) count_access(w, offset, bytes, how, true, site);
}

// An asynchronous copy is a write of the lane that waits for it: others may read it after a barrier.
static void copy_landed(Worker* w, const Copy& c, Site site)
{
    Block* block = w->lane->block;
    u64 offset = (u64)(c.to - block->arena);
    memset(block->init + offset, kWritten, c.bytes);
    check_order(w, block->cells, offset, c.bytes, kWrite, block->first_epoch, block->settled, {"shared ", "memory", 0}, site);
}

// ---- allocations ----

EXPORT Shadow* simt_shadow_new()
{
    Shadow* s = (Shadow*)calloc(1, sizeof(Shadow));
    s->counters = (Counters*)calloc(1, sizeof(Counters));
    return s;
}

EXPORT void simt_shadow_remove(Shadow* s, u64 begin)
{
    for (u32 i = 0; i < s->allocation_count; i++) {
        Allocation a = s->allocations[i];
        if (a.begin != begin) continue;
        munmap(a.init, a.bytes);
        munmap(a.cells, cell_bytes(a.bytes));
        s->allocations[i] = s->allocations[--s->allocation_count];
        return;
    }
}

// False when there is no memory for the shadow.
EXPORT u32 simt_shadow_add(Shadow* s, u64 begin, u64 bytes)
{
    u8* init = (u8*)zero_pages(bytes);
    Cell* cells = (Cell*)zero_pages(cell_bytes(bytes));
    if (!init || !cells) return 0;
    if (s->allocation_count == s->allocation_room) {
        s->allocation_room = s->allocation_room ? 2 * s->allocation_room : 64;
        s->allocations = (Allocation*)realloc(s->allocations, s->allocation_room * sizeof(Allocation));
    }
    s->allocations[s->allocation_count++] = {begin, bytes, init, cells};
    return 1;
}

// The host has written memory.
EXPORT void simt_shadow_upload(Shadow* s, u64 begin, u64 bytes)
{
    Allocation* a = allocation_of(s, begin);
    if (a) memset(a->init + (begin - a->begin), kWritten, bytes);
}

EXPORT void simt_shadow_free(Shadow* s)
{
    while (s->allocation_count) simt_shadow_remove(s, s->allocations[0].begin);
    free_counters(s->counters);
    free(s->allocations);
    free(s->ranges);
    free(s);
}
