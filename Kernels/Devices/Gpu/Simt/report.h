// report.h: how a launch ends badly. A message names the file and the line in the kernel; every lane is abandoned where it stands.
#pragma once

static u32 append(char* text, u32 used, u32 size, const char* format, ...)
{
    if (used >= size) return used;
    va_list list;
    va_start(list, format);
    int more = vsnprintf(text + used, size - used, format, list);
    va_end(list);
    return more < 0 ? used : used + (u32)more < size ? used + (u32)more : size - 1;
}

[[noreturn]] static void abandon(Worker* w)
{
    w->faulted = true;
    void* nowhere;
    simt_switch(&nowhere, w->host);
    __builtin_unreachable();
}

[[noreturn]] void fault(Site site, const char* format, ...)
{
    Worker* w = simt_worker;
    u32 used = append(w->message, 0, sizeof w->message, "%s:%d: ", site.file, site.line);
    va_list list;
    va_start(list, format);
    vsnprintf(w->message + used, sizeof w->message - used, format, list);
    va_end(list);
    used = (u32)strlen(w->message);
    if (Lane* lane = w->lane)
        append(w->message, used, sizeof w->message, " (block %u,%u,%u lane %u)", lane->view.block.x, lane->view.block.y, lane->view.block.z, lane->index);
    abandon(w);
}

static const char* what(State state)
{
    switch (state) {
    case State::BlockSync: return "waits in block_sync";
    case State::WarpSync: return "waits in warp_sync";
    case State::WarpCall: return "waits in a shuffle or another warp collective";
    case State::GridSync: return "waits in grid_sync";
    case State::ClusterSync: return "waits in cluster_sync";
    case State::GroupSync: return "waits in group_sync";
    case State::Mbarrier: return "waits in mbarrier_wait";
    case State::Ended: return "has ended";
    case State::Runs: break;
    }
    return "runs";
}

static bool alike(const Lane& a, const Lane& b)
{
    return a.state == b.state && (a.state == State::Ended || (a.site.line == b.site.line && !strcmp(a.site.file, b.site.file)));
}

// Nobody can run: says where each lane of a block stands, lanes of one state together.
[[noreturn]] void deadlock(Worker* w)
{
    Block* block = nullptr;
    for (u32 i = 0; i < w->resident && !block; i++)
        if (w->blocks[i].ended != w->blocks[i].threads) block = &w->blocks[i];
    Lane* waits = block->lanes;
    while (waits->state == State::Ended) waits++;
    const u32 size = sizeof w->message;
    const Dim3& at = waits->view.block;
    u32 used = append(w->message, 0, size, "%s:%d: deadlock: the lanes of block %u,%u,%u wait for each other in different places.",
                      waits->site.file, waits->site.line, at.x, at.y, at.z);
    for (u32 first = 0; first < block->threads;) {
        const Lane& lane = block->lanes[first];
        u32 last = first;
        while (last + 1 < block->threads && alike(lane, block->lanes[last + 1])) last++;
        used = append(w->message, used, size, first == last ? "\n  lane %u " : "\n  lanes %u-%u ", first, last);
        used = append(w->message, used, size, "%s", what(lane.state));
        if (lane.state != State::Ended) used = append(w->message, used, size, " at %s:%d", lane.site.file, lane.site.line);
        first = last + 1;
    }
    abandon(w);
}
