using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.MatMul;

/// <summary>The choice of a product's tile: by measurement where the device can, else the launcher's arithmetic.</summary>
internal static class MatMulTuning
{
    /// <param name="family">Name of the kernel.</param>
    /// <param name="quads">Whether four neighbours are one access; the candidates differ.</param>
    public static TuningKey Key(string family, Precision precision, bool quads, in MatMulArgs args) =>
        new(family, precision, (args.Op * 2) + (quads ? 1 : 0), args.Batch, args.M, args.N, args.K);

    /// <summary>True when there is nothing to measure: no tuner, a choice made before, or a capture, where nothing may be timed (the bits are the same).</summary>
    /// <param name="analytic">Index of the launcher's own choice.</param>
    public static bool IsSettled(GpuDevice device, in TuningKey key, int analytic, out int choice)
    {
        int? known = device.Tuner?.Find(key);
        choice = known ?? analytic;
        return device.Tuner is null || known is not null || device.Recorder is not null;
    }

    /// <summary>Takes the stored choice, or measures the candidates, into scratch memory: the real outputs may hold what the product adds to.</summary>
    public static int Measure(GpuDevice device, in TuningKey key, MatMulArgs args, int analytic, IReadOnlyList<TileCandidate> candidates)
    {
        long bytes = args.Batch * args.M * args.N * sizeof(float);
        nint scratch = device.Driver.Allocate(bytes);
        if (scratch == 0) return device.Tuner!.Settle(key, analytic);
        try
        {
            args.C = (ulong)scratch;
            args.Accumulate = 0;
            return device.Tuner!.Choose(
                key, [.. candidates.Select(candidate => candidate.Name)], analytic,
                () => device.Prefetch([.. candidates.Select(candidate => candidate.Kernel)]),
                (index, launches) => device.Time(candidates[index].Kernel, candidates[index].Shape, args, launches));
        }
        finally
        {
            device.Driver.Free(scratch, bytes);
        }
    }
}

/// <summary>A variant that a launcher may take, and how it would launch it.</summary>
/// <param name="Name">All that it is; stored choices are found by it.</param>
internal sealed record TileCandidate(string Name, GpuKernel Kernel, LaunchShape Shape);
