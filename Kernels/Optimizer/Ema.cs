using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Optimizer;

/// <summary>
/// An exponential moving average of parameters: average = decay * average + (1 - decay) * w, computed as average + (1 - decay) * (w - average),
/// so that equal values stay as they are.
/// </summary>
public static unsafe class Ema
{
    /// <param name="dtype">float or double.</param>
    /// <param name="weights">[count], read.</param>
    /// <param name="average">[count], updated; begin with a copy of the weights.</param>
    /// <param name="decay">From 0 to 1.</param>
    /// <exception cref="EngineException">A range is too short, or decay is out of range.</exception>
    public static void Run(Device device, DType dtype, BufferRange weights, BufferRange average, long count, double decay)
    {
        if (decay is not (>= 0 and <= 1)) throw new EngineException($"ema: decay lies in [0, 1], not {decay}.");
        weights = weights.First("ema", "weights", dtype, count);
        average = average.First("ema", "average", dtype, count);
        if (count == 0) return;
        var args = new EmaArgs { W = weights.Address, E = average.Address, N = count, Rest = 1.0 - decay };
        ReadOnlySpan<Access> accesses = [Access.Read(weights), Access.Update(average)];
        if (device is GpuDevice gpu) EmaGpu.Launch(gpu, dtype, ref args, accesses);
        else ((CpuDevice)device).Launch<FlatKernel<EmaCpu, EmaArgs>, EmaArgs>("ema", dtype, ref args, accesses);
    }
}

/// <summary>E is the average; Rest = 1 - decay.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct EmaArgs
{
    public ulong W, E;
    public long N;
    public double Rest;
    public int Aligned;
}

internal sealed class EmaGpu : IGpuKernelFamily
{
    private static readonly RealKernels Kernels = new("Optimizer/ema.cu", "ema", typeof(EmaArgs));

    public static IEnumerable<GpuKernel> Variants => Kernels.All;

    public static void Launch(GpuDevice device, DType dtype, ref EmaArgs args, ReadOnlySpan<Access> accesses)
    {
        args.Aligned = FlatGrid.Aligned(args.W, args.E);
        device.Launch(Kernels[dtype], FlatGrid.For(device, args.N), ref args, accesses);
    }
}

internal readonly unsafe struct EmaCpu : IFlatKernel<EmaArgs>
{
    public static int Traffic => 3;

    public static long Count(EmaArgs* args) => args->N;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static nint Range<V, T>(EmaArgs* args, nint start, nint end)
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        T* weights = (T*)args->W, average = (T*)args->E;
        V rest = Flat.Create<V, T>(args->Rest);
        nint i = start;
        for (; i + V.Count <= end; i += V.Count)
        {
            V e = V.Load(average + i);
            V.Store(V.Fma(rest, V.Sub(V.Load(weights + i), e), e), average + i);
        }

        return i;
    }
}
