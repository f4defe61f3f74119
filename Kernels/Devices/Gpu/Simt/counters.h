// counters.h: what memory accesses would cost a GPU, a lint that needs none. The n-th execution of a source line by each lane of a warp
// is taken as one request: bank conflicts for shared memory, 32-byte sectors for global memory. The first blocks of a launch are
// sampled, each line up to 16 times a lane; lines that lanes of a warp execute a different number of times are counted roughly.
#pragma once

constexpr u32 kSampledBlocks = 4, kOccurrences = 16, kSites = 1024;  // kSites: a power of two

struct AccessSite {
    Site site;
    const char* kernel;  // file of the KERNEL, which the line's own file may be shared by
    u32 how, bytes;
    bool shared, used;
    u64 requests, cost, ideal;  // cost: wavefronts or sectors; ideal: the least they could be
    u8 seen[kMaxThreads];
    u32 address[kMaxThreads][kOccurrences];
};

struct Counters {
    AccessSite* sites[kSites];
    u32 blocks;  // sampled of this launch
};

static void count_access(Worker* w, u64 address, u32 bytes, u32 how, bool shared, Site site)
{
    if (w->lane->block != w->blocks) return;  // of blocks that run together the first is sampled
    Counters* c = w->launch->shadow->counters;
    u32 slot = ((u32)site.line * 64 + how * 16 + bytes + shared) % kSites;
    for (u32 tries = 0; c->sites[slot]; slot = (slot + 1) % kSites) {
        const AccessSite& a = *c->sites[slot];
        if (a.site.line == site.line && a.site.file == site.file && a.kernel == w->launch->file && a.how == how && a.bytes == bytes && a.shared == shared) break;
        if (++tries == kSites) return;
    }
    if (!c->sites[slot]) {
        c->sites[slot] = (AccessSite*)calloc(1, sizeof(AccessSite));
        c->sites[slot]->site = site;
        c->sites[slot]->kernel = w->launch->file;
        c->sites[slot]->how = how;
        c->sites[slot]->bytes = bytes;
        c->sites[slot]->shared = shared;
    }
    AccessSite& a = *c->sites[slot];
    u8& seen = a.seen[w->lane->index];
    if (seen == kOccurrences) return;
    a.address[w->lane->index][seen++] = (u32)address;
    a.used = true;
}

// Wavefronts of one shared request: 32 banks of 4 bytes; 8- and 16-byte accesses go in two and four parts.
static void count_shared(AccessSite& a, const u32* address, u32 count)
{
    u32 lanes = a.bytes <= 4 ? 32 : a.bytes == 8 ? 16 : 8, words = a.bytes <= 4 ? 1 : a.bytes / 4;
    for (u32 first = 0; first < count; first += lanes) {
        u32 seen[32 * 4], total = 0, in_bank[32] = {}, worst = 1;
        for (u32 i = first; i < count && i < first + lanes; i++)
            for (u32 k = 0; k < words && total < 128; k++) {
                u32 word = address[i] / 4 + k, j = 0;
                while (j < total && seen[j] != word) j++;
                if (j < total) continue;
                seen[total++] = word;
                if (++in_bank[word % 32] > worst) worst = in_bank[word % 32];
            }
        a.cost += worst;
        a.ideal += 1;
    }
}

// Sectors of one global request against the least that its distinct bytes need.
static void count_global(AccessSite& a, const u32* address, u32 count)
{
    u32 sectors[64], total = 0, distinct = 0;
    for (u32 i = 0; i < count; i++) {
        u32 j = 0;
        while (j < i && address[j] != address[i]) j++;
        if (j < i) continue;
        distinct++;
        for (u32 s = address[i] / 32; s <= (address[i] + a.bytes - 1) / 32 && total < 64; s++) {
            for (j = 0; j < total && sectors[j] != s; j++) {}
            if (j == total) sectors[total++] = s;
        }
    }
    a.cost += total;
    a.ideal += ((u64)distinct * a.bytes + 31) / 32;
}

// A block has ended: turn its addresses into counts.
static void count_block(Worker* w)
{
    Counters* c = w->launch->shadow->counters;
    bool any = false;
    for (u32 slot = 0; slot < kSites; slot++) {
        if (!c->sites[slot] || !c->sites[slot]->used) continue;
        AccessSite& a = *c->sites[slot];
        for (u32 warp = 0; warp < w->blocks[0].warps; warp++)
            for (u32 n = 0; n < kOccurrences; n++) {
                u32 address[kWarp], count = 0;
                for (u32 l = warp * kWarp; l < (warp + 1) * kWarp; l++)
                    if (a.seen[l] > n) address[count++] = a.address[l][n];
                if (!count) break;
                a.requests++;
                if (a.shared) count_shared(a, address, count);
                else count_global(a, address, count);
            }
        memset(a.seen, 0, sizeof a.seen);
        a.used = false;
        any = true;
    }
    if (any && ++c->blocks == kSampledBlocks) w->counting = false;
}

// Forgets what a launch that ended badly left half counted.
static void begin_counts(Worker* w)
{
    Counters* c = w->launch->shadow->counters;
    w->counting = w->launch->order == 0 && !w->launch->cooperative;
    c->blocks = 0;
    for (u32 slot = 0; slot < kSites; slot++) {
        AccessSite* a = c->sites[slot];
        if (a && a->used) memset(a->seen, 0, sizeof a->seen);
        if (a) a->used = false;
    }
}

// One site as the C# struct NativeAccessSite reads it.
struct SiteReport {
    const char *kernel, *file;
    u32 line, how, bytes, shared;
    u64 requests, cost, ideal;
};

// Writes up to `room` sites that were met; returns how many there are.
EXPORT u32 simt_counters(const Shadow* s, SiteReport* out, u32 room)
{
    u32 count = 0;
    for (u32 i = 0; i < kSites; i++) {
        const AccessSite* a = s->counters->sites[i];
        if (!a || !a->requests) continue;
        if (count < room) out[count] = {a->kernel, a->site.file, (u32)a->site.line, a->how, a->bytes, a->shared, a->requests, a->cost, a->ideal};
        count++;
    }
    return count;
}

EXPORT void simt_counters_forget(Shadow* s)
{
    for (u32 i = 0; i < kSites; i++) {
        free(s->counters->sites[i]);
        s->counters->sites[i] = nullptr;
    }
}

static void free_counters(Counters* c)
{
    for (u32 i = 0; i < kSites; i++) free(c->sites[i]);
    free(c);
}
