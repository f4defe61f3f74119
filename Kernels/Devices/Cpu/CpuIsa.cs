using System.Runtime.Intrinsics.X86;

namespace GenEngine.Kernels.Devices.Cpu;

/// <summary>Instruction sets that the CPU kernels are written for. Results are the same on all of them, bit for bit.</summary>
public enum CpuIsa : byte
{
    /// <summary>128-bit vectors of any processor (NEON on ARM).</summary>
    Portable,

    /// <summary>256-bit vectors with fused multiply-add.</summary>
    Avx2,

    /// <summary>512-bit vectors.</summary>
    Avx512,
}

/// <summary>What this processor has of the instruction sets, and their names.</summary>
public static class CpuIsas
{
    /// <summary>The widest set that this processor has.</summary>
    public static CpuIsa Best { get; } =
        Avx512F.IsSupported && Avx512DQ.IsSupported && Avx512BW.IsSupported && Avx512F.VL.IsSupported ? CpuIsa.Avx512
        : Avx2.IsSupported && Fma.IsSupported ? CpuIsa.Avx2
        : CpuIsa.Portable;

    /// <summary>True when this processor has the set: each includes the narrower ones.</summary>
    public static bool IsSupported(this CpuIsa isa) => isa <= Best;

    /// <summary>The name on the command line and in GENENGINE_ISA: portable, avx2, avx512.</summary>
    public static string Name(this CpuIsa isa) => isa switch
    {
        CpuIsa.Avx512 => "avx512",
        CpuIsa.Avx2 => "avx2",
        _ => "portable",
    };

    /// <summary>Parses portable, avx2 or avx512.</summary>
    /// <exception cref="EngineException">Another name, or a set that this processor lacks.</exception>
    public static CpuIsa Parse(string name)
    {
        CpuIsa isa = name switch
        {
            "portable" => CpuIsa.Portable,
            "avx2" => CpuIsa.Avx2,
            "avx512" => CpuIsa.Avx512,
            _ => throw new EngineException($"Unknown instruction set '{name}'; use portable, avx2 or avx512."),
        };
        return isa.IsSupported() ? isa : throw new EngineException($"This processor has no {name}; the widest set it has is {Best.Name()}.");
    }
}
