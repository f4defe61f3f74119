// embedding.cu: y[r, :] = table[index[r], :], NaN where the index lies outside [0, Count); and the table's gradient: each row of it is the
// column sum (CONTRIBUTING.md) of the rows of dy that name it, ascending, in chunks of 64. No row is added from two sides, so there are no
// float atomics; and no row of the table searches the indices: a stable counting sort lists the rows by index first.
//   embedding_count     a block a tile of rows: how often each index occurs in it (integer atomics: their order changes nothing)
//   embedding_scan      one block: where each index's list starts, and where each tile's part of it does
//   embedding_place     a warp a tile: puts 32 rows at a time at their places, equal indices in the order of the lanes
//   embedding_backward  a block takes 32 columns of a table row: eight warps sum a chunk of its list each, the first adds their sums
// Indices outside form one more bucket, Count, which nobody reads. Cost: dy read once in whole lines, the table's gradient written once;
// the sort reads the indices twice.
#include "Common/prelude.cuh"
#include "Common/math.cuh"

#define CHUNK 64
#define WARPS 8

#define EMBEDDING_ARGS(F) \
    F(garg<const REAL>, Table) F(garg<const i32>, Indices) F(garg<REAL>, Y) F(i64, Rows) F(i64, Width) F(i32, Count) F(i32, Quads)
ARGS(EmbeddingArgs, EMBEDDING_ARGS)

KERNEL(embedding, EmbeddingArgs, 256, 1)
{
    IN(REAL, Table);
    IN(i32, Indices);
    OUT(REAL, Y);
    i64 width = a.Quads ? a.Width / 4 : a.Width, step = grid_stride(), rows = step / width, columns = step % width;
    i64 i = global_index(), row = i / width, column = i % width;
    for (; row < a.Rows; i += step) {
        i32 index = Indices[row];
        bool known = index >= 0 && index < a.Count;
        REAL nan = gen_nan((REAL)0);
        if (a.Quads) {
            vec4<REAL> v = { nan, nan, nan, nan };
            if (known) v = ld4(Table + index * a.Width + 4 * column);
            st4(Y + 4 * i, v);
        } else {
            Y[i] = known ? (REAL)Table[index * a.Width + column] : nan;
        }
        row += rows;
        column += columns;
        if (column >= width) {
            column -= width;
            row++;
        }
    }
}

// Counts: [Tiles, Count + 1]
#define EMBEDDING_SORT_ARGS(F) \
    F(garg<const i32>, Indices) F(garg<i32>, Starts) F(garg<i32>, Order) F(garg<i32>, Counts) F(i32, Rows) F(i32, Count) F(i32, Tiles) F(i32, TileRows)
ARGS(EmbeddingSortArgs, EMBEDDING_SORT_ARGS)

DEV i32 bucket_of(i32 index, i32 count) { return index >= 0 && index < count ? index : count; }

KERNEL(embedding_count, EmbeddingSortArgs, 256, 1)
{
    IN(i32, Indices);
    UPD(i32, Counts);
    i64 buckets = a.Count + 1, base = blockIdx.x * buckets, first = (i64)blockIdx.x * a.TileRows, end = first + a.TileRows;
    if (end > a.Rows) end = a.Rows;
    for (i64 v = threadIdx.x; v < buckets; v += blockDim.x) Counts[base + v] = 0;
    block_sync();
    for (i64 row = first + threadIdx.x; row < end; row += blockDim.x) atomic_add(Counts + (base + bucket_of(Indices[row], a.Count)), 1);
}

// Counts become the places of each tile's first row of each index
KERNEL(embedding_scan, EmbeddingSortArgs, 256, 1)
{
    OUT(i32, Starts);
    UPD(i32, Counts);
    SHARED(i32, sums, WARPS);
    i64 buckets = a.Count + 1;
    i32 before = 0;
    for (i64 first = 0; first < buckets; first += blockDim.x) {
        i64 v = first + threadIdx.x;
        i32 total = 0;
        if (v < buckets) {
            for (i32 tile = 0; tile < a.Tiles; tile++) total += Counts[tile * buckets + v];
        }
        i32 sum = total;  // of this and all lower lanes
        UNROLL
        for (u32 d = 1; d < 32; d *= 2) {
            i32 other = shfl_up(sum, d);
            if (lane_index() >= (i32)d) sum += other;
        }
        if (lane_index() == 31) sums[warp_index()] = sum;
        block_sync();
        i32 place = before + sum - total;
        for (i32 w = 0; w < WARPS; w++) {
            i32 of_warp = sums[w];
            if (w < warp_index()) place += of_warp;
            before += of_warp;
        }
        block_sync();
        if (v < buckets) {
            Starts[v] = place;
            for (i32 tile = 0; tile < a.Tiles; tile++) {
                i32 count = Counts[tile * buckets + v];
                Counts[tile * buckets + v] = place;
                place += count;
            }
        }
    }
}

KERNEL(embedding_place, EmbeddingSortArgs, 32, 1)
{
    IN(i32, Indices);
    OUT(i32, Order);
    UPD(i32, Counts);
    i64 buckets = a.Count + 1, base = blockIdx.x * buckets, first = (i64)blockIdx.x * a.TileRows, end = first + a.TileRows;
    if (end > a.Rows) end = a.Rows;
    i32 lane = lane_index();
    for (; first < end; first += 32) {
        i64 row = first + lane;
        i32 bucket = -1, rank = 0;
        bool last = true;
        if (row < end) bucket = bucket_of(Indices[row], a.Count);
        UNROLL
        for (i32 k = 0; k < 32; k++) {
            i32 other = shfl(bucket, k);
            if (other == bucket && k < lane) rank++;
            if (other == bucket && k > lane) last = false;
        }
        i32 place = 0;
        if (row < end) {
            place = Counts[base + bucket] + rank;
            Order[place] = (i32)row;
        }
        warp_sync();
        if (row < end && last) Counts[base + bucket] = place + 1;
        warp_sync();
    }
}

#define EMBEDDING_BACKWARD_ARGS(F)                                                                                      \
    F(garg<const REAL>, DY) F(garg<const i32>, Starts) F(garg<const i32>, Order) F(garg<REAL>, DTable) F(i64, Width)     \
    F(i32, Rows) F(i32, Count) F(i32, Accumulate)
ARGS(EmbeddingBackwardArgs, EMBEDDING_BACKWARD_ARGS)

KERNEL(embedding_backward, EmbeddingBackwardArgs, 256, 1)
{
    IN(REAL, DY);
    IN(i32, Starts);
    IN(i32, Order);
    UPD(REAL, DTable);
    SHARED(REAL, sums, WARPS * 32);
    i64 groups = (a.Width + 31) / 32, entry = blockIdx.x / groups, column = (blockIdx.x - entry * groups) * 32 + lane_index();
    bool inside = column < a.Width;
    i64 start = Starts[entry], stop = Starts[entry + 1];
    REAL total = 0;
    for (i64 first = start; first < stop; first += WARPS * CHUNK) {
        i64 p = first + (i64)warp_index() * CHUNK, end = p + CHUNK < stop ? p + CHUNK : stop;
        REAL sum = 0;
        if (inside) {
            for (; p + 8 <= end; p += 8) {  // eight loads under way
                REAL v[8];
                UNROLL
                for (i32 k = 0; k < 8; k++) v[k] = DY[(i64)Order[p + k] * a.Width + column];
                UNROLL
                for (i32 k = 0; k < 8; k++) sum = sum + v[k];
            }
            for (; p < end; p++) sum = sum + DY[(i64)Order[p] * a.Width + column];
        }
        sums[threadIdx.x] = sum;
        block_sync();
        if (warp_index() == 0) {
            for (i32 w = 0; w < WARPS && first + w * CHUNK < stop; w++) total = total + sums[w * 32 + lane_index()];
        }
        block_sync();
    }
    if (warp_index() == 0 && inside) {
        i64 at = entry * a.Width + column;
        if (a.Accumulate) total = DTable[at] + total;
        DTable[at] = total;
    }
}
