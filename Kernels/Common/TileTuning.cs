using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Common;

/// <summary>A variant that a launcher may take, and how it would launch it.</summary>
/// <param name="Name">All that it is; stored choices are found by it.</param>
internal sealed record TileCandidate(string Name, GpuKernel Kernel, LaunchShape Shape);

/// <summary>The choice of a tile: by measurement where the device can, else the launcher's arithmetic.</summary>
internal static class TileTuning
{
    /// <summary>Points a launch at scratch memory, and has it add to nothing.</summary>
    public delegate void Redirect<TArgs>(ref TArgs args, ulong scratch);

    /// <summary>True when there is nothing to measure: no tuner, a choice made before, or a capture, where nothing may be timed (the bits are the same).</summary>
    /// <param name="analytic">Index of the launcher's own choice.</param>
    public static bool IsSettled(GpuDevice device, in TuningKey key, int analytic, out int choice)
    {
        int? known = device.Tuner?.Find(key);
        choice = known ?? analytic;
        return device.Tuner is null || known is not null || device.Recorder is not null;
    }

    /// <summary>Takes the stored choice, or measures the candidates on these arguments: for launches that overwrite all they write.</summary>
    public static int Measure<TArgs>(GpuDevice device, in TuningKey key, TArgs args, int analytic, IReadOnlyList<TileCandidate> candidates)
        where TArgs : unmanaged => device.Tuner!.Choose(
            key, [.. candidates.Select(candidate => candidate.Name)], analytic,
            () => device.Prefetch([.. candidates.Select(candidate => candidate.Kernel)]),
            (index, launches) => device.Time(candidates[index].Kernel, candidates[index].Shape, args, launches));

    /// <summary>The same into scratch memory: the real outputs may hold what the launch adds to. Without memory the arithmetic chooses.</summary>
    /// <param name="bytes">Of scratch memory.</param>
    public static int Measure<TArgs>(
        GpuDevice device, in TuningKey key, TArgs args, long bytes, Redirect<TArgs> redirect, int analytic, IReadOnlyList<TileCandidate> candidates)
        where TArgs : unmanaged
    {
        nint scratch = device.Driver.Allocate(bytes);
        if (scratch == 0) return device.Tuner!.Settle(key, analytic);
        try
        {
            redirect(ref args, (ulong)scratch);
            return Measure(device, key, args, analytic, candidates);
        }
        finally
        {
            device.Driver.Free(scratch, bytes);
        }
    }
}
