namespace GenEngine.Kernels;

/// <summary>Element types of device memory.</summary>
public enum DType : byte
{
    /// <summary>IEEE 754 single precision: what everything computes in unless it is told otherwise.</summary>
    Float32,

    /// <summary>IEEE 754 double precision; gradient checks run in it.</summary>
    Float64,

    /// <summary>The upper half of a Float32: 8 bits of exponent, 7 of fraction. Memory of GPUs may have images so; kernels compute in Float32 all the same.</summary>
    BFloat16,

    /// <summary>Classes, labels, places of maxima.</summary>
    Int32,

    /// <summary>Counters, offsets and states of random numbers.</summary>
    Int64,

    /// <summary>0 to 255: pixels and codes as data sets have them.</summary>
    UInt8,

    /// <summary>In files only: no kernel computes in it.</summary>
    Float16,
}

/// <summary>Size and name of an element type, and the type of a C# primitive.</summary>
public static class DTypes
{
    /// <summary>Bytes one element takes.</summary>
    public static int Size(this DType dtype) => dtype switch
    {
        DType.Float32 or DType.Int32 => 4,
        DType.Float64 or DType.Int64 => 8,
        DType.BFloat16 or DType.Float16 => 2,
        DType.UInt8 => 1,
        _ => throw new ArgumentOutOfRangeException(nameof(dtype), dtype, null),
    };

    /// <summary>What kernels compute in over elements of this type: Float32 over BFloat16, else the type itself.</summary>
    public static DType Computed(this DType dtype) => dtype == DType.BFloat16 ? DType.Float32 : dtype;

    /// <summary>The name in kernels (-DREAL=...) and in error messages: float, double, bf16, i32, i64, u8, f16.</summary>
    public static string CName(this DType dtype) => dtype switch
    {
        DType.Float32 => "float",
        DType.Float64 => "double",
        DType.BFloat16 => "bf16",
        DType.Int32 => "i32",
        DType.Int64 => "i64",
        DType.UInt8 => "u8",
        DType.Float16 => "f16",
        _ => throw new ArgumentOutOfRangeException(nameof(dtype), dtype, null),
    };

    /// <summary>The element type of a C# primitive: float, double, int, long, byte or Half.</summary>
    public static DType Of<T>() where T : unmanaged =>
        typeof(T) == typeof(float) ? DType.Float32
        : typeof(T) == typeof(double) ? DType.Float64
        : typeof(T) == typeof(int) ? DType.Int32
        : typeof(T) == typeof(long) ? DType.Int64
        : typeof(T) == typeof(byte) ? DType.UInt8
        : typeof(T) == typeof(Half) ? DType.Float16
        : throw new NotSupportedException($"{typeof(T).Name} has no element type on a device; use float, double, int, long, byte or Half.");
}
