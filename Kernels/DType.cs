namespace GenEngine.Kernels;

/// <summary>Element types of device memory.</summary>
public enum DType : byte
{
    Float32,
    Float64,
    BFloat16,
    Int32,
    Int64,
    UInt8,

    /// <summary>In files only: no kernel computes in it.</summary>
    Float16,
}

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
