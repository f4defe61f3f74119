namespace GenEngine.Kernels.Devices.Gpu;

/// <summary>
/// What float32 matrix products and convolutions of a GPU compute in. Memory holds float32 whatever it is, and everything else
/// (sums, element-wise work, optimisers) stays float32; float64 work ignores it.
/// </summary>
public enum Precision : byte
{
    /// <summary>Float32 throughout, on the ordinary units; the summation law, the same bits on every device.</summary>
    Float32,

    /// <summary>Tensor cores, operands rounded to 10 bits of fraction (relative error 2^-11), sums in float32.</summary>
    Tf32,

    /// <summary>Tensor cores, operands rounded to bfloat16 (7 bits of fraction, relative error 2^-8), sums in float32.</summary>
    BFloat16,

    /// <summary>
    /// Tensor cores, operands split into two parts of TF32 and three products of parts for each (3xTF32): relative error 2^-21 a product, near float32 at
    /// a third of the speed of <see cref="Tf32"/>. Finite results are near float32's while operands are at least 2^-114; products beyond float32's range are infinite or NaN.
    /// </summary>
    Tf32x3,
}

/// <summary>Precisions as the command line has them.</summary>
public static class Precisions
{
    /// <summary>Those of the tensor cores, all but <see cref="Precision.Float32"/>.</summary>
    public static IReadOnlyList<Precision> OfTensorCores { get; } = [Precision.Tf32, Precision.BFloat16, Precision.Tf32x3];

    /// <summary>The name on the command line: float32, tf32, bf16, tf32x3.</summary>
    public static string Name(this Precision precision) => precision switch
    {
        Precision.Float32 => "float32",
        Precision.Tf32 => "tf32",
        Precision.BFloat16 => "bf16",
        _ => "tf32x3",
    };
}
