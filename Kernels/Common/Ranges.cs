using GenEngine.Kernels.Devices;

namespace GenEngine.Kernels.Common;

/// <summary>Slices of ranges to what a launch touches, so that declarations are exact.</summary>
internal static class Ranges
{
    /// <summary>Bytes of a piece of scratch, up to where the next may begin: a multiple of 256.</summary>
    public static long Align(long bytes) => (bytes + 255) & ~255L;

    /// <summary>The first elements of a range.</summary>
    /// <exception cref="EngineException">The range is shorter.</exception>
    public static BufferRange First(this BufferRange range, string kernel, string name, DType dtype, long elements) =>
        range.Part(kernel, name, dtype, 0, elements);

    /// <summary>A stretch of elements of a range.</summary>
    /// <exception cref="EngineException">The range is shorter.</exception>
    public static BufferRange Part(this BufferRange range, string kernel, string name, DType dtype, long first, long elements)
    {
        int size = dtype.Size();
        if (elements < 0 || (first + elements) * size > range.Bytes)
            throw new EngineException($"{kernel}: {name} needs {first + elements:N0} elements of {dtype.CName()}, and {range} has {range.Bytes / size:N0}.");
        return range.Slice(first * size, elements * size);
    }
}
