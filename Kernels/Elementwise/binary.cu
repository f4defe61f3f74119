// binary.cu: y[r, c] = x[r, c] op b, b being b[r, c], b[c] (channel), b[r] (row) or b[0] (scalar). Rows x Columns elements, row-major.
// One operation an element: memory decides, 3 N elements moved without broadcast, 2 N with. One pass of 16-byte accesses where
// addresses and (for channel and row) Columns allow it. Row and column of an element are carried along the grid-stride
// loop by one addition and one comparison: a division an element would cost more than the element.
#include "Common/stored.cuh"

#define BINARY_ARGS(F) F(garg<const STORED>, A) F(garg<const STORED>, B) F(garg<STORED>, Y) F(i64, Rows) F(i64, Columns) F(i64, Quads)
ARGS(BinaryArgs, BINARY_ARGS)

// the numbers of BinaryOp and of Broadcast
#define ADD 0
#define SUB 1
#define MUL 2
#define DIV 3
#define NONE 0
#define CHANNEL 1
#define ROW 2
#define SCALAR 3

DEV REAL apply(REAL x, REAL b)
{
    if constexpr (OP == ADD) return x + b;
    else if constexpr (OP == SUB) return x - b;
    else if constexpr (OP == MUL) return x * b;
    else return x / b;
}

DEV vec4<REAL> apply(vec4<REAL> x, vec4<REAL> b)
{
    return {apply(x.x, b.x), apply(x.y, b.y), apply(x.z, b.z), apply(x.w, b.w)};
}

DEV vec4<REAL> splat(REAL v) { return {v, v, v, v}; }

KERNEL(binary, BinaryArgs, 256, 1)
{
    gptr<const STORED> x = a.A, b = a.B; // y may be x
    gptr<STORED> y = a.Y;
    i64 n = a.Rows * a.Columns, step = grid_stride();
    if constexpr (BROADCAST == NONE) {
        for (i64 i = global_index(); i < a.Quads; i += step) put4(y + 4 * i, apply(get4(x + 4 * i), get4(b + 4 * i)));
        for (i64 i = 4 * a.Quads + global_index(); i < n; i += step) put1(y + i, apply(get1(x + i), get1(b + i)));
    } else if constexpr (BROADCAST == SCALAR) {
        REAL value = get1(b);
        for (i64 i = global_index(); i < a.Quads; i += step) put4(y + 4 * i, apply(get4(x + 4 * i), splat(value)));
        for (i64 i = 4 * a.Quads + global_index(); i < n; i += step) put1(y + i, apply(get1(x + i), value));
    } else {
        i64 width = a.Quads > 0 ? a.Columns / 4 : a.Columns, items = a.Quads > 0 ? a.Quads : n;
        i64 i = global_index(), row = i / width, column = i % width, rows = step / width, columns = step % width;
        for (; i < items; i += step) {
            if (a.Quads > 0) {
                vec4<REAL> other;
                if constexpr (BROADCAST == CHANNEL) other = get4(b + 4 * column);
                else other = splat(get1(b + row));
                put4(y + 4 * i, apply(get4(x + 4 * i), other));
            } else {
                put1(y + i, apply(get1(x + i), get1(b + (BROADCAST == CHANNEL ? column : row))));
            }
            row += rows;
            column += columns;
            if (column >= width) {
                column -= width;
                row++;
            }
        }
    }
}
