using System.Runtime.CompilerServices;

namespace GenEngine.Kernels.Devices.Gpu;

/// <summary>
/// One variant of a hand-written kernel: a source file, an entry point, and the constants it is compiled with.
/// Variants are static, one object each; a device compiles a variant when it is first launched.
/// </summary>
public sealed class GpuKernel
{
    /// <param name="file">Path inside Kernels, with forward slashes: "MatMul/matmul.cu".</param>
    /// <param name="entry">Name of the KERNEL in the file.</param>
    /// <param name="argsType">The C# struct that mirrors the kernel's argument struct, field for field.</param>
    /// <param name="defines">Compile-time constants as NAME=VALUE, for example "REAL=float".</param>
    public GpuKernel(string file, string entry, Type argsType, params string[] defines)
    {
        File = file;
        Entry = entry;
        ArgsType = argsType;
        Defines = [.. defines.Order(StringComparer.Ordinal)];
        Name = Defines.Length == 0 ? entry : $"{entry}<{string.Join(",", Defines)}>";
    }

    /// <summary>Path of the source inside Kernels, with forward slashes; a full path for a file of the user.</summary>
    public string File { get; }

    /// <summary>The KERNEL of the file that is launched.</summary>
    public string Entry { get; }

    /// <summary>The C# struct that mirrors the kernel's argument struct; launches with another are refused.</summary>
    public Type ArgsType { get; }

    /// <summary>Compile-time constants as NAME=VALUE, in ordinal order.</summary>
    public IReadOnlyList<string> DefineList => Defines;

    /// <summary>entry&lt;NAME=VALUE,...&gt;</summary>
    public string Name { get; }

    /// <summary>The lowest compute capability that has the instructions, times ten: 75, 80, 90.</summary>
    public int MinArch { get; init; } = 75;

    /// <summary>
    /// True when it needs instructions that only the architecture <see cref="MinArch"/> itself has (wgmma: MinArch 90, compiled for
    /// sm_90a); it then runs on no other.
    /// </summary>
    public bool ArchSpecific { get; init; }

    /// <summary>Why this variant may spill registers; null when a spill is a defect.</summary>
    public string? SpillReason { get; init; }

    /// <summary>True when its result follows the summation law bit for bit (tensor-core kernels do not).</summary>
    public bool FollowsSummationLaw { get; init; } = true;

    /// <summary>Dynamic shared memory that every launch asks for, bytes; what a launcher decides at run time does not count.</summary>
    public int DynamicSharedBytes { get; init; }

    /// <summary>Size of the argument struct, bytes.</summary>
    public int ArgumentBytes => (int)typeof(Unsafe).GetMethod(nameof(Unsafe.SizeOf))!.MakeGenericMethod(ArgsType).Invoke(null, null)!;

    internal string[] Defines { get; }

    public override string ToString() => Name;
}

/// <summary>
/// Implemented by each family's GPU launcher class; lists and checks find the families by it, so that there is no central list.
/// </summary>
public interface IGpuKernelFamily
{
    /// <summary>Every variant that the launcher may use.</summary>
    static abstract IEnumerable<GpuKernel> Variants { get; }
}

/// <summary>A family whose launcher chooses among tiles that serve the same launches; <see cref="KernelCatalog.ForceTile"/> finds these.</summary>
public interface ITiledKernelFamily : IGpuKernelFamily
{
    /// <summary>Index of the tile that every launch of this thread takes, the last one that serves for any beyond; null chooses. For tuning, and for proofs of every tile.</summary>
    static abstract int? ForcedTile { get; set; }

    /// <summary>How many tiles there are, of the type or precision that has most.</summary>
    static abstract int MostTiles { get; }
}
