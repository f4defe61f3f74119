// machine.cu: the sm_80 instructions and the grid-wide words of the prelude, each in the smallest kernel that shows its result.
#include "Common/prelude.cuh"

#define MATRIX_ARGS(F) F(garg<const bf16>, A) F(garg<const bf16>, B) F(garg<f32>, D)
ARGS(MatrixArgs, MATRIX_ARGS)

// D[16 x 8] = A[16 x 16] B[16 x 8]: copied asynchronously, loaded by ldmatrix (B transposed), one mma
KERNEL(mma_bf16, MatrixArgs, 32, 1)
{
    IN(bf16, A);
    IN(bf16, B);
    OUT(f32, D);
    SHARED(bf16, rows_a, 16 * 16);
    SHARED(bf16, rows_b, 32 * 8);  // the lower half is zero-filled
    i32 lane = lane_index();
    cp_async16(rows_a + lane * 8, A + lane * 8);
    cp_async16(rows_b + lane * 8, B + lane % 16 * 8, lane < 16);
    cp_async_commit();
    cp_async_wait<0>();
    block_sync();
    u32 fa[4], fb[2];
    f32 d[4] = {0, 0, 0, 0};
    u32 zero[2];
    ldmatrix_x2(zero, rows_b + (16 + lane % 16) * 8);
    ldmatrix_x4(fa, rows_a + (lane % 16 * 16 + lane / 16 * 8));
    ldmatrix_x2_trans(fb, rows_b + lane % 16 * 8);
    mma_bf16_16816(d, fa, fb);
    UNROLL
    for (i32 i = 0; i < 4; i++) D[(lane / 4 + i / 2 * 8) * 8 + lane % 4 * 2 + i % 2] = d[i] + (f32)(zero[0] | zero[1]);
}

#define TF32_ARGS(F) F(garg<const f32>, A) F(garg<const f32>, B) F(garg<f32>, D)
ARGS(Tf32Args, TF32_ARGS)

// D[16 x 8] = A[16 x 8] B[8 x 8], operands rounded to tf32
KERNEL(mma_tf32, Tf32Args, 32, 1)
{
    IN(f32, A);
    IN(f32, B);
    OUT(f32, D);
    i32 lane = lane_index(), group = lane / 4, thread = lane % 4;
    u32 fa[4], fb[2];
    UNROLL
    for (i32 r = 0; r < 4; r++) fa[r] = to_tf32(A[(group + r % 2 * 8) * 8 + thread + r / 2 * 4]);
    UNROLL
    for (i32 r = 0; r < 2; r++) fb[r] = to_tf32(B[(thread + r * 4) * 8 + group]);
    f32 d[4] = {0, 0, 0, 0};
    mma_tf32_1688(d, fa, fb);
    UNROLL
    for (i32 i = 0; i < 4; i++) D[(group + i / 2 * 8) * 8 + thread * 2 + i % 2] = d[i];
}

#define GRID_ARGS(F) F(garg<const i32>, X) F(garg<i32>, Sums) F(garg<i32>, Y) F(garg<u32>, Bar) F(i32, N)
ARGS(GridArgs, GRID_ARGS)

// Y[block] = twice the sum of X over all blocks, in two rounds of two grid barriers; without them (GRID_SYNC=0) a race between blocks
KERNEL(grid_sum, GridArgs, 64, 1)
{
    IN(i32, X);
    UPD(i32, Sums);
    OUT(i32, Y);
    UPD(u32, Bar);
    SHARED(i32, partial, 64);
    for (i32 round = 0; round < 2; round++) {
        i32 sum = 0;
        for (i64 i = global_index(); i < a.N; i += grid_stride()) sum += X[i];
        partial[threadIdx.x] = sum;
        block_sync();
        if (threadIdx.x == 0) {
            i32 total = 0;
            for (i32 t = 0; t < (i32)blockDim.x; t++) total += partial[t];
            Sums[blockIdx.x] = total * (round + 1);
        }
        if (GRID_SYNC) grid_sync(Bar);
        if (threadIdx.x == 0 && round == 1) {
            i32 total = 0;
            for (i32 b = 0; b < (i32)gridDim.x; b++) total += Sums[b];  // the race without the barrier
            Y[blockIdx.x] = total;
        }
        grid_sync(Bar);
    }
}

#define WORDS_ARGS(F) F(garg<const u32>, X) F(garg<u32>, Y) F(garg<u32>, Bins) F(i32, N)
ARGS(WordsArgs, WORDS_ARGS)

// integer atomics, ballot, shuffles of each kind, dynamic shared memory of two types
KERNEL(words, WordsArgs, 64, 1)
{
    IN(u32, X);
    OUT(u32, Y);
    UPD(u32, Bins);
    DYN_SHARED(u8, bytes);
    sptr<u64> wide = recast<u64>(bytes);
    sptr<u32> narrow = recast<u32>(bytes + 64 * 8);
    i32 t = threadIdx.x, i = blockIdx.x * 64 + t;
    u32 x = X[i];
    atomic_add(Bins + (x & 7), 1u);
    wide[t] = (u64)x << 32;
    narrow[t] = x;
    block_sync();
    u32 y = (u32)(wide[63 - t] >> 32) ^ narrow[t];
    y = y * 31 + ballot((x & 1) != 0);
    y = y * 31 + shfl(x, (i32)(x % 32));
    y = y * 31 + shfl_xor(x, 5);
    y = y * 31 + shfl_up(x, 3);
    y = y * 31 + shfl_down(x, 7);
    y = y * 31 + mul_hi(x, 0xD2511F53u) + (u32)popcount(x) + (u32)count_leading_zeros(x);
    Y[i] = y;
}

#define STRIDE_ARGS(F) F(garg<const f32>, X) F(garg<f32>, Y) F(i32, Stride)
ARGS(StrideArgs, STRIDE_ARGS)

// for the counters: global loads a stride apart, then a shared array read down its columns, with Stride conflicts at most
KERNEL(strided, StrideArgs, 32, 1)
{
    IN(f32, X);
    OUT(f32, Y);
    SHARED(f32, tile, 32 * 32);
    i32 t = threadIdx.x;
    f32 x = X[t * a.Stride];  // global
    for (i32 r = 0; r < 32; r++) tile[r * 32 + t] = x + (f32)r;
    block_sync();
    Y[t] = tile[t * a.Stride % 1024];  // shared
}
