using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Normalization;

/// <summary>
/// Layer normalisation over each row of a row-major rows x columns matrix, gamma and beta a column (Ba, Kiros and Hinton 2016, eq. 4).
/// float or double; sums by the summation law.
/// </summary>
public static class LayerNorm
{
    private const string Name = "layer_norm";

    /// <summary>y = (x - mean) / sqrt(biased variance + epsilon) * gamma + beta.</summary>
    /// <param name="x">rows * columns elements, read.</param>
    /// <param name="gamma">columns elements, read.</param>
    /// <param name="beta">columns elements, read.</param>
    /// <param name="statistics">2 * rows elements, written: means, inverse deviations.</param>
    /// <param name="y">rows * columns elements, written.</param>
    /// <exception cref="EngineException">dtype is neither float nor double, or a range is too short.</exception>
    public static void Forward(
        Device device, DType dtype, BufferRange x, BufferRange gamma, BufferRange beta, BufferRange statistics, BufferRange y, long rows, long columns, double epsilon)
    {
        BatchNorm.Check(rows, columns, 1);
        x = x.First(Name, "x", dtype, rows * columns);
        gamma = gamma.First(Name, "gamma", dtype, columns);
        beta = beta.First(Name, "beta", dtype, columns);
        statistics = statistics.First(Name, "statistics", dtype, 2 * rows);
        y = y.First(Name, "y", dtype, rows * columns);
        var args = new LayerNormArgs
        {
            X = x.Address,
            Gamma = gamma.Address,
            Beta = beta.Address,
            Stats = statistics.Address,
            Y = y.Address,
            Rows = rows,
            Columns = columns,
            Epsilon = epsilon,
        };
        Launch(device, dtype, LayerNormKernel.Forward, ref args, [Access.Read(x), Access.Read(gamma), Access.Read(beta), Access.Write(statistics), Access.Write(y)]);
    }

    /// <summary>dx, or dx += it.</summary>
    /// <param name="dy">rows * columns elements, read.</param>
    /// <param name="x">rows * columns elements, read.</param>
    /// <param name="gamma">columns elements, read.</param>
    /// <param name="statistics">2 * rows elements of <see cref="Forward"/>, read.</param>
    /// <param name="dx">rows * columns elements, written; updated when accumulating; may be dy when not.</param>
    public static void Backward(
        Device device, DType dtype, BufferRange dy, BufferRange x, BufferRange gamma, BufferRange statistics, BufferRange dx, long rows, long columns,
        bool accumulate = false)
    {
        const string Backward = $"{Name}_backward";
        BatchNorm.Check(rows, columns, 1);
        dy = dy.First(Backward, "dy", dtype, rows * columns);
        x = x.First(Backward, "x", dtype, rows * columns);
        gamma = gamma.First(Backward, "gamma", dtype, columns);
        statistics = statistics.First(Backward, "statistics", dtype, 2 * rows);
        dx = dx.First(Backward, "dx", dtype, rows * columns);
        var args = new LayerNormArgs
        {
            DY = dy.Address,
            X = x.Address,
            Gamma = gamma.Address,
            Stats = statistics.Address,
            DX = dx.Address,
            Rows = rows,
            Columns = columns,
            Accumulate = accumulate ? 1 : 0,
        };
        bool inPlace = args.DX == args.DY;
        if (inPlace && accumulate) throw new EngineException($"{Backward}: dx += needs a dx of its own.");
        ReadOnlySpan<Access> accesses =
            [accumulate || inPlace ? Access.Update(dx) : Access.Write(dx), Access.Read(x), Access.Read(gamma), Access.Read(statistics), Access.Read(dy)];
        Launch(device, dtype, LayerNormKernel.Backward, ref args, inPlace ? accesses[..^1] : accesses);
    }

    /// <summary>The sums of dy and of dy h over each chunk of 64 rows, h the normalised x; <see cref="BatchNormBackward.Finish"/> joins them.</summary>
    /// <param name="partials"><see cref="BatchNormBackward.PartialElements"/>, written: [chunks, 2, columns].</param>
    public static void Sums(Device device, DType dtype, BufferRange dy, BufferRange x, BufferRange statistics, BufferRange partials, long rows, long columns)
    {
        const string Sums = $"{Name}_backward_sums";
        BatchNorm.Check(rows, columns, 1);
        dy = dy.First(Sums, "dy", dtype, rows * columns);
        x = x.First(Sums, "x", dtype, rows * columns);
        statistics = statistics.First(Sums, "statistics", dtype, 2 * rows);
        partials = partials.First(Sums, "partials", dtype, BatchNormBackward.PartialElements(rows, columns));
        var args = new LayerNormArgs { DY = dy.Address, X = x.Address, Stats = statistics.Address, Partials = partials.Address, Rows = rows, Columns = columns };
        Launch(device, dtype, LayerNormKernel.Sums, ref args, [Access.Read(dy), Access.Read(x), Access.Read(statistics), Access.Write(partials)]);
    }

    private static void Launch(Device device, DType dtype, LayerNormKernel kernel, ref LayerNormArgs args, ReadOnlySpan<Access> accesses)
    {
        if (device is CpuDevice cpu) LayerNormCpu.Launch(cpu, dtype, kernel, ref args, accesses);
        else LayerNormGpu.Launch((GpuDevice)device, dtype, kernel, ref args, accesses);
    }
}

/// <summary>The kernels of layer_norm.cu.</summary>
internal enum LayerNormKernel
{
    Forward,
    Backward,
    Sums,
}

/// <summary>See layer_norm.cu.</summary>
internal struct LayerNormArgs
{
    public ulong X;
    public ulong Gamma;
    public ulong Beta;
    public ulong Stats;
    public ulong Y;
    public ulong DY;
    public ulong DX;
    public ulong Partials;
    public long Rows;
    public long Columns;
    public double Epsilon;
    public int Accumulate;
}
