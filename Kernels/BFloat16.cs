namespace GenEngine.Kernels;

/// <summary>The upper half of a float on the host, as <see cref="DType.BFloat16"/> memory has it and as kernels round to it.</summary>
public static class BFloat16
{
    /// <summary>The nearest number's bits, ties to even; a NaN becomes the one of the kernels (to_bf16 in Common/prelude.cuh).</summary>
    public static ushort Bits(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        return float.IsNaN(value) ? (ushort)0x7FFF : (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }

    /// <summary>The number, which float has exactly.</summary>
    public static float Value(ushort bits) => BitConverter.UInt32BitsToSingle((uint)bits << 16);
}
