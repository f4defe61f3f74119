// stacks.h: stacks of waiting lanes, kept for the life of a worker. A guard page below each makes an overflow a crash at its cause.
#pragma once

constexpr u64 kPage = 16384;  // the largest page in use (Apple silicon); a multiple of the others
constexpr u64 kStackBytes = 64 * 1024;
constexpr u32 kSlab = 64;

static void add_stacks(Worker* w)
{
    u64 each = kStackBytes + kPage;
    char* slab = (char*)mmap(nullptr, each * kSlab, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0);
    if (slab == MAP_FAILED) fault({"runtime", 0}, "no memory for %u lane stacks of %llu bytes", kSlab, each);
    u32 count = w->stack_count + kSlab;
    w->free_stacks = (Stack**)realloc(w->free_stacks, count * sizeof(Stack*));
    w->all_stacks = (Stack**)realloc(w->all_stacks, count * sizeof(Stack*));
    for (u32 i = 0; i < kSlab; i++) {
        char* base = slab + i * each;
        mprotect(base, kPage, PROT_NONE);
        // colour the tops, or all lanes' frames would share the same few cache sets
        Stack* stack = (Stack*)malloc(sizeof(Stack));
        stack->top = base + each - (i % 16) * 320;
        w->all_stacks[w->stack_count++] = stack;
        w->free_stacks[w->free_count++] = stack;
    }
}

static Stack* take_stack(Worker* w)
{
    if (w->free_count == 0) add_stacks(w);
    return w->free_stacks[--w->free_count];
}

static void give_stack(Worker* w, Stack* stack) { w->free_stacks[w->free_count++] = stack; }

// After a fault every lane is abandoned where it stood.
static void take_all_back(Worker* w)
{
    w->free_count = w->stack_count;
    memcpy(w->free_stacks, w->all_stacks, w->stack_count * sizeof(Stack*));
}

static void free_stacks(Worker* w)
{
    u64 each = kStackBytes + kPage;
    for (u32 i = 0; i < w->stack_count; i += kSlab) munmap((char*)w->all_stacks[i]->top - each, each * kSlab);
    for (u32 i = 0; i < w->stack_count; i++) free(w->all_stacks[i]);
    free(w->free_stacks);
    free(w->all_stacks);
}
