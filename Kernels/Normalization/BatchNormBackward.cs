using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Normalization;

/// <summary>
/// Gradients of <see cref="BatchNorm"/>: <see cref="Sums"/> and <see cref="Finish"/> give those of gamma and beta and the two means that
/// <see cref="Apply"/> needs in training. The activation is computed again from x.
/// On a GPU dy, x and dx may be stored in BF16, as in <see cref="BatchNorm"/>.
/// </summary>
public static class BatchNormBackward
{
    private const string Name = "batch_norm_backward";

    /// <summary>Elements of the partial sums.</summary>
    public static long PartialElements(long rows, long columns) => 2 * BatchNorm.Chunks(rows) * columns;

    /// <summary>With dz = dy act'(z) and h = (x - mean) inverse: the sums of dz and of dz h over each chunk of 64 rows.</summary>
    /// <param name="dy">rows * columns elements, read.</param>
    /// <param name="x">rows * columns elements, read.</param>
    /// <param name="statistics">2 * columns elements: means, inverse deviations.</param>
    /// <param name="gamma">columns elements, read.</param>
    /// <param name="beta">columns elements, read.</param>
    /// <param name="partials"><see cref="PartialElements"/>, written: [chunks, 2, columns].</param>
    /// <exception cref="EngineException">dtype is neither float nor double, or a range is too short.</exception>
    public static void Sums(
        Device device, DType dtype, BufferRange dy, BufferRange x, BufferRange statistics, BufferRange gamma, BufferRange beta, BufferRange partials,
        long rows, long columns, Activation activation = Activation.None, double slope = 0)
    {
        BatchNorm.Check(rows, columns, 1);
        dy = dy.First(Name, "dy", dtype, rows * columns);
        partials = partials.First(Name, "partials", dtype.Computed(), PartialElements(rows, columns));
        var args = Args(dtype, ref x, ref statistics, ref gamma, ref beta, rows, columns, slope);
        args.DY = dy.Address;
        args.Partials = partials.Address;
        ReadOnlySpan<Access> accesses =
            [Access.Read(dy), Access.Read(x), Access.Read(statistics), Access.Read(gamma), Access.Read(beta), Access.Write(partials)];
        if (device is CpuDevice cpu) BatchNormBackwardCpu.Sums(cpu, dtype, activation, ref args, accesses);
        else BatchNormBackwardGpu.Sums((GpuDevice)device, dtype, activation, ref args, accesses);
    }

    /// <summary>Joins the chunks, ascending.</summary>
    /// <param name="partials"><see cref="PartialElements"/>, read: [chunks, 2, columns], the terms of beta and of gamma.</param>
    /// <param name="means">2 * columns elements, written: the sums divided by rows. Null where nobody asks.</param>
    /// <param name="dGamma">Null where nobody asks.</param>
    /// <param name="dBeta">Null where nobody asks.</param>
    public static void Finish(
        Device device, DType dtype, BufferRange partials, BufferRange? means, ParameterTarget? dGamma, ParameterTarget? dBeta, long rows, long columns)
    {
        BatchNorm.Check(rows, columns, 1);
        partials = partials.First(Name, "partials", dtype.Computed(), PartialElements(rows, columns));
        var args = new BatchNormBackwardArgs { Partials = partials.Address, Rows = rows, Columns = columns };
        Span<Access> accesses = [Access.Read(partials), default, default, default];
        int used = 1;
        if (means is { } range)
        {
            range = range.First(Name, "means", dtype.Computed(), 2 * columns);
            args.Means = range.Address;
            args.Training = 1;
            accesses[used++] = Access.Write(range);
        }

        if (dGamma is { } gamma) (args.DGamma, args.ToGamma) = gamma.Declare(Name, "dGamma", dtype, columns, ref accesses[used++]);
        if (dBeta is { } beta) (args.DBeta, args.ToBeta) = beta.Declare(Name, "dBeta", dtype, columns, ref accesses[used++]);
        if (used == 1) return;
        if (device is CpuDevice cpu) BatchNormBackwardCpu.Finish(cpu, dtype, ref args, accesses[..used]);
        else BatchNormBackwardGpu.Finish((GpuDevice)device, dtype, ref args, accesses[..used]);
    }

    /// <summary>dx = gamma inverse (dz - mean(dz) - h mean(dz h)), or dx += it.</summary>
    /// <param name="means">2 * columns elements of <see cref="Finish"/>; null where the statistics are constants, and dx = gamma inverse dz.</param>
    /// <param name="dx">rows * columns elements, written; updated when accumulating; may be dy when not.</param>
    public static void Apply(
        Device device, DType dtype, BufferRange dy, BufferRange x, BufferRange statistics, BufferRange gamma, BufferRange beta, BufferRange? means, BufferRange dx,
        long rows, long columns, Activation activation = Activation.None, double slope = 0, bool accumulate = false)
    {
        BatchNorm.Check(rows, columns, 1);
        dy = dy.First(Name, "dy", dtype, rows * columns);
        dx = dx.First(Name, "dx", dtype, rows * columns);
        var args = Args(dtype, ref x, ref statistics, ref gamma, ref beta, rows, columns, slope);
        args.DY = dy.Address;
        args.DX = dx.Address;
        args.Accumulate = accumulate ? 1 : 0;
        bool inPlace = args.DX == args.DY;
        if (inPlace && accumulate) throw new EngineException($"{Name}: dx += needs a dx of its own.");
        Span<Access> accesses = [Access.Read(x), Access.Read(statistics), Access.Read(gamma), Access.Read(beta), default, default, default];
        int used = 4;
        accesses[used++] = accumulate || inPlace ? Access.Update(dx) : Access.Write(dx);
        if (!inPlace) accesses[used++] = Access.Read(dy);
        ulong addresses = args.DY | args.DX | args.X | args.Stats | args.Gamma | args.Beta;
        if (means is { } range)
        {
            range = range.First(Name, "means", dtype.Computed(), 2 * columns);
            args.Means = range.Address;
            args.Training = 1;
            accesses[used++] = Access.Read(range);
        }

        args.Quads = BatchNorm.Quads(rows, columns, addresses);
        if (device is CpuDevice cpu) BatchNormBackwardCpu.Apply(cpu, dtype, activation, ref args, accesses[..used]);
        else BatchNormBackwardGpu.Apply((GpuDevice)device, dtype, activation, ref args, accesses[..used]);
    }

    private static BatchNormBackwardArgs Args(
        DType dtype, ref BufferRange x, ref BufferRange statistics, ref BufferRange gamma, ref BufferRange beta, long rows, long columns, double slope)
    {
        x = x.First(Name, "x", dtype, rows * columns);
        statistics = statistics.First(Name, "statistics", dtype.Computed(), 2 * columns);
        gamma = gamma.First(Name, "gamma", dtype.Computed(), columns);
        beta = beta.First(Name, "beta", dtype.Computed(), columns);
        return new BatchNormBackwardArgs
        {
            X = x.Address,
            Stats = statistics.Address,
            Gamma = gamma.Address,
            Beta = beta.Address,
            Rows = rows,
            Columns = columns,
            Slope = slope,
        };
    }
}

/// <summary>See batch_norm_backward.cu.</summary>
internal struct BatchNormBackwardArgs
{
    public ulong DY;
    public ulong X;
    public ulong Stats;
    public ulong Gamma;
    public ulong Beta;
    public ulong Partials;
    public ulong Means;
    public ulong DGamma;
    public ulong DBeta;
    public ulong DX;
    public long Rows;
    public long Columns;
    public long Quads;
    public double Slope;
    public int Training;
    public GradientUse ToGamma;
    public GradientUse ToBeta;
    public int Accumulate;
}
