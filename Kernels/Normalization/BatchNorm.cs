using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Normalization;

/// <summary>
/// Batch normalisation over the rows of a row-major rows x columns matrix, a mean and a variance a column: NHWC images are rows of
/// channels (Ioffe and Szegedy 2015, algorithm 1). float or double; the order of the sums depends on the shape alone.
/// On a GPU the matrix and its gradients may be stored in BF16 (dtype says so); all else is float then.
/// </summary>
/// <remarks>
/// Training runs <see cref="Statistics"/>, <see cref="Finish"/> and <see cref="Apply"/>, evaluation <see cref="UseRunning"/> and <see cref="Apply"/>.
/// The partial results between the first two have a format of their own, so that a kernel that makes x may leave them in passing:
/// [chunks, 3, columns], chunk c for rows 64 c .. 64 c + 63 (the last may be shorter): its first row s, its mean less s, its sum of squared deviations from
/// the mean. The bits of <see cref="Statistics"/>: with S = sum (x - s) and Q = sum fma(x - s, x - s) over the rows ascending from +0, these are
/// s, S / n and max(0, fma(-S, S / n, Q)).
/// </remarks>
public static class BatchNorm
{
    /// <summary>Rows of a chunk of partial results.</summary>
    public const int Chunk = RowChunks.Rows;

    private const string Name = "batch_norm";

    /// <summary>Whether GPUs have it over matrices stored in BF16: without an activation, or with a rectifier.</summary>
    public static bool TakesBFloat16(Activation activation) => activation is Activation.None or Activation.Relu or Activation.LeakyRelu;

    /// <summary>Elements of the partial results.</summary>
    public static long PartialElements(long rows, long columns) => RowChunks.PartialElements(rows, columns);

    /// <summary>Mean and squared deviations of each chunk of 64 rows.</summary>
    /// <param name="x">rows * columns elements, read.</param>
    /// <param name="partials"><see cref="PartialElements"/>, written.</param>
    /// <exception cref="EngineException">dtype is neither float nor double, or a range is too short.</exception>
    public static void Statistics(Device device, DType dtype, BufferRange x, BufferRange partials, long rows, long columns)
    {
        Check(rows, columns, 1);
        x = x.First(Name, "x", dtype, rows * columns);
        partials = partials.First(Name, "partials", dtype.Computed(), PartialElements(rows, columns));
        var args = new BatchNormArgs { X = x.Address, Partials = partials.Address, Rows = rows, Columns = columns };
        Launch(device, dtype, BatchNormKernel.Statistics, ref args, [Access.Read(x), Access.Write(partials)]);
    }

    /// <summary>Joins the chunks: mean, 1/sqrt(biased variance + epsilon), unbiased variance.</summary>
    /// <param name="partials"><see cref="PartialElements"/>, read.</param>
    /// <param name="statistics">3 * columns elements, written.</param>
    /// <exception cref="EngineException">Fewer than two rows: they have no variance.</exception>
    public static void Finish(Device device, DType dtype, BufferRange partials, BufferRange statistics, long rows, long columns, double epsilon)
    {
        Check(rows, columns, 2);
        partials = partials.First(Name, "partials", dtype, PartialElements(rows, columns));
        statistics = statistics.First(Name, "statistics", dtype, 3 * columns);
        var args = new BatchNormArgs { Partials = partials.Address, Stats = statistics.Address, Rows = rows, Columns = columns, Epsilon = epsilon };
        Launch(device, dtype, BatchNormKernel.Finish, ref args, [Access.Read(partials), Access.Write(statistics)]);
    }

    /// <summary>Statistics for <see cref="Apply"/> from running ones: mean and 1/sqrt(variance + epsilon).</summary>
    /// <param name="statistics">2 * columns elements, written.</param>
    public static void UseRunning(Device device, DType dtype, BufferRange runningMean, BufferRange runningVariance, BufferRange statistics, long columns, double epsilon)
    {
        runningMean = runningMean.First(Name, "runningMean", dtype, columns);
        runningVariance = runningVariance.First(Name, "runningVariance", dtype, columns);
        statistics = statistics.First(Name, "statistics", dtype, 2 * columns);
        var args = new BatchNormArgs
        {
            RunningMean = runningMean.Address,
            RunningVariance = runningVariance.Address,
            Stats = statistics.Address,
            Rows = 1,
            Columns = columns,
            Epsilon = epsilon,
        };
        Launch(device, dtype, BatchNormKernel.Running, ref args, [Access.Read(runningMean), Access.Read(runningVariance), Access.Write(statistics)]);
    }

    /// <summary>running += momentum (statistics - running), with the unbiased variance.</summary>
    /// <param name="statistics">3 * columns elements of <see cref="Finish"/>, read.</param>
    /// <param name="runningMean">columns elements, updated.</param>
    /// <param name="runningVariance">columns elements, updated.</param>
    public static void UpdateRunning(
        Device device, DType dtype, BufferRange statistics, BufferRange runningMean, BufferRange runningVariance, long columns, double momentum)
    {
        statistics = statistics.First(Name, "statistics", dtype, 3 * columns);
        runningMean = runningMean.First(Name, "runningMean", dtype, columns);
        runningVariance = runningVariance.First(Name, "runningVariance", dtype, columns);
        var args = new BatchNormArgs
        {
            Stats = statistics.Address,
            RunningMean = runningMean.Address,
            RunningVariance = runningVariance.Address,
            Rows = 1,
            Columns = columns,
            Momentum = momentum,
        };
        Launch(device, dtype, BatchNormKernel.Update, ref args, [Access.Read(statistics), Access.Update(runningMean), Access.Update(runningVariance)]);
    }

    /// <summary>y = act((x - mean) * inverse deviation * gamma + beta).</summary>
    /// <param name="x">rows * columns elements, read.</param>
    /// <param name="statistics">2 * columns elements: means, inverse deviations.</param>
    /// <param name="gamma">columns elements, read.</param>
    /// <param name="beta">columns elements, read.</param>
    /// <param name="y">rows * columns elements, written.</param>
    /// <param name="slope">Of LeakyRelu and Elu, at least 0.</param>
    public static void Apply(
        Device device, DType dtype, BufferRange x, BufferRange statistics, BufferRange gamma, BufferRange beta, BufferRange y, long rows, long columns,
        Activation activation = Activation.None, double slope = 0)
    {
        Check(rows, columns, 1);
        x = x.First(Name, "x", dtype, rows * columns);
        statistics = statistics.First(Name, "statistics", dtype.Computed(), 2 * columns);
        gamma = gamma.First(Name, "gamma", dtype.Computed(), columns);
        beta = beta.First(Name, "beta", dtype.Computed(), columns);
        y = y.First(Name, "y", dtype, rows * columns);
        var args = new BatchNormArgs
        {
            X = x.Address,
            Stats = statistics.Address,
            Gamma = gamma.Address,
            Beta = beta.Address,
            Y = y.Address,
            Rows = rows,
            Columns = columns,
            Slope = slope,
        };
        args.Quads = Quads(rows, columns, args.X | args.Stats | args.Gamma | args.Beta | args.Y);
        ReadOnlySpan<Access> accesses = [Access.Read(x), Access.Read(statistics), Access.Read(gamma), Access.Read(beta), Access.Write(y)];
        if (device is CpuDevice cpu) BatchNormCpu.Apply(cpu, dtype, activation, ref args, accesses);
        else BatchNormGpu.Apply((GpuDevice)device, dtype, activation, ref args, accesses);
    }

    internal static long Chunks(long rows) => RowChunks.Count(rows);

    /// <summary>Groups of four neighbouring columns; 0 where the shape or one of the addresses (or-ed together) does not allow them.</summary>
    internal static long Quads(long rows, long columns, ulong addresses) => columns % 4 == 0 && addresses % 16 == 0 ? rows * columns / 4 : 0;

    internal static void Check(long rows, long columns, long least)
    {
        if (rows < least || columns < 1)
            throw new EngineException($"{Name}: {rows} x {columns}; at least {least} row{(least == 1 ? "" : "s")} and one column are asked for.");
    }

    private static void Launch(Device device, DType dtype, BatchNormKernel kernel, ref BatchNormArgs args, ReadOnlySpan<Access> accesses)
    {
        if (device is CpuDevice cpu) BatchNormCpu.Launch(cpu, dtype, kernel, ref args, accesses);
        else BatchNormGpu.Launch((GpuDevice)device, dtype, kernel, ref args, accesses);
    }
}

/// <summary>The kernels of batch_norm.cu that know no activation.</summary>
internal enum BatchNormKernel
{
    Statistics,
    Finish,
    Running,
    Update,
}

/// <summary>See batch_norm.cu.</summary>
internal struct BatchNormArgs
{
    public ulong X;
    public ulong Partials;
    public ulong Stats;
    public ulong RunningMean;
    public ulong RunningVariance;
    public ulong Gamma;
    public ulong Beta;
    public ulong Y;
    public long Rows;
    public long Columns;
    public long Quads;
    public double Epsilon;
    public double Momentum;
    public double Slope;
}
