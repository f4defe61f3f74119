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
}

/// <summary>Precisions as the command line has them.</summary>
public static class Precisions
{
    /// <summary>The name on the command line: float32, tf32, bf16.</summary>
    public static string Name(this Precision precision) => precision switch
    {
        Precision.Float32 => "float32",
        Precision.Tf32 => "tf32",
        _ => "bf16",
    };
}
