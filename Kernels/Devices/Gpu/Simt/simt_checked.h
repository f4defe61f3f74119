// simt_checked.h: pointers that know their range. Every load and store asks the run time, with the file and line of the kernel: bounds,
// alignment, declared accesses, uninitialised memory, races. Reads through a pointer to const give a value; others give a proxy.
#pragma once

constexpr u32 kSimtRead = 0, kSimtWrite = 1, kSimtAtomic = 2;

extern "C" {
u32 simt_range(u64 address, bool writes, const char* file, int line);
u32 simt_shared_slot(const void* declaration);
void simt_global_access(const void* p, u32 bytes, u32 align, u32 range, u32 how, const char* file, int line);
void simt_shared_access(const void* p, u32 bytes, u32 align, u32 array, u32 how, const char* file, int line);
}

// An index and where it was written: the implicit conversion in x[i] records the call site.
struct SimtIndex {
    i64 i;
    const char* file;
    int line;
    template <class I> SimtIndex(I index, SIMT_SITE) : i((i64)index), file(file), line(line) {}
};

template <class T> struct SimtPlain {
    using Type = T;
};
template <class T> struct SimtPlain<const T> {
    using Type = T;
};

template <class T, bool IsShared> struct SimtPointer;

template <class T, bool IsShared> struct SimtReference {
    T* p;
    u32 owner;
    const char* file;
    int line;

    operator T() const { return SimtPointer<T, IsShared>{p, owner}.load(file, line); }
    SimtReference& operator=(T value)
    {
        SimtPointer<T, IsShared>{p, owner}.store(value, file, line);
        return *this;
    }
    SimtReference& operator=(const SimtReference& other) { return *this = (T)other; }
    template <class U> SimtReference& operator+=(U value) { return *this = (T)((T) * this + value); }
    template <class U> SimtReference& operator-=(U value) { return *this = (T)((T) * this - value); }
    template <class U> SimtReference& operator*=(U value) { return *this = (T)((T) * this * value); }
    template <class U> SimtReference& operator|=(U value) { return *this = (T)((T) * this | value); }
    template <class U> SimtReference& operator^=(U value) { return *this = (T)((T) * this ^ value); }
};

template <class T, bool IsShared> struct SimtPointer {
    using Plain = typename SimtPlain<T>::Type;
    T* p = nullptr;
    u32 owner = 0xFFFFFFFFu;  // number of the declared range, or of the shared array

    SimtPointer() = default;
    SimtPointer(decltype(nullptr)) {}
    SimtPointer(T* p, u32 owner) : p(p), owner(owner) {}
    operator SimtPointer<const Plain, IsShared>() const { return {p, owner}; }
    explicit operator bool() const { return p != nullptr; }

    void access(u32 bytes, u32 align, u32 how, const char* file, int line) const
    {
        if (IsShared) simt_shared_access(p, bytes, align, owner, how, file, line);
        else simt_global_access(p, bytes, align, owner, how, file, line);
    }
    Plain load(const char* file, int line) const
    {
        access(sizeof(T), alignof(T), kSimtRead, file, line);
        return *p;
    }
    void store(Plain value, const char* file, int line) const
    {
        access(sizeof(T), alignof(T), kSimtWrite, file, line);
        *p = value;
    }

    SimtPointer operator+(i64 n) const { return {p + n, owner}; }
    SimtPointer operator-(i64 n) const { return {p - n, owner}; }
    i64 operator-(const SimtPointer& other) const { return p - other.p; }
    SimtPointer& operator+=(i64 n)
    {
        p += n;
        return *this;
    }
    SimtPointer& operator-=(i64 n)
    {
        p -= n;
        return *this;
    }
    bool operator==(decltype(nullptr)) const { return p == nullptr; }
    bool operator!=(decltype(nullptr)) const { return p != nullptr; }

    auto operator[](SimtIndex at) const { return element((T*)nullptr, at); }

private:
    template <class U> Plain element(const U*, SimtIndex at) const { return (*this + at.i).load(at.file, at.line); }
    template <class U> SimtReference<U, IsShared> element(U*, SimtIndex at) const { return {p + at.i, owner, at.file, at.line}; }
};

template <class T> using gptr = SimtPointer<T, false>;
template <class T> using sptr = SimtPointer<T, true>;

// A pointer field of an argument struct: eight bytes as on the device; it learns its range when it is read into a gptr.
template <class T> struct garg {
    u64 address;
    operator gptr<T>() const { return {(T*)address, simt_range(address, false, "", 0)}; }
    template <class U = T, class = typename SimtPlain<U>::Type> operator gptr<const U>() const
    {
        return {(const T*)address, simt_range(address, false, "", 0)};
    }
    explicit operator bool() const { return address != 0; }
    bool operator==(decltype(nullptr)) const { return address == 0; }
    bool operator!=(decltype(nullptr)) const { return address != 0; }
};
template <class T> struct garg<const T> {
    u64 address;
    operator gptr<const T>() const { return {(const T*)address, simt_range(address, false, "", 0)}; }
    explicit operator bool() const { return address != 0; }
    bool operator==(decltype(nullptr)) const { return address == 0; }
    bool operator!=(decltype(nullptr)) const { return address != 0; }
};

#define IN(Type, field) gptr<const Type> field((const Type*)a.field.address, simt_range(a.field.address, false, __FILE__, __LINE__))
#define OUT(Type, field) gptr<Type> field((Type*)a.field.address, simt_range(a.field.address, true, __FILE__, __LINE__))
#define UPD(Type, field) OUT(Type, field)

template <class T> DEV sptr<T> simt_array(const void* declaration, u64 count, const char* name, const char* file, int line)
{
    T* p = (T*)simt_shared(declaration, count * sizeof(T), name, file, line);
    return {p, simt_shared_slot(declaration)};
}
template <class T> DEV sptr<T> simt_dynamic_array(const char* file, int line)
{
    T* p = (T*)simt_dynamic_shared(file, line);
    return {p, simt_shared_slot(nullptr)};
}

template <class U, class T, bool IsShared> DEV SimtPointer<U, IsShared> recast(SimtPointer<T, IsShared> q) { return {(U*)q.p, q.owner}; }

// Raw operands of warp collectives and asynchronous copies, after their check; aligned to their size where no alignment is said.
template <class T, bool IsShared> DEV T* simt_raw(SimtPointer<T, IsShared> q, u32 bytes, u32 how, const char* file, int line, u32 align = 0)
{
    q.access(bytes, align ? align : bytes, how, file, line);
    return q.p;
}
template <class T, bool IsShared> DEV T* simt_unchecked(SimtPointer<T, IsShared> q) { return q.p; }
template <class T, bool IsShared> DEV u32 simt_owner(SimtPointer<T, IsShared> q) { return q.owner; }

template <class T, bool IsShared> DEV auto ld4(SimtPointer<T, IsShared> q, SIMT_SITE)
{
    using Vector = vec4<typename SimtPlain<T>::Type>;
    q.access(sizeof(Vector), alignof(Vector), kSimtRead, file, line);
    return *(const Vector*)q.p;
}
template <class T, bool IsShared> DEV void st4(SimtPointer<T, IsShared> q, vec4<T> v, SIMT_SITE)
{
    q.access(sizeof(v), alignof(vec4<T>), kSimtWrite, file, line);
    *(vec4<T>*)q.p = v;
}

template <class T> DEV T simt_atomic_add(gptr<T> q, T value, const char* file, int line)
{
    q.access(sizeof(T), sizeof(T), kSimtAtomic, file, line);
    return __atomic_fetch_add(q.p, value, __ATOMIC_RELAXED);
}
DEV u32 atomic_add(gptr<u32> q, u32 value, SIMT_SITE) { return simt_atomic_add(q, value, file, line); }
DEV i32 atomic_add(gptr<i32> q, i32 value, SIMT_SITE) { return simt_atomic_add(q, value, file, line); }
