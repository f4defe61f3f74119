using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;

namespace GenEngine.Kernels.Normalization;

/// <summary>Where a parameter's gradient goes.</summary>
/// <param name="Range">As many elements as the parameter.</param>
/// <param name="Accumulate">Add to what is there.</param>
public readonly record struct ParameterTarget(BufferRange Range, bool Accumulate)
{
    internal (ulong Address, GradientUse Use) Declare(string kernel, string name, DType dtype, long elements, ref Access access)
    {
        var range = Range.First(kernel, name, dtype, elements);
        access = Accumulate ? Access.Update(range) : Access.Write(range);
        return (range.Address, Accumulate ? GradientUse.Added : GradientUse.Written);
    }
}

/// <summary>What becomes of a parameter's gradient; the numbers of the .cu files.</summary>
internal enum GradientUse
{
    Unwanted,
    Written,
    Added,
}
