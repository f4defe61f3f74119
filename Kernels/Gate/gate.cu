// gate.cu: y = f(a) sigmoid(b), f = tanh (KIND 0) or the identity (KIND 1), and its gradients from a and b, which are read again instead
// of saving tanh and sigmoid. a and b are [Rows, Columns] at strides of their own: two tensors, or the halves of rows of 2 Columns.
// Condition: [Rows / Positions, 2 Columns], added to both halves of every row of its image. Memory decides: forward reads 2 and writes 1
// element, backward reads 3 and writes 2; 16 bytes at a time where Columns, strides and addresses allow it (Quads). No division in the loop.
#include "Common/chunk_sums.cuh"
#include "Common/gate.cuh"

#define GATE_ARGS(F)                                                                                                          \
    F(garg<const STORED>, A) F(garg<const STORED>, B) F(garg<const REAL>, Condition) F(garg<STORED>, Y) F(i64, Rows) F(i64, Columns) \
    F(i64, AStride) F(i64, BStride) F(i64, Positions) F(i32, Conditional) F(i32, Quads)
ARGS(GateArgs, GATE_ARGS)

#define GATE_BACKWARD_ARGS(F)                                                                                                \
    F(garg<const STORED>, A) F(garg<const STORED>, B) F(garg<const REAL>, Condition) F(garg<const STORED>, DY) F(garg<STORED>, DA)    \
    F(garg<STORED>, DB) F(garg<REAL>, Sums) F(i64, Rows) F(i64, Columns) F(i64, AStride) F(i64, BStride) F(i64, Positions) F(i32, Conditional)      \
    F(i32, Quads) F(i32, WantsA) F(i32, WantsB) F(i32, AccumulateA) F(i32, AccumulateB)
ARGS(GateBackwardArgs, GATE_BACKWARD_ARGS)

// Walks rows and columns in steps of the grid without dividing again.
struct Walk {
    i64 row, column, rows, columns, width;
    DEV Walk(i64 of_width) : width(of_width)
    {
        i64 first = global_index(), step = grid_stride();
        row = first / width;
        column = first % width;
        rows = step / width;
        columns = step % width;
    }
    DEV void next()
    {
        row += rows;
        column += columns;
        if (column >= width) {
            column -= width;
            row++;
        }
    }
};

DEV vec4<REAL> plus(vec4<REAL> x, vec4<REAL> y) { return { x.x + y.x, x.y + y.y, x.z + y.z, x.w + y.w }; }

KERNEL(gate, GateArgs, 256, 1)
{
    IN(STORED, A);
    IN(STORED, B);
    IN(REAL, Condition);
    OUT(STORED, Y);
    i64 columns = a.Columns;
    for (Walk at(a.Quads ? columns / 4 : columns); at.row < a.Rows; at.next()) {
        i64 column = a.Quads ? 4 * at.column : at.column, c = 0;
        if (a.Conditional) c = at.row / a.Positions * 2 * columns + column;
        if (a.Quads) {
            vec4<REAL> va = get4(A + (at.row * a.AStride + column)), vb = get4(B + (at.row * a.BStride + column)), y;
            if (a.Conditional) {
                va = plus(va, ld4(Condition + c));
                vb = plus(vb, ld4(Condition + c + columns));
            }
            y.x = gen_gate<KIND>(va.x, vb.x);
            y.y = gen_gate<KIND>(va.y, vb.y);
            y.z = gen_gate<KIND>(va.z, vb.z);
            y.w = gen_gate<KIND>(va.w, vb.w);
            put4(Y + (at.row * columns + column), y);
        } else {
            REAL va = get1(A + (at.row * a.AStride + column)), vb = get1(B + (at.row * a.BStride + column));
            if (a.Conditional) {
                va = va + Condition[c];
                vb = vb + Condition[c + columns];
            }
            put1(Y + (at.row * columns + column), gen_gate<KIND>(va, vb));
        }
    }
}

// Of four columns from `column` on, or of one where there are no Quads.
DEV void backward_at(const GateBackwardArgs& a, i64 row, i64 column)
{
    IN(STORED, A);
    IN(STORED, B);
    IN(REAL, Condition);
    IN(STORED, DY);
    gptr<STORED> DA = a.DA, DB = a.DB;  // halves of one tensor, perhaps
    i64 columns = a.Columns, c = 0, ia = row * a.AStride + column, ib = row * a.BStride + column;
    if (a.Conditional) c = row / a.Positions * 2 * columns + column;
    if (a.Quads) {
        vec4<REAL> va = get4(A + ia), vb = get4(B + ib), dy = get4(DY + (row * columns + column)), da, db;
        if (a.Conditional) {
            va = plus(va, ld4(Condition + c));
            vb = plus(vb, ld4(Condition + c + columns));
        }
        gen_gate_grad<KIND>(va.x, vb.x, dy.x, da.x, db.x);
        gen_gate_grad<KIND>(va.y, vb.y, dy.y, da.y, db.y);
        gen_gate_grad<KIND>(va.z, vb.z, dy.z, da.z, db.z);
        gen_gate_grad<KIND>(va.w, vb.w, dy.w, da.w, db.w);
        if (a.WantsA) put4(DA + ia, a.AccumulateA ? plus(get4(gptr<const STORED>(DA + ia)), da) : da);
        if (a.WantsB) put4(DB + ib, a.AccumulateB ? plus(get4(gptr<const STORED>(DB + ib)), db) : db);
    } else {
        REAL va = get1(A + ia), vb = get1(B + ib), dy = get1(DY + (row * columns + column)), da, db;
        if (a.Conditional) {
            va = va + Condition[c];
            vb = vb + Condition[c + columns];
        }
        gen_gate_grad<KIND>(va, vb, dy, da, db);
        if (a.AccumulateA) da = get1(gptr<const STORED>(DA + ia)) + da;
        if (a.AccumulateB) db = get1(gptr<const STORED>(DB + ib)) + db;
        if (a.WantsA) put1(DA + ia, da);
        if (a.WantsB) put1(DB + ib, db);
    }
}

KERNEL(gate_backward, GateBackwardArgs, 256, 1)
{
    for (Walk at(a.Quads ? a.Columns / 4 : a.Columns); at.row < a.Rows; at.next()) backward_at(a, at.row, a.Quads ? 4 * at.column : at.column);
}

// The same of halves of one tensor, a block a chunk of 64 rows, with the sums of its columns for the bias before the gate: what the block has just stored comes back from the caches.
KERNEL(gate_backward_sums, GateBackwardArgs, 256, 1)
{
    i64 first = (i64)blockIdx.x * CHUNK, height = a.Rows - first < CHUNK ? a.Rows - first : CHUNK;
    i32 width = (i32)(a.Quads ? a.Columns / 4 : a.Columns);
    for (i32 at = (i32)threadIdx.x; at < (i32)height * width; at += 256) backward_at(a, first + at / width, a.Quads ? 4 * (at % width) : at % width);
    block_sync();
    for (i64 column = threadIdx.x; column < 2 * a.Columns; column += 256)
        chunk_sum<CHUNK / 4, STORED, REAL>(gptr<const STORED>(a.DA), a.Sums, blockIdx.x, (i32)height, 2 * a.Columns, column);
}
