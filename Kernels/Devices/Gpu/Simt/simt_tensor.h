// simt_tensor.h: host twins of the sm_80 instructions: asynchronous copies, ldmatrix, mma. Data move at the last legal moment:
// a copy when it is waited for, a matrix when the last lane of the warp has come.
#pragma once

extern "C" {
void simt_copy(void* to, const void* from, u32 bytes, const char* file, int line);
void simt_copy_commit();
void simt_copy_wait(u32 pending, const char* file, int line);
}

template <u32 Bytes, class P, class Q> DEV void simt_copy_async(P to, Q from, bool valid, const char* file, int line)
{
    const void* source = valid ? simt_raw(from, Bytes, kSimtRead, file, line) : nullptr;
    simt_copy((void*)simt_raw(to, Bytes, kSimtWrite, file, line), source, Bytes, file, line);
}
template <class T, class S> DEV void cp_async16(sptr<T> to, gptr<S> from, bool valid = true, SIMT_SITE)
{
    simt_copy_async<16>(to, from, valid, file, line);
}
template <class T, class S> DEV void cp_async4(sptr<T> to, gptr<S> from, bool valid = true, SIMT_SITE)
{
    simt_copy_async<4>(to, from, valid, file, line);
}
DEV void cp_async_commit() { simt_copy_commit(); }
template <i32 Pending> DEV void cp_async_wait(SIMT_SITE) { simt_copy_wait(Pending, file, line); }

// Lane l brings the address of row l % 8 of matrix l / 8; register m of lane l gets two neighbours of row l / 4 of matrix m,
// or of its column l / 4 when transposed.
template <i32 Matrices, bool Transposed> DEV void simt_ldmatrix(const SimtWarpCall* call)
{
    for (i32 lane = 0; lane < 32; lane++) {
        u32* registers = (u32*)call->out[lane];
        for (i32 m = 0; m < Matrices; m++) {
            const i32 major = lane / 4, minor = lane % 4 * 2;
            u16 low, high;
            if (Transposed) {
                low = ((const u16*)call->in[m * 8 + minor])[major];
                high = ((const u16*)call->in[m * 8 + minor + 1])[major];
            } else {
                low = ((const u16*)call->in[m * 8 + major])[minor];
                high = ((const u16*)call->in[m * 8 + major])[minor + 1];
            }
            registers[m] = (u32)low | (u32)high << 16;
        }
    }
}
template <i32 Matrices, bool Transposed, class T> DEV void simt_ldmatrix_call(u32* registers, sptr<T> row, const char* file, int line)
{
    const i32 lane = (i32)(threadIdx.x & 31);
    const void* p = lane < Matrices * 8 ? (const void*)simt_raw(row, 16, kSimtRead, file, line) : nullptr;
    simt_warp_call(p, registers, simt_ldmatrix<Matrices, Transposed>, 0, file, line);
}
template <class T> DEV void ldmatrix_x2(u32 (&r)[2], sptr<T> row, SIMT_SITE) { simt_ldmatrix_call<2, false>(r, row, file, line); }
template <class T> DEV void ldmatrix_x4(u32 (&r)[4], sptr<T> row, SIMT_SITE) { simt_ldmatrix_call<4, false>(r, row, file, line); }
template <class T> DEV void ldmatrix_x2_trans(u32 (&r)[2], sptr<T> row, SIMT_SITE) { simt_ldmatrix_call<2, true>(r, row, file, line); }
template <class T> DEV void ldmatrix_x4_trans(u32 (&r)[4], sptr<T> row, SIMT_SITE) { simt_ldmatrix_call<4, true>(r, row, file, line); }

struct SimtMma {
    const u32 *a, *b;
};
DEV f32 simt_bf16(u32 pair, i32 half) { return bits_f32(half ? pair & 0xFFFF0000u : pair << 16); }
DEV f32 simt_tf32(u32 bits) { return bits_f32(bits & 0xFFFFE000u); }

// d[16 x 8] += a[16 x k] b[k x 8], products in ascending k. Lane l holds d of rows l / 4 and l / 4 + 8, columns 2 (l % 4) and the next.
// Hardware aligns and truncates the products of one instruction together, so a GPU agrees to a tolerance, not bit for bit.
template <bool IsBf16> DEV void simt_mma(const SimtWarpCall* call)
{
    const i32 depth = IsBf16 ? 16 : 8;
    f32 a[16][16], b[16][8];
    for (i32 lane = 0; lane < 32; lane++) {
        const SimtMma& mine = *(const SimtMma*)call->in[lane];
        const i32 group = lane / 4, thread = lane % 4;
        for (i32 r = 0; r < 4; r++) {
            const i32 row = group + r % 2 * 8;
            if (IsBf16) {
                for (i32 h = 0; h < 2; h++) a[row][thread * 2 + h + r / 2 * 8] = simt_bf16(mine.a[r], h);
            } else {
                a[row][thread + r / 2 * 4] = simt_tf32(mine.a[r]);
            }
        }
        for (i32 r = 0; r < 2; r++) {
            if (IsBf16) {
                for (i32 h = 0; h < 2; h++) b[thread * 2 + h + r * 8][group] = simt_bf16(mine.b[r], h);
            } else {
                b[thread + r * 4][group] = simt_tf32(mine.b[r]);
            }
        }
    }
    for (i32 lane = 0; lane < 32; lane++) {
        f32* d = (f32*)call->out[lane];
        for (i32 i = 0; i < 4; i++) {
            const i32 row = lane / 4 + i / 2 * 8, column = lane % 4 * 2 + i % 2;
            for (i32 k = 0; k < depth; k++) d[i] = fma(a[row][k], b[k][column], d[i]);
        }
    }
}
DEV void mma_bf16_16816(f32 (&d)[4], const u32 (&a)[4], const u32 (&b)[2], SIMT_SITE)
{
    SimtMma mine = {a, b};
    simt_warp_call(&mine, d, simt_mma<true>, 0, file, line);
}
DEV void mma_tf32_1688(f32 (&d)[4], const u32 (&a)[4], const u32 (&b)[2], SIMT_SITE)
{
    SimtMma mine = {a, b};
    simt_warp_call(&mine, d, simt_mma<false>, 0, file, line);
}
DEV u32 to_tf32(f32 x)  // to nearest, ties away from zero, as cvt.rna.tf32.f32
{
    u32 b = f32_bits(x);
    return (b & 0x7FFFFFFFu) > 0x7F800000u ? 0x7FFFFFFFu : (b & 0x7F800000u) == 0x7F800000u ? b : (b + 0x1000u) & 0xFFFFE000u;
}
DEV u32 simt_to_bf16(f32 x)  // to nearest, ties to even; NaN becomes 0x7FFF
{
    u32 b = f32_bits(x);
    return (b & 0x7FFFFFFFu) > 0x7F800000u ? 0x7FFFu : (b + 0x7FFFu + (b >> 16 & 1u)) >> 16;
}
DEV u32 pack_bf16(f32 low, f32 high) { return simt_to_bf16(low) | simt_to_bf16(high) << 16; }  // as cvt.rn.bf16x2.f32
