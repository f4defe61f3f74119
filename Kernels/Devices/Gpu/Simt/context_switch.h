// context_switch.h: simt_switch(save, load) keeps the registers that a call must keep, puts the stack pointer into *save and
// goes on where `load` was saved. About 5 ns; ucontext's swapcontext makes two system calls and takes 300.
#pragma once

#if defined(__APPLE__)
#define SIMT_SYMBOL(name) "_" name
#define SIMT_HIDE(name)
#else
#define SIMT_SYMBOL(name) name
#define SIMT_HIDE(name) ".hidden " name "\n"
#endif

#if defined(__x86_64__)

asm(".text\n.globl " SIMT_SYMBOL("simt_switch") "\n" SIMT_HIDE("simt_switch") ".p2align 4\n" SIMT_SYMBOL("simt_switch") ":\n"
    "pushq %rbp\n pushq %rbx\n pushq %r12\n pushq %r13\n pushq %r14\n pushq %r15\n"
    "movq %rsp, (%rdi)\n"
    "movq %rsi, %rsp\n"
    "popq %r15\n popq %r14\n popq %r13\n popq %r12\n popq %rbx\n popq %rbp\n"
    "ret\n");

// A stack that was never switched away from: entry starts with the alignment it would have after a call.
static void* fresh_context(void* top, void (*entry)())
{
    void** sp = (void**)top;  // 16-byte aligned
    *--sp = nullptr;          // where a return address would be: entry never returns
    *--sp = (void*)entry;
    for (int i = 0; i < 6; i++) *--sp = nullptr;
    return sp;
}

#elif defined(__aarch64__)

asm(".text\n.globl " SIMT_SYMBOL("simt_switch") "\n" SIMT_HIDE("simt_switch") ".p2align 4\n" SIMT_SYMBOL("simt_switch") ":\n"
    "sub sp, sp, #160\n"
    "stp x19, x20, [sp, #0]\n stp x21, x22, [sp, #16]\n stp x23, x24, [sp, #32]\n stp x25, x26, [sp, #48]\n"
    "stp x27, x28, [sp, #64]\n stp x29, x30, [sp, #80]\n"
    "stp d8, d9, [sp, #96]\n stp d10, d11, [sp, #112]\n stp d12, d13, [sp, #128]\n stp d14, d15, [sp, #144]\n"
    "mov x9, sp\n str x9, [x0]\n mov sp, x1\n"
    "ldp x19, x20, [sp, #0]\n ldp x21, x22, [sp, #16]\n ldp x23, x24, [sp, #32]\n ldp x25, x26, [sp, #48]\n"
    "ldp x27, x28, [sp, #64]\n ldp x29, x30, [sp, #80]\n"
    "ldp d8, d9, [sp, #96]\n ldp d10, d11, [sp, #112]\n ldp d12, d13, [sp, #128]\n ldp d14, d15, [sp, #144]\n"
    "add sp, sp, #160\n"
    "ret\n");

static void* fresh_context(void* top, void (*entry)())
{
    u64* sp = (u64*)top - 20;
    memset(sp, 0, 160);
    sp[11] = (u64)entry;  // x30
    return sp;
}

#else
#error "The emulator switches stacks on x86-64 and AArch64 only."
#endif
