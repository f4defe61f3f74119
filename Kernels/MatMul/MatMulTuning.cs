using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.MatMul;

/// <summary>What the choice of a product's tile depends on, and how it is measured.</summary>
internal static class MatMulTuning
{
    /// <param name="family">Name of the kernel.</param>
    /// <param name="quads">Whether four neighbours are one access; the candidates differ.</param>
    public static TuningKey Key(string family, Precision precision, bool quads, in MatMulArgs args) =>
        new(family, precision, (args.Op * 2) + (quads ? 1 : 0), args.Batch, args.M, args.N, args.K);

    /// <summary>Takes the stored choice, or measures the candidates.</summary>
    public static int Measure(GpuDevice device, in TuningKey key, in MatMulArgs args, int analytic, IReadOnlyList<TileCandidate> candidates) =>
        TileTuning.Measure(device, key, args, args.Batch * args.M * args.N * sizeof(float), Redirect, analytic, candidates);

    private static void Redirect(ref MatMulArgs args, ulong scratch)
    {
        args.C = scratch;
        args.Accumulate = 0;
    }
}
