// fake_cuda.c: a libcuda of the tests' own over host memory, strict where a real driver is: a call needs its context current, handles
// must be alive, dynamic shared memory over 48 KiB must be asked for. Streams are lazy: copies and kernels run when somebody waits for
// them, as late as is legal, and a graph runs in the most unusual order that its edges allow. So a missing wait shows in the data.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef int CUresult;
enum { OK = 0, INVALID_VALUE = 1, OUT_OF_MEMORY = 2, NOT_INITIALIZED = 3, NO_DEVICE = 100, INVALID_DEVICE = 101, INVALID_IMAGE = 200, INVALID_CONTEXT = 201, INVALID_HANDLE = 400, NOT_FOUND = 500, NOT_READY = 600, ILLEGAL_ADDRESS = 700 };
enum { CONTEXT, STREAM, EVENT, MODULE, GRAPH, EXEC, PINNED, MEMORY, KINDS };

#define API __attribute__((visibility("default")))
#define MAX_ARGS 256
#define MAX_NODES 128
#define MAX_DEVICES 4

typedef struct Object { int kind, alive; size_t bytes; double when; void* data; struct Object *context, *next; } Object;
typedef struct Function { Object* module; const char* name; int args, max_dynamic; void (*run)(const void*); } Function;
typedef struct Launch { Function* function; unsigned grid[3], block[3], shared; int cooperative; unsigned char args[MAX_ARGS]; } Launch;
typedef struct Node { Launch launch; int waits[MAX_NODES], count, index; struct Graph* graph; } Node;
typedef struct Graph { Node nodes[MAX_NODES]; int count; } Graph;
typedef struct Op { enum { H2D, D2H, KERNEL, RECORD } kind; void* target; const void* source; size_t bytes; Launch launch; Object *event, *context; struct Op* next; } Op;

static struct { int devices, version, arch, sms; size_t memory; } machine;
static int initialised, sticky, fail_result;
static char fail_name[64];
static Object* objects;
static int live[KINDS];
static Op *queue, **tail = &queue;
static double clock_ms;  // a kernel takes 1.5 ms, all else no time
static Launch records[256];
static int record_count, graph_count;
static int edges[1024][2], edge_count;
static float times[64];
static int time_count, times_asked;
static __thread Object* current;
static Object primary[MAX_DEVICES];  // .bytes: how often it is retained

static int failing(const char* name)
{
    if (strcmp(fail_name, name)) return 0;
    fail_name[0] = 0;
    return fail_result;
}
#define BEGIN { int failed = failing(__func__); if (failed) return failed; if (!initialised) return NOT_INITIALIZED; if (sticky) return sticky; }
#define BEGIN_IN_CONTEXT { BEGIN if (!current || !current->bytes) return INVALID_CONTEXT; }

static Object* make(int kind, void* data, size_t bytes)
{
    Object* o = calloc(1, sizeof *o);
    o->kind = kind, o->alive = 1, o->data = data, o->bytes = bytes, o->context = current, o->next = objects, objects = o;
    live[kind]++;
    return o;
}
// handles stay readable after their end, so that a second end is seen; those of another context are of no use
static Object* check(void* handle, int kind)
{
    for (Object* o = objects; o; o = o->next) if (o == handle) return o->alive && o->kind == kind && o->context == current ? o : 0;
    return 0;
}
static Object* holder(const void* address, size_t bytes, int kind)
{
    for (Object* o = objects; o; o = o->next)
        if (o->alive && o->kind == kind && o->context == current && (char*)address >= (char*)o->data && (char*)address + bytes <= (char*)o->data + o->bytes) return o;
    return 0;
}
static CUresult end(void* handle, int kind)
{
    Object* o = check(handle, kind);
    if (!o) return INVALID_HANDLE;
    o->alive = 0, live[kind]--;
    return OK;
}

// ---- what the kernels of fake.cu do ----
typedef struct { float *y; const float* x; int64_t n; float s; } AxpyArgs;
static void axpy(const void* p) { const AxpyArgs* a = p; for (int64_t i = 0; i < a->n; i++) a->y[i] += a->s * a->x[i]; }
typedef struct { float* x; int64_t n; float s; } ScaleArgs;
static void scale(const void* p) { const ScaleArgs* a = p; for (int64_t i = 0; i < a->n; i++) a->x[i] *= a->s; }
static void crash(const void* p) { (void)p; sticky = ILLEGAL_ADDRESS; }
static const struct { const char* name; int args; void (*run)(const void*); } kernels[] = { { "axpy", sizeof(AxpyArgs), axpy }, { "scale", sizeof(ScaleArgs), scale }, { "crash", sizeof(ScaleArgs), crash } };

static void run(const Launch* l)
{
    if (record_count < 256) records[record_count++] = *l;
    l->function->run(l->args);
}
static void step(void)
{
    Op* op = queue;
    queue = op->next;
    if (!queue) tail = &queue;
    Object* caller = current;
    current = op->context;
    if (!sticky) {
        if (op->kind == KERNEL) run(&op->launch), clock_ms += 1.5;
        else if (op->kind == RECORD) op->event->bytes--, op->event->when = clock_ms;
        else if (!holder(op->kind == H2D ? op->source : op->target, op->bytes, PINNED) || !holder(op->kind == H2D ? op->target : op->source, op->bytes, MEMORY)) sticky = ILLEGAL_ADDRESS;
        else memcpy(op->target, op->source, op->bytes);
    }
    current = caller;
    free(op);
}
static void drain(void) { while (queue) step(); }
static Op* push(int kind)
{
    Op* op = calloc(1, sizeof *op);
    op->kind = kind, op->context = current;
    *tail = op, tail = &op->next;
    return op;
}

// ---- control, for the tests ----
API void fake_reset(void)
{
    drain();
    machine.devices = 1, machine.version = 12040, machine.arch = 80, machine.sms = 108, machine.memory = (size_t)1 << 30;
    sticky = record_count = graph_count = edge_count = time_count = times_asked = 0, fail_name[0] = 0;
}
API void fake_machine(int devices, int version, int arch, int64_t memory) { machine.devices = devices, machine.version = version, machine.arch = arch, machine.memory = (size_t)memory; }
API void fake_fail(const char* name, int result) { strncpy(fail_name, name, sizeof fail_name - 1), fail_result = result; }
API void fake_times(const float* ms, int n) { memcpy(times, ms, sizeof *ms * (size_t)n), time_count = n, times_asked = 0; }  // asked in turn, over and over
API int fake_times_asked(void) { return times_asked; }
API int fake_live(int kind) { return live[kind]; }
API int fake_launch_count(void) { return record_count; }
API int fake_graph_count(void) { return graph_count; }
API int fake_edge_count(void) { return edge_count; }
API void fake_edge(int i, int* pair) { pair[0] = edges[i][0], pair[1] = edges[i][1]; }
API int fake_launch(int i, char* name, unsigned* numbers, unsigned char* args)
{
    const Launch* l = &records[i];
    strcpy(name, l->function->name);
    memcpy(numbers, l->grid, 12), memcpy(numbers + 3, l->block, 12), numbers[6] = l->shared, numbers[7] = (unsigned)l->cooperative;
    memcpy(args, l->args, MAX_ARGS);
    return l->function->args;
}

// ---- the driver ----
API CUresult cuInit(unsigned flags) { int f = failing("cuInit"); if (f) return f; initialised = 1; return flags ? INVALID_VALUE : machine.devices ? OK : NO_DEVICE; }
API CUresult cuDriverGetVersion(int* v) { *v = machine.version; return OK; }
API CUresult cuGetErrorName(CUresult e, const char** s) { *s = e == NO_DEVICE ? "CUDA_ERROR_NO_DEVICE" : e == ILLEGAL_ADDRESS ? "CUDA_ERROR_ILLEGAL_ADDRESS" : "CUDA_ERROR_OTHER"; return OK; }
API CUresult cuGetErrorString(CUresult e, const char** s) { *s = e == ILLEGAL_ADDRESS ? "an illegal memory access was encountered" : "some words"; return OK; }
API CUresult cuDeviceGetCount(int* n) { BEGIN *n = machine.devices; return OK; }
API CUresult cuDeviceGet(int* d, int ordinal) { BEGIN if (ordinal < 0 || ordinal >= machine.devices) return INVALID_DEVICE; *d = 1000 + ordinal; return OK; }
API CUresult cuDeviceGetName(char* s, int n, int d) { BEGIN (void)d; strncpy(s, "Fake GPU", (size_t)n); return OK; }
API CUresult cuDeviceGetUuid(unsigned char* u, int d) { BEGIN (void)d; for (int i = 0; i < 16; i++) u[i] = (unsigned char)(17 * i); return OK; }
API CUresult cuDeviceTotalMem_v2(size_t* n, int d) { BEGIN (void)d; *n = machine.memory; return OK; }
API CUresult cuDeviceGetAttribute(int* v, int a, int d)
{
    BEGIN
    if (d < 1000 || d >= 1000 + machine.devices) return INVALID_DEVICE;
    *v = a == 75 ? machine.arch / 10 : a == 76 ? machine.arch % 10 : a == 16 ? machine.sms : a == 39 ? 2048 : a == 97 ? 163 * 1024 : a == 13 ? 1410000 : a == 36 ? 1215000 : a == 37 ? 5120 : a == 38 ? 40 << 20 : -1;
    return *v < 0 ? INVALID_VALUE : OK;
}
API CUresult cuDevicePrimaryCtxRetain(void** c, int d) { BEGIN if (d < 1000 || d >= 1000 + MAX_DEVICES) return INVALID_DEVICE; primary[d - 1000].bytes++, live[CONTEXT]++; *c = &primary[d - 1000]; return OK; }
API CUresult cuDevicePrimaryCtxRelease_v2(int d)
{
    Object* context = &primary[d - 1000];
    if (!context->bytes) return INVALID_CONTEXT;
    live[CONTEXT]--, context->bytes--;
    if (sticky && !context->bytes)  // a broken context takes all it had with it; a sound one leaves the leaks to be counted
        for (Object* o = objects; o; o = o->next) if (o->alive && o->context == context) o->alive = 0, live[o->kind]--;
    return OK;
}
API CUresult cuCtxSetCurrent(void* c) { BEGIN if (c && !((Object*)c)->bytes) return INVALID_CONTEXT; current = c; return OK; }
API CUresult cuCtxGetCurrent(void** c) { BEGIN *c = current; return OK; }

API CUresult cuMemGetInfo_v2(size_t* f, size_t* t)
{
    BEGIN_IN_CONTEXT
    *f = *t = machine.memory;
    for (Object* o = objects; o; o = o->next) if (o->alive && o->kind == MEMORY) *f -= o->bytes;
    return OK;
}
API CUresult cuMemAlloc_v2(void** p, size_t n)
{
    BEGIN_IN_CONTEXT
    size_t f, t;
    cuMemGetInfo_v2(&f, &t);
    if (!n) return INVALID_VALUE;
    if (n > f) return OUT_OF_MEMORY;
    *p = aligned_alloc(256, (n + 255) / 256 * 256);
    memset(*p, 0xFF, n);
    make(MEMORY, *p, n);
    return OK;
}
API CUresult cuMemFree_v2(void* p)
{
    BEGIN_IN_CONTEXT
    drain();
    for (Object* o = objects; o; o = o->next) if (o->alive && o->kind == MEMORY && o->data == p) { memset(p, 0xDD, o->bytes), free(p); return end(o, MEMORY); }
    return INVALID_VALUE;
}
API CUresult cuMemHostAlloc(void** p, size_t n, unsigned flags) { BEGIN_IN_CONTEXT (void)flags; *p = calloc(1, n); make(PINNED, *p, n); return OK; }
API CUresult cuMemFreeHost(void* p)
{
    BEGIN_IN_CONTEXT
    for (Object* o = objects; o; o = o->next) if (o->alive && o->kind == PINNED && o->data == p) return end(o, PINNED);
    return INVALID_VALUE;
}
static CUresult copy(int kind, void* target, const void* source, size_t n, void* stream)
{
    if (!check(stream, STREAM)) return INVALID_HANDLE;
    if (!holder(kind == H2D ? target : source, n, MEMORY)) return INVALID_VALUE;
    Op* op = push(kind);
    op->target = target, op->source = source, op->bytes = n;
    return OK;
}
API CUresult cuMemcpyHtoDAsync_v2(void* t, const void* s, size_t n, void* stream) { BEGIN_IN_CONTEXT return copy(H2D, t, s, n, stream); }
API CUresult cuMemcpyDtoHAsync_v2(void* t, const void* s, size_t n, void* stream) { BEGIN_IN_CONTEXT return copy(D2H, t, s, n, stream); }

API CUresult cuStreamCreate(void** s, unsigned flags) { BEGIN_IN_CONTEXT if (flags != 1) return INVALID_VALUE; *s = make(STREAM, 0, 0); return OK; }
API CUresult cuStreamDestroy_v2(void* s) { BEGIN_IN_CONTEXT return end(s, STREAM); }
API CUresult cuStreamSynchronize(void* s) { BEGIN_IN_CONTEXT if (!check(s, STREAM)) return INVALID_HANDLE; drain(); return sticky; }
API CUresult cuEventCreate(void** e, unsigned flags) { BEGIN_IN_CONTEXT (void)flags; *e = make(EVENT, 0, 0); return OK; }
API CUresult cuEventDestroy_v2(void* e) { BEGIN_IN_CONTEXT return end(e, EVENT); }
API CUresult cuEventRecord(void* e, void* s)
{
    BEGIN_IN_CONTEXT
    if (!check(e, EVENT) || !check(s, STREAM)) return INVALID_HANDLE;
    push(RECORD)->event = e;
    ((Object*)e)->bytes++;  // records not reached yet
    return OK;
}
API CUresult cuEventSynchronize(void* e)
{
    BEGIN_IN_CONTEXT
    Object* o = check(e, EVENT);
    if (!o) return INVALID_HANDLE;
    while (o->bytes && queue) step();
    return sticky;
}
API CUresult cuEventElapsedTime(float* ms, void* a, void* b)
{
    BEGIN_IN_CONTEXT
    Object *first = check(a, EVENT), *second = check(b, EVENT);
    if (!first || !second) return INVALID_HANDLE;
    if (first->bytes || second->bytes) return NOT_READY;
    *ms = time_count ? times[times_asked % time_count] : (float)(second->when - first->when);
    times_asked++;
    return OK;
}

API CUresult cuModuleLoadDataEx(void** m, const void* image, unsigned n, int* options, void** values)
{
    if (n == 2 && options[0] == 5 && options[1] == 6 && (size_t)values[1] > 16) strcpy(values[0], "a log");
    BEGIN_IN_CONTEXT
    const unsigned char* b = image;
    int elf = !memcmp(b, "\177ELF", 4);
    if (!elf && !strstr(image, ".version")) return INVALID_IMAGE;
    uint64_t headers = *(const uint64_t*)(b + 40);  // e_shoff, e_shentsize, e_shnum: how long an ELF file is
    *m = make(MODULE, (void*)image, elf ? headers + *(const uint16_t*)(b + 58) * (size_t)*(const uint16_t*)(b + 60) : strlen(image));
    Object* o = *m;
    o->data = memcpy(malloc(o->bytes), image, o->bytes);
    return OK;
}
API CUresult cuModuleUnload(void* m) { BEGIN_IN_CONTEXT return end(m, MODULE); }
API CUresult cuModuleGetFunction(void** f, void* m, const char* name)
{
    BEGIN_IN_CONTEXT
    Object* o = check(m, MODULE);
    if (!o) return INVALID_HANDLE;
    if (!memmem(o->data, o->bytes, name, strlen(name))) return NOT_FOUND;
    for (size_t i = 0; i < sizeof kernels / sizeof *kernels; i++)
        if (!strcmp(kernels[i].name, name)) {
            Function* made = calloc(1, sizeof *made);
            made->module = o, made->name = kernels[i].name, made->args = kernels[i].args, made->run = kernels[i].run, made->max_dynamic = 48 * 1024;
            *f = made;
            return OK;
        }
    return NOT_FOUND;
}
API CUresult cuFuncGetAttribute(int* v, int a, Function* f) { BEGIN_IN_CONTEXT (void)f; *v = a == 1 ? 0 : 32; return OK; }
API CUresult cuFuncSetAttribute(Function* f, int a, int v) { BEGIN_IN_CONTEXT if (a != 8 || v > 163 * 1024) return INVALID_VALUE; f->max_dynamic = v; return OK; }
API CUresult cuOccupancyMaxActiveBlocksPerMultiprocessor(int* n, Function* f, int threads, size_t shared) { BEGIN_IN_CONTEXT if ((int)shared > f->max_dynamic) return INVALID_VALUE; *n = 2048 / threads; return OK; }

static CUresult fill(Launch* l, Function* f, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz, unsigned shared, void** params, void** extra)
{
    if (!f || !check(f->module, MODULE)) return INVALID_HANDLE;
    if (!gx || !gy || !gz || !bx || bx * by * bz > 1024 || (int)shared > f->max_dynamic || extra || !params || !params[0]) return INVALID_VALUE;
    *l = (Launch){ f, { gx, gy, gz }, { bx, by, bz }, shared, 0, { 0 } };
    memcpy(l->args, params[0], (size_t)f->args);
    return OK;
}
API CUresult cuLaunchKernel(Function* f, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz, unsigned shared, void* stream, void** params, void** extra)
{
    BEGIN_IN_CONTEXT
    Launch l;
    CUresult r = check(stream, STREAM) ? fill(&l, f, gx, gy, gz, bx, by, bz, shared, params, extra) : INVALID_HANDLE;
    if (!r) push(KERNEL)->launch = l;
    return r;
}
API CUresult cuLaunchCooperativeKernel(Function* f, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz, unsigned shared, void* stream, void** params)
{
    BEGIN_IN_CONTEXT
    if (gx * gy * gz > (unsigned)machine.sms * (2048 / bx)) return 720;
    Launch l;
    CUresult r = check(stream, STREAM) ? fill(&l, f, gx, gy, gz, bx, by, bz, shared, params, 0) : INVALID_HANDLE;
    l.cooperative = 1;
    if (!r) push(KERNEL)->launch = l;
    return r;
}

typedef struct { Function* func; unsigned gx, gy, gz, bx, by, bz, shared; void **params, **extra; void *kern, *ctx; } NodeParams;
API CUresult cuGraphCreate(void** g, unsigned flags) { BEGIN if (flags) return INVALID_VALUE; *g = make(GRAPH, calloc(1, sizeof(Graph)), 0); return OK; }
API CUresult cuGraphDestroy(void* g) { BEGIN return end(g, GRAPH); }
API CUresult cuGraphAddKernelNode(Node** n, void* g, Node** waits, size_t count, const NodeParams* p)
{
    BEGIN_IN_CONTEXT
    Object* o = check(g, GRAPH);
    if (!o) return INVALID_HANDLE;
    Graph* graph = o->data;
    if (graph->count == MAX_NODES || count >= MAX_NODES) return OUT_OF_MEMORY;
    Node* node = *n = &graph->nodes[graph->count];
    for (size_t i = 0; i < count; i++) {
        if (waits[i]->graph != graph) return INVALID_VALUE;
        node->waits[node->count++] = waits[i]->index;
        edges[edge_count][0] = waits[i]->index, edges[edge_count++][1] = graph->count;
    }
    node->graph = graph, node->index = graph->count++;
    return fill(&node->launch, p->func, p->gx, p->gy, p->gz, p->bx, p->by, p->bz, p->shared, p->params, p->extra);
}
API CUresult cuGraphKernelNodeSetAttribute(Node* n, int attribute, const int* value) { BEGIN_IN_CONTEXT if (attribute != 2) return INVALID_VALUE; n->launch.cooperative = *value; return OK; }
API CUresult cuGraphInstantiateWithFlags(void** e, void* g, uint64_t flags)
{
    BEGIN_IN_CONTEXT
    Object* o = check(g, GRAPH);
    if (!o || flags) return INVALID_VALUE;
    *e = make(EXEC, memcpy(malloc(sizeof(Graph)), o->data, sizeof(Graph)), 0);
    return OK;
}
API CUresult cuGraphUpload(void* e, void* s) { BEGIN_IN_CONTEXT return check(e, EXEC) && check(s, STREAM) ? OK : INVALID_HANDLE; }
API CUresult cuGraphExecDestroy(void* e) { BEGIN return end(e, EXEC); }
API CUresult cuGraphLaunch(void* e, void* s)
{
    BEGIN_IN_CONTEXT
    Object* o = check(e, EXEC);
    if (!o || !check(s, STREAM)) return INVALID_HANDLE;
    Graph* g = o->data;
    int done[MAX_NODES] = { 0 };
    graph_count++;
    for (int ran = 0; ran < g->count; ran++)
        for (int i = g->count - 1; i >= 0; i--) {  // the last one that may run
            int ready = !done[i];
            for (int k = 0; k < g->nodes[i].count; k++) ready &= done[g->nodes[i].waits[k]];
            if (!ready) continue;
            push(KERNEL)->launch = g->nodes[i].launch;
            done[i] = 1;
            break;
        }
    return OK;
}
API CUresult cuMemcpyDtoDAsync_v2(void* t, const void* s, size_t n, void* stream) { BEGIN_IN_CONTEXT (void)stream; if (!holder(t, n, MEMORY) || !holder(s, n, MEMORY)) return INVALID_VALUE; drain(); memcpy(t, s, n); return OK; }
API CUresult cuMemsetD8Async(void* t, unsigned char v, size_t n, void* stream) { BEGIN_IN_CONTEXT (void)stream; if (!holder(t, n, MEMORY)) return INVALID_VALUE; drain(); memset(t, v, n); return OK; }
API CUresult cuMemsetD32Async(void* t, uint32_t v, size_t n, void* stream) { BEGIN_IN_CONTEXT (void)stream; if (!holder(t, 4 * n, MEMORY)) return INVALID_VALUE; drain(); for (size_t i = 0; i < n; i++) ((uint32_t*)t)[i] = v; return OK; }
