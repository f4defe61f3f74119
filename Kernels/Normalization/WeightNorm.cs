using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Normalization;

/// <summary>
/// Weight normalisation: each row of a rows x columns matrix (the filter of an output channel) gets the length g (Salimans and Kingma 2016,
/// eq. 2 and 3). float or double; sums by the summation law.
/// </summary>
public static class WeightNorm
{
    private const string Name = "weight_norm";

    /// <summary>w = g v / |v|; NaN for a row of zeros.</summary>
    /// <param name="v">rows * columns elements, read.</param>
    /// <param name="g">rows elements, read.</param>
    /// <param name="w">rows * columns elements, written.</param>
    /// <param name="inverse">rows elements, written: 1/|v|.</param>
    /// <exception cref="EngineException">dtype is neither float nor double, or a range is too short.</exception>
    public static void Forward(Device device, DType dtype, BufferRange v, BufferRange g, BufferRange w, BufferRange inverse, long rows, long columns)
    {
        v = v.First(Name, "v", dtype, rows * columns);
        g = g.First(Name, "g", dtype, rows);
        w = w.First(Name, "w", dtype, rows * columns);
        inverse = inverse.First(Name, "inverse", dtype, rows);
        var args = new WeightNormArgs { V = v.Address, G = g.Address, W = w.Address, Inverse = inverse.Address, Rows = rows, Columns = columns };
        ReadOnlySpan<Access> accesses = [Access.Read(v), Access.Read(g), Access.Write(w), Access.Write(inverse)];
        if (device is CpuDevice cpu) WeightNormCpu.Forward(cpu, dtype, ref args, accesses);
        else WeightNormGpu.Forward((GpuDevice)device, dtype, ref args, accesses);
    }

    /// <summary>Gradients of v and g.</summary>
    /// <param name="dw">rows * columns elements, read.</param>
    /// <param name="v">rows * columns elements, read.</param>
    /// <param name="g">rows elements, read.</param>
    /// <param name="inverse">rows elements of <see cref="Forward"/>, read.</param>
    /// <param name="dv">rows * columns elements; null where nobody asks.</param>
    /// <param name="dg">rows elements; null where nobody asks.</param>
    public static void Backward(
        Device device, DType dtype, BufferRange dw, BufferRange v, BufferRange g, BufferRange inverse, ParameterTarget? dv, ParameterTarget? dg, long rows, long columns)
    {
        const string Backward = $"{Name}_backward";
        if (dv is null && dg is null) return;
        dw = dw.First(Backward, "dw", dtype, rows * columns);
        v = v.First(Backward, "v", dtype, rows * columns);
        g = g.First(Backward, "g", dtype, rows);
        inverse = inverse.First(Backward, "inverse", dtype, rows);
        var args = new WeightNormArgs { DW = dw.Address, V = v.Address, G = g.Address, Inverse = inverse.Address, Rows = rows, Columns = columns };
        Span<Access> accesses = [Access.Read(dw), Access.Read(v), Access.Read(g), Access.Read(inverse), default, default];
        int used = 4;
        if (dv is { } toV) (args.DV, args.ToV) = toV.Declare(Backward, "dv", dtype, rows * columns, ref accesses[used++]);
        if (dg is { } toG) (args.DG, args.ToG) = toG.Declare(Backward, "dg", dtype, rows, ref accesses[used++]);
        if (device is CpuDevice cpu) WeightNormCpu.Backward(cpu, dtype, ref args, accesses[..used]);
        else WeightNormGpu.Backward((GpuDevice)device, dtype, ref args, accesses[..used]);
    }
}

/// <summary>See weight_norm.cu.</summary>
internal struct WeightNormArgs
{
    public ulong V;
    public ulong G;
    public ulong W;
    public ulong Inverse;
    public ulong DW;
    public ulong DV;
    public ulong DG;
    public long Rows;
    public long Columns;
    public GradientUse ToV;
    public GradientUse ToG;
}
