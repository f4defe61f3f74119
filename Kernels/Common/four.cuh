// four.cuh: four neighbours of a flat array as one access where the array allows it, one by one at a ragged end.
#pragma once
#include "Common/prelude.cuh"

// Elements first .. first + 3 of count; those past the end are 0. aligned: p and first * sizeof(T) are multiples of 16 bytes.
template <class T> DEV vec4<T> load4(gptr<const T> p, i64 first, i64 count, i32 aligned)
{
    if (aligned && first + 4 <= count) return ld4(p + first);
    vec4<T> v = { (T)0, (T)0, (T)0, (T)0 };
    v.x = p[first];
    if (first + 1 < count) v.y = p[first + 1];
    if (first + 2 < count) v.z = p[first + 2];
    if (first + 3 < count) v.w = p[first + 3];
    return v;
}

template <class T> DEV void store4(gptr<T> p, i64 first, i64 count, i32 aligned, vec4<T> v)
{
    if (aligned && first + 4 <= count) {
        st4(p + first, v);
        return;
    }
    p[first] = v.x;
    if (first + 1 < count) p[first + 1] = v.y;
    if (first + 2 < count) p[first + 2] = v.z;
    if (first + 3 < count) p[first + 3] = v.w;
}

// values[row] of each of the four elements of [rows, columns]; one division for all of them.
template <class T> DEV vec4<T> row_values4(gptr<const T> values, i64 first, i64 count, i32 columns)
{
    i64 row = count <= 0xFFFFFFFFll ? (i64)((u32)first / (u32)columns) : first / columns;
    i64 end = (row + 1) * columns;  // of the row
    T v[4];
    UNROLL
    for (i32 k = 0; k < 4; k++) {
        if (first + k >= end) {
            row = row + 1;
            end = end + columns;
        }
        v[k] = first + k < count ? (T)values[row] : (T)0;
    }
    vec4<T> r = { v[0], v[1], v[2], v[3] };
    return r;
}
