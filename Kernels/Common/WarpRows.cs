using GenEngine.Kernels.Devices;

namespace GenEngine.Kernels.Common;

/// <summary>
/// Grids of kernels that give a row to a warp. Small blocks, so that the few rows of a batch spread over the multiprocessors.
/// </summary>
internal static class WarpRows
{
    private const int Warps = 4;

    public static LaunchShape Shape(long rows) => LaunchShape.Linear((rows + Warps - 1) / Warps, 32 * Warps);
}
