using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Layout;

/// <summary>
/// Kernels that only move elements are compiled by element size, not by type: a float and an int are both a u32 to them.
/// Constants travel as bit patterns.
/// </summary>
internal static class Words
{
    private static readonly string[] Names = ["u8", "u16", "u32", "u64"];

    /// <summary>One variant a word size; index it by <see cref="Index"/>.</summary>
    public static GpuKernel[] Variants(string file, string entry, Type argsType) =>
        [.. Names.Select(name => new GpuKernel(file, entry, argsType, $"WORD={name}"))];

    /// <summary>0 to 3 for elements of 1, 2, 4, 8 bytes.</summary>
    public static int Index(DType dtype) => int.Log2(dtype.Size());

    /// <summary>The bit pattern of a value in an element type.</summary>
    /// <exception cref="EngineException">An integer type cannot hold the value.</exception>
    public static ulong Bits(DType dtype, double value) => dtype switch
    {
        DType.Float32 => BitConverter.SingleToUInt32Bits((float)value),
        DType.Float64 => BitConverter.DoubleToUInt64Bits(value),
        DType.BFloat16 => BFloat16.Bits((float)value),
        DType.Float16 => BitConverter.HalfToUInt16Bits((Half)value),
        DType.Int32 => (uint)(int)Integer(dtype, value, int.MinValue, int.MaxValue),
        DType.UInt8 => (ulong)Integer(dtype, value, byte.MinValue, byte.MaxValue),
        _ => (ulong)Integer(dtype, value, -(1L << 53), 1L << 53),
    };

    private static long Integer(DType dtype, double value, long low, long high) =>
        value >= low && value <= high && value == Math.Truncate(value)
            ? (long)value
            : throw new EngineException($"{value} is not a number of type {dtype.CName()}; give a whole number from {low} to {high}.");
}
