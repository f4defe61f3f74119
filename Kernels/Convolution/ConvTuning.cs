using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Convolution;

/// <summary>What the choice of a convolution's tile depends on, and how it is measured. Candidates are all tiles that serve: each gives the same bits.</summary>
internal static class ConvTuning
{
    /// <summary>Parts with more output channels than this are not worth timing on the kernels for few.</summary>
    private const int ManyOutputs = 32;

    /// <param name="family">Name of the kernel.</param>
    /// <param name="inQuads">Input channels move in fours.</param>
    /// <param name="outQuads">Output channels do.</param>
    public static TuningKey Key(string family, Precision precision, ConvProgram program, int batch, bool inQuads, bool outQuads)
    {
        var plan = program.Plan;
        int variant = (plan.FilterTransposed ? 4 : 0) + (inQuads ? 2 : 0) + (outQuads ? 1 : 0);
        return new(family, precision, variant, batch, plan.Input.Height, plan.Input.Width, plan.Input.Channels, plan.Output.Channels, plan.FilterTaps, plan.Parts.Count, program.Fingerprint);
    }

    /// <summary>How many of the tiles, the one for few output channels being last, are candidates.</summary>
    /// <param name="analytic">The launcher's own choice, which always is one.</param>
    public static int Candidates(ConvPlan plan, int tiles, int analytic) =>
        plan.Parts.All(part => part.EndOutput - part.FirstOutput > ManyOutputs) ? Math.Max(tiles - 1, analytic + 1) : tiles;

    /// <summary>Takes the stored choice, or measures the candidates into scratch memory.</summary>
    public static int Measure(GpuDevice device, in TuningKey key, in ConvArgs args, int analytic, IReadOnlyList<TileCandidate> candidates) =>
        TileTuning.Measure(device, key, args, (long)args.Batch * args.OutH * args.OutW * args.OutC * sizeof(float), Redirect, analytic, candidates);

    private static void Redirect(ref ConvArgs args, ulong scratch)
    {
        args.Y = scratch;
        args.Accumulate = 0;
        args.HasPartials = 0; // the tile that is chosen decides whether there are any
    }
}
