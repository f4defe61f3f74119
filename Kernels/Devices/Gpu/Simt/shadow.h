// shadow.h: what the checked build knows about memory. One byte a byte says whether it was ever written; one cell a 4-byte word names
// the last writer and the readers, with stamps that barriers raise. Two accesses by different lanes, one of them a write, without a
// barrier between, are a race. Constant size a word, no search; accesses narrower than a word may hide one another (races missed, none invented).
#pragma once

constexpr u32 kLastStamp = 0xE0000000u;  // one launch does not use up the rest

enum : u32 { kRead = 0, kWrite = 1, kAtomic = 2 };
enum : u8 { kNever = 0, kWritten = 1, kPending = 2 };  // pending: an asynchronous copy on its way

enum Who : u32 { kOne, kInWarp, kInBlock, kInCluster, kInGrid };  // a lane, or several of ...

// The last write, or the reads, of a word. Stamps rise with every barrier, so one number tells whether the access lies before the
// launch, before the cluster's or the block's last barrier, the warp group's, or the warp's last warp_sync.
struct Record {
    u32 stamp, block, site;
    u32 bits;  // packed by hand: bit fields are stored bytewise, and reading them back whole stalls

    u32 lane() const { return bits & 0x3FF; }
    u32 other() const { return bits >> 10 & 0x3FF; }  // a second lane of several
    u32 mask() const { return bits >> 20 & 15; }      // bytes of the word
    u32 who() const { return bits >> 24 & 7; }
    bool atomic() const { return bits >> 27 & 1; }
    void add(u32 second, u32 who) { bits = (bits & ~(0x3FFu << 10 | 7u << 24)) | second << 10 | who << 24; }
};

struct Cell {
    Record write, read;
};

struct Allocation {
    u64 begin, bytes;
    u8* init;
    Cell* cells;
};

struct RangeState {
    u64 begin, end;
    u32 mode;  // kRead, kWrite, or 2: updated
    const char* name;
    u8* init;     // at begin
    Cell* cells;  // at the word of begin
    u64 first_word;
    Site site;  // where the kernel took it
};

struct Counters;

struct Shadow {
    Allocation* allocations;
    u32 allocation_count, allocation_room;
    RangeState* ranges;
    u32 range_count, range_room;
    u32 ordered_before;  // stamps below lie before the launch, or before its last grid barrier
    const char* files[256];
    u32 file_count;
    Counters* counters;
};

static void* zero_pages(u64 bytes)
{
    void* p = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON | MAP_NORESERVE, -1, 0);
    return p == MAP_FAILED ? nullptr : p;
}

static u64 cell_bytes(u64 bytes) { return (bytes / 4 + 2) * sizeof(Cell); }

static Allocation* allocation_of(Shadow* s, u64 address)
{
    for (u32 i = 0; i < s->allocation_count; i++)
        if (address - s->allocations[i].begin < s->allocations[i].bytes) return &s->allocations[i];
    return nullptr;
}

static u32 site_number(Shadow* s, Site site)
{
    u32 i = 0;
    while (i < s->file_count && s->files[i] != site.file) i++;
    if (i == s->file_count) {
        if (i == 256) i = s->file_count = 0;  // a report of this launch may then name a wrong partner
        s->files[i] = site.file;
        s->file_count++;
    }
    return i << 24 | (u32)site.line;
}

static bool in_cluster(const Record& r, const Block* block) { return r.block - block->cluster_begin < block->cluster; }

// Apart, because most launches have no clusters: inside ordered() it would slow them down.
static __attribute__((noinline)) bool ordered_in_cluster(const Record& r, const Block* block)
{
    return r.who() != kInGrid && in_cluster(r, block) && r.stamp < block->cluster_epoch;
}

// Did what r describes happen before the lane that acts now, through barriers or because it is the same lane?
static bool ordered(const Record& r, const Lane* lane, u32 ordered_before)
{
    if (r.stamp < ordered_before) return true;
    if (r.block != lane->block->number || r.who() >= kInCluster) return ordered_in_cluster(r, lane->block);
    if (r.stamp < lane->block->epoch) return true;
    if (r.who() != kInBlock && r.lane() / kGroup == lane->index / kGroup && r.stamp < lane->warp->group_epoch) return true;
    if (r.who() == kInBlock || r.lane() / kWarp != lane->index / kWarp) return false;
    return r.stamp < lane->warp->epoch || (r.who() == kOne && r.lane() == lane->index);
}

static void remember(Record& r, const Lane* lane, u32 ordered_before, const Record& now)
{
    // the widest group of readers grows no more: the common case where a block shares a tile
    if (r.who() == kInBlock && r.mask() == now.mask() && r.block == now.block && r.stamp >= lane->block->epoch) return;
    if (r.mask() != now.mask() || ordered(r, lane, ordered_before)) {
        r = now;
        return;
    }
    if (r.who() == kOne && r.lane() == now.lane() && r.block == now.block) return;
    u32 who = r.who() == kInGrid || !in_cluster(r, lane->block)             ? kInGrid
            : r.who() == kInCluster || r.block != now.block                 ? kInCluster
            : r.lane() / kWarp != now.lane() / kWarp || r.who() == kInBlock ? kInBlock
                                                                            : kInWarp;
    r.add(now.lane() != r.lane() ? now.lane() : r.other(), who);
}

// What an access touches, for messages: a declared range, or a shared array.
struct Owner {
    const char *kind, *name;
    u64 from;
};

[[noreturn]] static void report_race(Worker* w, const Record& other, bool wrote, u32 how, u64 at, const Owner& owner, Site site)
{
    const Shadow* s = w->launch->shadow;
    const Block* block = w->lane->block;
    char partner[64];
    const bool here = other.block == block->number && other.who() < kInCluster;
    if (here) snprintf(partner, sizeof partner, "lane %u", other.lane() != w->lane->index ? other.lane() : other.other());
    else if (other.block == block->number) snprintf(partner, sizeof partner, "a lane of another block");
    else snprintf(partner, sizeof partner, "lane %u of block number %u", other.lane(), other.block);
    const bool cluster = !here && other.who() != kInGrid && in_cluster(other, block);
    fault(site, "race: %s byte %llu of %s%s, which %s %s at %s:%u with no %s between", how == kRead ? "reads" : "writes", (unsigned long long)(at - owner.from),
          owner.kind, owner.name, partner, wrote ? "writes" : "reads", s->files[other.site >> 24], other.site & 0xFFFFFF, cluster ? "cluster_sync" : "barrier");
}

// The rules of order for one access, word by word. `settled`: stamps below are ordered before anything that happens now.
static void check_order(Worker* w, Cell* cells, u64 at, u32 bytes, u32 how, u32 ordered_before, u32 settled, const Owner& owner, Site site)
{
    const Lane* lane = w->lane;
    const u32 bits = lane->index | (u32)lane->index << 10 | (u32)(how == kAtomic) << 27;
    Record now = {lane->warp->epoch, lane->block->number, site_number(w->launch->shadow, site), 0};
    for (u64 end = at + bytes; at < end;) {
        u32 inside = (u32)(at & 3), take = 4 - inside < end - at ? 4 - inside : (u32)(end - at);
        u32 mask = ((1u << take) - 1) << inside;
        now.bits = bits | mask << 20;
        Cell& cell = cells[at / 4];
        if (cell.write.stamp >= settled && cell.write.mask() & mask && !(how == kAtomic && cell.write.atomic()) && !ordered(cell.write, lane, ordered_before))
            report_race(w, cell.write, true, how, at, owner, site);
        if (how != kRead && cell.read.stamp >= settled && cell.read.mask() & mask && !ordered(cell.read, lane, ordered_before))
            report_race(w, cell.read, false, how, at, owner, site);
        Record& mine = how == kRead ? cell.read : cell.write;
        if (mine.stamp < settled) mine = now;
        else remember(mine, lane, ordered_before, now);
        at += take;
    }
}

// Position of the first byte in a state, or -1.
static int find_state(const u8* init, u32 bytes, u8 state)
{
    for (u32 i = 0; i < bytes; i++)
        if (init[i] == state) return (int)i;
    return -1;
}

// Nearly always so, which spares the searches.
static inline bool all_written(const u8* init, u32 bytes)
{
    u32 i = 0;
    for (u32 word; i + 4 <= bytes; i += 4) {
        memcpy(&word, init + i, 4);
        if (word != 0x01010101u * kWritten) return false;
    }
    for (; i < bytes; i++)
        if (init[i] != kWritten) return false;
    return true;
}
