using GenEngine.Kernels;
using GenEngine.Kernels.Devices;

namespace GenEngine.Bench.Proofs;

/// <summary>Work of kernels that no op case launches, which a device that runs the CUDA sources must do as the CPU does.</summary>
/// <param name="Name">Family and what is done, as op cases are named.</param>
/// <param name="Run">What the work leaves, array by array; the same work on every device.</param>
internal sealed record KernelProof(string Name, Func<Device, IReadOnlyList<double[]>> Run)
{
    /// <summary>Largest error in units of 2^-24 of an array's scale; 0 asks for the CPU's bits.</summary>
    public double Ulps { get; init; }

    /// <summary>The lowest compute capability, times ten, that has the instructions.</summary>
    public int MinArch { get; init; } = 75;
}

/// <summary>A class of proofs; found by this interface, so that there is no list to edit.</summary>
internal interface IKernelProofSource
{
    /// <summary>Asked for once; the class needs a constructor without parameters.</summary>
    IEnumerable<KernelProof> Proofs { get; }

    /// <summary>Both types that the engine computes in.</summary>
    protected static DType[] Reals => [DType.Float32, DType.Float64];
}

/// <summary>All proofs of this program.</summary>
internal static class KernelProofs
{
    /// <summary>Sources in ordinal order of their class names.</summary>
    public static IReadOnlyList<KernelProof> All { get; } =
    [
        .. typeof(KernelProofs).Assembly.GetTypes()
            .Where(type => type is { IsClass: true, IsAbstract: false } && type.IsAssignableTo(typeof(IKernelProofSource)))
            .OrderBy(type => type.Name, StringComparer.Ordinal)
            .SelectMany(type => ((IKernelProofSource)Activator.CreateInstance(type)!).Proofs),
    ];
}
