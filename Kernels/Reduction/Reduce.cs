using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Reduction;

/// <summary>What is made of the elements that are reduced away.</summary>
public enum ReduceOp
{
    /// <summary>The sum, from +0; its gradient is the same for all elements.</summary>
    Sum,

    /// <summary>The sum divided by the number of elements.</summary>
    Mean,

    /// <summary>The greatest element; NaNs never win, and without any other element the result is -infinity.</summary>
    Max,
}

/// <summary>What of a row-major rows x columns matrix is reduced away.</summary>
public enum ReduceAxis
{
    /// <summary>Over the rows: one result a column.</summary>
    Rows,

    /// <summary>Over the columns: one result a row.</summary>
    Columns,

    /// <summary>Over everything: one result.</summary>
    All,
}

/// <summary>
/// Sums, means and maxima of a row-major rows x columns matrix of float or double, in the orders of the summation law (CONTRIBUTING.md): the
/// result depends on the shape alone, not on the device, its threads or its instruction set. On a GPU what is summed over rows may be stored in BF16; all else is float then.
/// </summary>
public static class Reduce
{
    /// <summary>Rows that a column is summed over before chunk results are.</summary>
    internal const int Chunk = 64;

    /// <summary>Elements of a row when everything is summed.</summary>
    internal const int Stretch = 4096;

    /// <summary>Chunks of 64 rows that <see cref="Join"/> takes sums of.</summary>
    public static long Chunks(long rows) => RowChunks.Count(rows);

    /// <summary>Bytes of workspace that <see cref="Run"/> needs; 0 where a single stage does.</summary>
    public static long WorkspaceBytes(DType dtype, ReduceAxis axis, long rows, long columns) => Partials(axis, rows, columns) * (dtype.Computed().Size() + sizeof(int));

    /// <summary>y = the reduction of x, or y += it.</summary>
    /// <param name="x">rows * columns elements, read.</param>
    /// <param name="y">columns (over rows), rows (over columns) or 1 element (over all), written; updated when accumulating.</param>
    /// <param name="workspace">At least <see cref="WorkspaceBytes"/>, overwritten; may be null where that is 0.</param>
    /// <param name="argmax">For Max: as many int32 as y has elements, written: the least index of the maximum along the axis, or in the flat matrix.</param>
    /// <param name="validRows">For sums and means over rows or all: one int32 in device memory; rows from there on are as if absent, also for the mean's divisor.</param>
    /// <param name="divisor">What a mean divides by, where not by the number of elements: some of them are known to be 0.</param>
    /// <exception cref="EngineException">dtype is none that it takes, a range is too short, or an option does not go with the reduction.</exception>
    public static void Run(
        Device device,
        DType dtype,
        ReduceOp op,
        ReduceAxis axis,
        BufferRange x,
        BufferRange y,
        BufferRange? workspace,
        long rows,
        long columns,
        BufferRange? argmax = null,
        bool accumulate = false,
        BufferRange? validRows = null,
        long? divisor = null)
    {
        long count = rows * columns, results = Results(axis, rows, columns), partials = Partials(axis, rows, columns);
        if (results == 0) return;
        if (argmax is not null && op != ReduceOp.Max) throw new EngineException($"reduce: only Max has an argmax, not {op}.");
        if (argmax is not null && count > int.MaxValue) throw new EngineException($"reduce: the argmax of {count:N0} elements does not fit an int32.");
        if (validRows is not null && (op == ReduceOp.Max || axis == ReduceAxis.Columns))
            throw new EngineException($"reduce: validRows goes with sums and means over rows or all, not with {op} over {axis}.");

        bool isAll = axis == ReduceAxis.All;
        var last = new Stage(op, argmax is not null)
        {
            X = x.First("reduce", "x", dtype, count),
            Y = y.First("reduce", "y", dtype.Computed(), results),
            ArgMax = argmax?.First("reduce", "argmax", DType.Int32, results),
            ValidRows = validRows?.First("reduce", "validRows", DType.Int32, 1),
        };
        last.Args.Rows = isAll ? 1 : rows;
        last.Args.Columns = isAll ? count : columns;
        last.Args.Total = count;
        last.Args.RowElements = validRows is null ? 0 : columns;
        last.Args.IndexSource = isAll ? IndexSource.Array : IndexSource.Row;
        last.Kernel = axis == ReduceAxis.Rows ? ReduceKernel.ColumnChunks : ReduceKernel.Row;

        if (partials > 0)
        {
            if (workspace is not { } space) throw new EngineException($"reduce: {rows:N0} x {columns:N0} over {axis} needs a workspace; see WorkspaceBytes.");
            var first = last;
            first.Y = space.First("reduce", "workspace", dtype.Computed(), partials);
            first.ArgMax = argmax is null ? null : space.Slice(partials * dtype.Computed().Size(), partials * sizeof(int));
            first.Args.Rows = isAll ? partials : rows;
            first.Args.Columns = isAll ? Stretch : columns;
            first.Launch(device, dtype);
            dtype = dtype.Computed();

            last.X = first.Y;
            last.Index = first.ArgMax;
            last.Args.Rows = isAll ? 1 : partials / columns;
            last.Args.Columns = isAll ? partials : columns;
            last.Args.Total = partials;
            last.Args.RowElements = 0;
            last.Args.IndexSource = IndexSource.Index;
            if (!isAll) last.Kernel = ReduceKernel.ColumnFinish;
        }

        last.Args.Mean = op == ReduceOp.Mean ? 1 : 0;
        last.Args.Count = divisor ?? (count / results);
        last.Args.RowCount = validRows is null ? 0 : isAll ? columns : 1;
        last.Args.Accumulate = accumulate ? 1 : 0;
        last.Args.LastStage = 1;
        last.Launch(device, dtype);
    }

    /// <summary>y = the sum over the rows of a matrix whose chunks of 64 rows somebody has summed already, or y += it: the second stage of <see cref="Run"/>, to its bits.</summary>
    /// <param name="sums">[chunks, columns], read: of rows ascending, from +0.</param>
    /// <param name="y">columns elements, written; updated when accumulating.</param>
    /// <exception cref="EngineException">dtype is neither float nor double, or a range is too short.</exception>
    public static void Join(Device device, DType dtype, BufferRange sums, BufferRange y, long chunks, long columns, bool accumulate = false)
    {
        var last = new Stage(ReduceOp.Sum, argmax: false)
        {
            X = sums.First("reduce", "sums", dtype, chunks * columns),
            Y = y.First("reduce", "y", dtype, columns),
            Kernel = ReduceKernel.ColumnFinish,
        };
        last.Args.Rows = chunks;
        last.Args.Columns = columns;
        last.Args.Total = chunks * columns;
        last.Args.IndexSource = IndexSource.Index;
        last.Args.Count = chunks;
        last.Args.Accumulate = accumulate ? 1 : 0;
        last.Args.LastStage = 1;
        last.Launch(device, dtype);
    }

    /// <summary>dx = the gradient of what was reduced, or dx += it: dy (sum), dy / n (mean), dy at the maximum's place and 0 elsewhere (max).</summary>
    /// <param name="dy">As many elements as the reduction has results, read.</param>
    /// <param name="argmax">For Max: what <see cref="Run"/> wrote.</param>
    /// <param name="dx">rows * columns elements, written; updated when accumulating.</param>
    /// <exception cref="EngineException">dtype is neither float nor double, a range is too short, or Max has no argmax.</exception>
    public static void Backward(
        Device device, DType dtype, ReduceOp op, ReduceAxis axis, BufferRange dy, BufferRange? argmax, BufferRange dx, long rows, long columns, bool accumulate = false)
    {
        long count = rows * columns, results = Results(axis, rows, columns);
        if (count == 0) return;
        dy = dy.First("reduce_backward", "dy", dtype, results);
        dx = dx.First("reduce_backward", "dx", dtype, count);
        var target = accumulate ? Access.Update(dx) : Access.Write(dx);
        var args = new ReduceBackwardArgs
        {
            DY = dy.Address,
            DX = dx.Address,
            Rows = rows,
            Columns = columns,
            Quads = columns % 4 == 0 && dx.Address % 16 == 0 ? count / 4 : 0,
            Count = count / results,
            Mean = op == ReduceOp.Mean ? 1 : 0,
            Accumulate = accumulate ? 1 : 0,
        };
        Span<Access> accesses = [target, Access.Read(dy), default];
        int used = 2;
        if (op == ReduceOp.Max)
        {
            if (argmax is not { } places) throw new EngineException("reduce_backward: Max needs the argmax of the forward pass.");
            places = places.First("reduce_backward", "argmax", DType.Int32, results);
            args.ArgMax = places.Address;
            accesses[used++] = Access.Read(places);
        }

        accesses = accesses[..used];
        if (device is CpuDevice cpu) ReduceBackwardCpu.Launch(cpu, dtype, op == ReduceOp.Max, axis, ref args, accesses);
        else ReduceGpu.Launch((GpuDevice)device, dtype, op == ReduceOp.Max, axis, ref args, accesses);
    }

    private static long Results(ReduceAxis axis, long rows, long columns) => axis switch { ReduceAxis.Rows => columns, ReduceAxis.Columns => rows, _ => 1 };

    /// <summary>Results of the first stage; 0 where it is the only one.</summary>
    private static long Partials(ReduceAxis axis, long rows, long columns) => axis switch
    {
        ReduceAxis.Rows when rows > Chunk => (rows + Chunk - 1) / Chunk * columns,
        ReduceAxis.All when rows * columns > Stretch => ((rows * columns) + Stretch - 1) / Stretch,
        _ => 0,
    };

    /// <summary>One launch: its ranges, and the argument block but for the addresses.</summary>
    private struct Stage(ReduceOp op, bool argmax)
    {
        private readonly ReduceMode _mode = argmax ? ReduceMode.ArgMax : op == ReduceOp.Max ? ReduceMode.Max : ReduceMode.Sum;
        public BufferRange X, Y;
        public BufferRange? Index, ArgMax, ValidRows;
        public ReduceKernel Kernel;
        public ReduceArgs Args;

        public void Launch(Device device, DType dtype)
        {
            Span<Access> accesses = [Access.Read(X), Args.Accumulate != 0 ? Access.Update(Y) : Access.Write(Y), default, default, default];
            int used = 2;
            Args.X = X.Address;
            Args.Y = Y.Address;
            if (Index is { } index)
            {
                Args.Index = index.Address;
                accesses[used++] = Access.Read(index);
            }

            if (ArgMax is { } places)
            {
                Args.ArgMax = places.Address;
                accesses[used++] = Access.Write(places);
            }

            if (ValidRows is { } valid && (Args.RowElements > 0 || Args is { RowCount: > 0, Mean: not 0 }))
            {
                Args.ValidRows = valid.Address;
                accesses[used++] = Access.Read(valid);
            }

            if (device is CpuDevice cpu) ReduceCpu.Launch(cpu, dtype, Kernel, _mode, ref Args, accesses[..used]);
            else ReduceGpu.Launch((GpuDevice)device, dtype, Kernel, _mode, ref Args, accesses[..used]);
        }
    }
}
