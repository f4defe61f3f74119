// cluster.h: blocks of a cluster reach into each other's shared memory.
#pragma once

EXPORT u32 simt_cluster_rank() { return (u32)(simt_worker->lane->block - simt_worker->blocks); }

// Where `bytes` from p on lie within one shared array of the block; a fault where they do not.
static const SharedArray& shared_home(Block* block, const u8* p, u64 bytes, const char* verb, Site site)
{
    u64 offset = (u64)(p - block->arena);
    for (u32 i = 0; i < block->arrays; i++) {
        const SharedArray& home = block->array[i];
        if (offset >= home.offset && offset + bytes <= home.offset + home.bytes) return home;
    }
    fault(site, "%s %llu bytes of shared memory that lie in no array", verb, (unsigned long long)bytes);
}

// The same place in the shared memory of another block of the cluster. By the array's declaration: on a GPU all blocks have one layout, but
// here an array lies where it was when a lane of its block first came to it.
static u8* of_rank(Worker* w, const void* p, u64 bytes, u32 rank, Site site)
{
    Block* own = w->lane->block;
    if (rank >= w->launch->cluster) fault(site, "rank %u of a cluster of %u blocks", rank, w->launch->cluster);
    Block* block = &w->blocks[rank];
    if (block == own) return (u8*)p;
    if (block->cluster_epoch == block->first_epoch) fault(site, "reaches into block %u of the cluster before the first cluster_sync: it may not have begun", rank);
    if (block->ended == block->threads) fault(site, "reaches into block %u of the cluster, which has ended", rank);
    const SharedArray& home = shared_home(own, (const u8*)p, bytes, "reaches for", site);
    const SharedArray& there = block->array[array_of(w, block, home.declaration, home.bytes, home.name, home.site)];
    return block->arena + there.offset + ((const u8*)p - own->arena - home.offset);
}

static void check_products(const Block* block, const u8* to, u32 bytes, const char* name, Site site);

// array: the checked build's number of it. Bank conflicts are not counted: lanes of one warp may store into several blocks.
EXPORT void simt_cluster_store(void* p, u32 array, u32 rank, u32 bits, const char* file, int line)
{
    Worker* w = simt_worker;
    Site site = {file, line};
    Block* own = w->lane->block;
    const bool checked = w->launch->shadow;
    if (checked) shared_place(own, (u64)((u8*)p - own->arena), sizeof bits, sizeof bits, array, "writes", site);
    u8* to = of_rank(w, p, sizeof bits, rank, site);
    Block* block = &w->blocks[rank];
    const SharedArray& home = shared_home(block, to, sizeof bits, "writes", site);
    check_products(block, to, sizeof bits, home.name, site);
    if (checked) shared_access(w, block, (u64)(to - block->arena), sizeof bits, home, kWrite, block == own ? "shared " : "another block's shared ", site);
    if (block != own) {
        block->stored_stamp = w->stamp;
        block->stored_site = site;
    }
    memcpy(to, &bits, sizeof bits);
}
