using System.Runtime.InteropServices;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Optimizer;

/// <summary>Bounds gradients of a flat arena before an update.</summary>
public static unsafe class GradientClip
{
    /// <summary>The law's row length of a sum of all.</summary>
    internal const int RowLength = 4096;

    /// <summary>Bytes of the workspace of <see cref="ByGlobalNorm"/>.</summary>
    public static long WorkspaceBytes(DType dtype, long count) => Math.Max(1, Rows(count)) * dtype.Size();

    /// <summary>Each gradient into [-limit, limit]; NaN stays.</summary>
    /// <param name="dtype">float or double.</param>
    /// <param name="gradients">[count], updated.</param>
    /// <exception cref="EngineException">The range is too short, or limit is not positive.</exception>
    public static void ByValue(Device device, DType dtype, BufferRange gradients, long count, double limit)
    {
        if (!(limit > 0)) throw new EngineException($"clip_value: the limit is positive, not {limit}.");
        gradients = gradients.First("clip_value", "gradients", dtype, count);
        if (count == 0) return;
        var args = new ClipValueArgs { G = gradients.Address, N = count, Limit = limit };
        ReadOnlySpan<Access> accesses = [Access.Update(gradients)];
        if (device is GpuDevice gpu) GradientClipGpu.ByValue(gpu, dtype, ref args, accesses);
        else ((CpuDevice)device).Launch<FlatKernel<ClipValueCpu, ClipValueArgs>, ClipValueArgs>("clip_value", dtype, ref args, accesses);
    }

    /// <summary>
    /// Measures the Euclidean norm of all gradients and writes it (GradNorm) and min(1, maxNorm / (norm + 1e-6)) (GradScale) to the state; the
    /// gradients stay as they are, and the update multiplies them by the scale: clipping costs one reading of the arena and no writing.
    /// The sum of squares follows the law's "sum of all". Overwrites GradScale; to stop clipping, set that to 1 again.
    /// </summary>
    /// <param name="dtype">float or double.</param>
    /// <param name="gradients">[count], read.</param>
    /// <param name="workspace"><see cref="WorkspaceBytes"/>, overwritten.</param>
    /// <param name="state">One <see cref="OptimizerState"/>, updated.</param>
    /// <exception cref="EngineException">A range is too short, or maxNorm is not positive.</exception>
    public static void ByGlobalNorm(Device device, DType dtype, BufferRange gradients, long count, BufferRange workspace, BufferRange state, double maxNorm)
    {
        if (!(maxNorm > 0)) throw new EngineException($"clip_norm: the norm's limit is positive, not {maxNorm}.");
        gradients = gradients.First("clip_norm", "gradients", dtype, count);
        workspace = workspace.First("clip_norm", "workspace", dtype, Rows(count));
        state = state.State("clip_norm");
        if (count == 0) return;
        var args = new ClipNormArgs
        {
            G = gradients.Address,
            Sums = workspace.Address,
            State = state.Address,
            N = count,
            Rows = Rows(count),
            MaxNorm = maxNorm,
        };
        ReadOnlySpan<Access> sum = [Access.Read(gradients), Access.Write(workspace)];
        ReadOnlySpan<Access> finish = [Access.Read(workspace), Access.Update(state)];
        if (device is GpuDevice gpu) GradientClipGpu.ByGlobalNorm(gpu, dtype, ref args, sum, finish);
        else GradientClipCpu.ByGlobalNorm((CpuDevice)device, dtype, ref args, sum, finish);
    }

    private static long Rows(long count) => (count + RowLength - 1) / RowLength;
}

[StructLayout(LayoutKind.Sequential)]
internal struct ClipValueArgs
{
    public ulong G;
    public long N;
    public double Limit;
    public int Aligned;
}

/// <summary>Sums has a value a row of 4096 gradients.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ClipNormArgs
{
    public ulong G, Sums, State;
    public long N, Rows;
    public double MaxNorm;
}
