// runtime.h: the structures of the emulator's run time. One Worker runs whole blocks on one thread; a block is a set of lanes in
// warps; a lane that waits keeps a stack of its own. Compiled as C++17 without exceptions, RTTI or the C++ library.
#pragma once
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

typedef unsigned char u8;
typedef unsigned short u16;
typedef int i32;
typedef unsigned int u32;
typedef long long i64;
typedef unsigned long long u64;
typedef float f32;

#define EXPORT extern "C" __attribute__((visibility("default")))

constexpr u32 kGroup = 128;  // lanes of a warp group
constexpr u32 kWarp = 32, kMaxThreads = 1024, kMaxWarps = kMaxThreads / kWarp;
constexpr u32 kMaxStaticShared = 48 * 1024, kMaxDynamicShared = 227 * 1024;
constexpr u32 kRedZone = 64;  // between shared arrays, so that running past one never meets the next
constexpr u32 kMaxArrays = 32;
constexpr u32 kArenaBytes = kMaxStaticShared + kMaxDynamicShared + (kMaxArrays + 2) * (kRedZone + 16);

struct Dim3 {
    u32 x, y, z;
};

// simt.h's SimtLane: what kernels read.
struct LaneView {
    Dim3 thread, block, block_size, grid;
};

// simt.h's SimtWarpCall.
struct WarpCall {
    const void* in[kWarp];
    void* out[kWarp];
    u32 present;
    i32 number;
};

struct Site {
    const char* file;
    int line;
};

enum class State : u8 { Runs, BlockSync, WarpSync, WarpCall, GridSync, ClusterSync, GroupSync, Mbarrier, Ended };

struct Block;
struct Warp;
struct Stack {
    void* top;  // lanes start here
};

struct Copy {  // an asynchronous copy that nobody has waited for yet
    u8* to;
    const u8* from;
    u32 bytes, group;
};

// Rows of shared memory that a wgmma reads: 128 bytes each, eight of them `group` bytes before the next eight; of each row 32 bytes from `offset` on.
struct Operand {
    const u8* from;
    u64 bytes;
    u32 group, offset, slice;
};

struct Product {  // a wgmma that its warp has not waited for yet; simt_sm90.h's SimtProduct is the head of it
    void (*run)(const WarpCall*);
    f32* d;
    u64 a_descriptor, b_descriptor;
    Operand a, b;
    u32 add, group;
    Site site;
};

struct BulkCopy {  // on its way
    u8* to;
    const u8* from;
    u32 bytes;
    struct Mbarrier* bar;
    Block* block;
    Site site;
};

struct alignas(64) Lane {
    LaneView view;  // first: simt_lane() hands out a pointer to it
    void* saved;    // stack pointer while the lane waits; null before it starts and after it ends
    u16 index;      // in the block
    u8 position;    // in the warp's running order
    State state;    // of a lane that waits or has ended
    Block* block;
    Warp* warp;
    Stack* stack;
    Site site;  // where it waits
    Copy* copies;
    u32 copy_count, copy_room, groups;  // groups: how many were committed
    Product* products;
    u32 product_count, product_room, product_groups;
    bool fenced;            // since it last waited for products
    bool unfenced;          // copies of its own have landed since its last fence_proxy_async
    const void* waits_for;  // the mbarrier
};

struct Warp {
    u32 ready;    // by position: lanes that can run
    u32 all;      // by lane, and by position: the warp's lanes
    u32 present;  // by lane: not ended
    u32 arrived;  // by lane: waiting for the warp
    u32 position;
    u32 epoch;        // raised by warp_sync, group_sync and block_sync
    u32 group_epoch;  // raised by group_sync
    Lane* first;
    const u8* lane_at;  // position -> lane
    void (*op)(const WarpCall*);
    WarpCall call;
};

struct SharedArray {
    const void* declaration;
    const char* name;
    u32 offset, bytes;
    Site site;
};

struct Block {
    u32 ready_warps;  // by position: warps with a lane that can run
    u32 threads, warps, ended, arrived;
    u32 number;              // in the grid
    Dim3 at;
    u32 cluster_begin, cluster;  // number of the cluster's first block; its blocks
    u32 epoch, first_epoch;      // raised by block_sync; when the cluster began
    u32 cluster_epoch;           // raised by cluster_sync, for all blocks of the cluster alike
    u32 settled;                 // stamps below need no look: shared memory of before is past for whoever may reach it
    u32 stored_stamp;            // when another block last stored into this one's shared memory, and where
    Site stored_site;
    bool multiplies;         // has met a wgmma
    u32 group_arrived[kMaxThreads / kGroup];
    Site barrier;  // where the first lane of the present barrier waits
    Lane* lanes;
    Warp warp[kMaxWarps];
    u8 warp_at[kMaxWarps];
    u8* arena;
    u32 arena_used, static_bytes, arrays;
    SharedArray array[kMaxArrays];
    u8* init;  // checked build: of the arena
    struct Cell* cells;
};

// A declared access; the C# struct DeclaredRange mirrors it.
struct Range {
    u64 begin, end;
    const char* name;
    u32 mode, reserved;  // AccessMode: 0 read, 1 written, 2 updated
};

// The C# struct SimtLaunch mirrors this.
struct Launch {
    void (*run)(const void* args);
    const void* args;
    u64* next_block;  // shared by the workers of the launch; raised atomically
    struct Shadow* shadow;  // checked build only, as are the ranges
    const Range* ranges;
    const char* file;  // of the KERNEL line
    u32 line, range_count;
    Dim3 grid;
    u32 threads, dynamic_bytes, cooperative;
    u32 order;   // 0 ascending, 1 descending, 2 permuted
    u32 poison;  // the byte that fills what nobody has written
    u32 cluster;  // blocks that run together, 1 mostly
};

struct Worker {
    const Launch* launch;
    Lane* lane;    // running now
    Block* block;  // of that lane
    Warp* warp;    // of that lane
    Lane* starting;
    Stack* stack;  // the stack that runs now
    void* host;    // stack pointer of the caller of simt_launch
    Block* blocks;
    u32 slots, resident, grid_arrived;
    u64 total, step;  // clusters of the grid (blocks where it is cooperative); stride of their permutation
    Stack** free_stacks;
    Stack** all_stacks;
    u32 free_count, stack_count;
    BulkCopy* bulks;
    u32 bulk_count, bulk_room;
    bool faulted, counting;
    u32 stamp;  // the source of epochs
    u8 lane_orders[3][kWarp + 1][kWarp];  // order, lanes in the warp: position -> lane
    char message[4096];
    alignas(64) u8 scratch[40 * 1024];  // of the collective that runs now
};

extern thread_local Worker* simt_worker;

extern "C" void simt_switch(void** save, void* load);

// Ends the launch with a message "file:line: text"; does not return.
[[noreturn]] void fault(Site site, const char* format, ...) __attribute__((format(printf, 2, 3)));
[[noreturn]] void deadlock(Worker* w);
