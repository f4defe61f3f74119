// reduce_backward.cu: the gradient of a sum, a mean or a maximum, spread over the Rows x Columns elements that were reduced:
//   sum: dx = dy; mean: dx = dy / Count; maximum: dx = dy where the element was the one that ArgMax names, else 0.
// Memory decides: one write an element (and one read when accumulating), 16 bytes at a time where Columns and addresses allow it.
#include "Common/prelude.cuh"

#define REDUCE_BACKWARD_ARGS(F)                                                                                            \
    F(garg<const REAL>, DY) F(garg<const i32>, ArgMax) F(garg<REAL>, DX) F(i64, Rows) F(i64, Columns) F(i64, Quads)       \
    F(i64, Count) F(i32, Mean) F(i32, Accumulate)
ARGS(ReduceBackwardArgs, REDUCE_BACKWARD_ARGS)

// the numbers of ReduceAxis
#define ROWS 0
#define COLUMNS 1
#define ALL 2

DEV REAL gradient(const ReduceBackwardArgs& a, i64 row, i64 column)
{
    IN(REAL, DY);
    i64 at = AXIS == ROWS ? column : AXIS == COLUMNS ? row : 0;
    REAL dy = DY[at];
    if constexpr (MAXIMUM) {
        IN(i32, ArgMax);
        i64 place = AXIS == ROWS ? row : AXIS == COLUMNS ? column : row * a.Columns + column;
        return place == ArgMax[at] ? dy : (REAL)0;
    } else {
        return a.Mean ? dy / (REAL)a.Count : dy;
    }
}

KERNEL(reduce_backward, ReduceBackwardArgs, 256, 1)
{
    UPD(REAL, DX);
    bool quads = a.Quads > 0;
    i64 width = quads ? a.Columns / 4 : a.Columns, items = quads ? a.Quads : a.Rows * a.Columns, step = grid_stride();
    i64 i = global_index(), row = i / width, column = i % width, rows = step / width, columns = step % width;
    for (; i < items; i += step) {
        if (quads) {
            vec4<REAL> g = {gradient(a, row, 4 * column), gradient(a, row, 4 * column + 1), gradient(a, row, 4 * column + 2),
                            gradient(a, row, 4 * column + 3)};
            if (a.Accumulate) {
                vec4<REAL> old = ld4(DX + 4 * i);
                g = {old.x + g.x, old.y + g.y, old.z + g.z, old.w + g.w};
            }
            st4(DX + 4 * i, g);
        } else {
            REAL g = gradient(a, row, column);
            if (a.Accumulate) g = DX[i] + g;
            DX[i] = g;
        }
        row += rows;
        column += columns;
        if (column >= width) {
            column -= width;
            row++;
        }
    }
}
