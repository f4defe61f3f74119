// shadow.h: what the checked build knows about memory. One byte a byte says whether it was ever written; one cell a 4-byte word names
// the last writer and the readers, with epochs that barriers raise. Two accesses by different lanes, one of them a write, without a
// barrier between, are a race. Constant size a word, no search; accesses narrower than a word may hide one another (races missed, none invented).
#pragma once

enum : u32 { kRead = 0, kWrite = 1, kAtomic = 2 };
enum : u8 { kNever = 0, kWritten = 1, kPending = 2 };  // pending: an asynchronous copy on its way

enum class Who : u8 { Lane, Warp, Block, Grid };  // one lane, or several of ...

struct Record {
    u32 epoch;  // of the block at the access; unique to a stretch between barriers of one block of one launch
    u32 warp_epoch, block;
    u16 lane, other, file, line;  // other: a second lane of several
    u8 mask;  // bytes of the word
    Who who;
    bool atomic;
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
    u32 ordered_before;  // epochs below lie before the launch, or before its last grid barrier
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

static u16 file_number(Shadow* s, const char* file)
{
    for (u32 i = 0; i < s->file_count; i++)
        if (s->files[i] == file) return (u16)i;
    if (s->file_count == 256) s->file_count = 0;  // names of old launches; a report may then name a wrong partner
    s->files[s->file_count] = file;
    return (u16)s->file_count++;
}

// Did what r describes happen before the lane that acts now, through barriers or because it is the same lane?
static bool ordered(const Record& r, const Lane* lane, u32 block, u32 ordered_before)
{
    if (r.epoch < ordered_before) return true;
    if (r.who == Who::Grid || r.block != block) return false;
    if (r.epoch < lane->block->epoch) return true;
    if (r.who == Who::Block || r.lane / kWarp != lane->index / kWarp) return false;
    if (r.warp_epoch < lane->warp->epoch) return true;
    return r.who == Who::Lane && r.lane == lane->index;
}

static void remember(Record& r, const Lane* lane, u32 block, u32 ordered_before, const Record& now)
{
    bool fresh = r.mask != now.mask || ordered(r, lane, block, ordered_before);
    Who who = fresh || (r.who == Who::Lane && r.lane == now.lane && r.block == block) ? Who::Lane
            : r.block != block || r.who == Who::Grid                                    ? Who::Grid
            : r.lane / kWarp != now.lane / kWarp || r.who == Who::Block                 ? Who::Block
                                                                                        : Who::Warp;
    if (fresh) r = now;
    else if (now.lane != r.lane) r.other = now.lane;
    r.who = who;
}

// The rules of order for one access; `owner` names the range or array in the message.
static void check_order(Worker* w, Cell* cells, u64 from, u32 bytes, u32 how, u32 ordered_before, const char* kind, const char* owner, u64 owner_from, Site site)
{
    Shadow* s = (Shadow*)w->launch->shadow;
    const Lane* lane = w->lane;
    u32 block = lane->block->number;
    Record now = {lane->block->epoch, lane->warp->epoch, block, (u16)lane->index, (u16)lane->index, file_number(s, site.file), (u16)site.line, 0, Who::Lane, how == kAtomic};
    u32 left = bytes;
    for (u64 at = from; left > 0;) {
        u32 inside = (u32)(at & 3), take = 4 - inside < left ? 4 - inside : left;
        now.mask = (u8)(((1u << take) - 1) << inside);
        Cell& cell = cells[at / 4];
        const Record* other = nullptr;
        if (cell.write.mask & now.mask && !(how == kAtomic && cell.write.atomic) && !ordered(cell.write, lane, block, ordered_before)) other = &cell.write;
        else if (how != kRead && cell.read.mask & now.mask && !ordered(cell.read, lane, block, ordered_before)) other = &cell.read;
        if (other) {
            bool wrote = other == &cell.write;
            char partner[64];
            if (other->block == block) snprintf(partner, sizeof partner, "lane %u", other->lane != lane->index ? other->lane : other->other);
            else snprintf(partner, sizeof partner, "lane %u of block number %u", other->lane, other->block);
            fault(site, "race: %s byte %llu of %s%s, which %s %s at %s:%u with no barrier between", how == kRead ? "reads" : "writes",
                  (unsigned long long)(at - owner_from), kind, owner, partner, wrote ? "writes" : "reads", s->files[other->file], other->line);
        }
        if (how == kRead) remember(cell.read, lane, block, ordered_before, now);
        else remember(cell.write, lane, block, ordered_before, now);
        at += take;
        left -= take;
    }
}
