using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Gate;

/// <summary>What the sigmoid gates; the numbers of Common/gate.cuh.</summary>
public enum GateKind : byte
{
    /// <summary>tanh(a) sigmoid(b): van den Oord et al. 2016, "Conditional Image Generation with PixelCNN Decoders", eq. 2; WaveNet, eq. 2.</summary>
    Tanh,

    /// <summary>a sigmoid(b): the gated linear unit, Dauphin et al. 2017.</summary>
    Linear,
}

/// <summary>
/// y = f(a) sigmoid(b) in one pass each way; backward computes tanh and sigmoid again from a and b, so nothing but the inputs is saved.
/// a and b are two tensors, or the halves of the rows of x = a | b; then a condition [images, 2 * columns] may be added to x first, the
/// same row for all positions of an image.
/// </summary>
public static class Gate
{
    private const string Name = "gate";

    /// <summary>y = f(a + ca) sigmoid(b + cb) for x = a | b and condition = ca | cb.</summary>
    /// <param name="dtype">float or double, of all tensors; on a GPU also BF16, of all but the condition, which is then float.</param>
    /// <param name="x">[images * positions, 2 * columns], read.</param>
    /// <param name="condition">[images, 2 * columns], read; null for none.</param>
    /// <param name="y">[images * positions, columns], written.</param>
    /// <exception cref="EngineException">A range is too short, or an extent is not positive.</exception>
    public static void Forward(
        Device device, DType dtype, GateKind kind, BufferRange x, BufferRange? condition, BufferRange y, int images, int positions, int columns)
    {
        long rows = Rows(images, positions, columns);
        x = x.First(Name, "x", dtype, 2 * rows * columns);
        condition = condition?.First(Name, "condition", dtype.Computed(), 2L * images * columns);
        y = y.First(Name, "y", dtype, rows * columns);
        var args = new GateArgs
        {
            A = x.Address,
            B = x.Address + (ulong)((long)columns * dtype.Size()),
            Condition = condition?.Address ?? 0,
            Y = y.Address,
            Rows = rows,
            Columns = columns,
            AStride = 2L * columns,
            BStride = 2L * columns,
            Positions = positions,
            Conditional = condition is null ? 0 : 1,
        };
        Span<Access> accesses = [Access.Read(x), Access.Write(y), Access.Read(condition ?? default)];
        if (condition is null) accesses = accesses[..2];
        Launch(device, dtype, kind, ref args, accesses);
    }

    /// <summary>y = f(a) sigmoid(b) of two tensors.</summary>
    /// <param name="a">count elements, read; may be b.</param>
    /// <param name="y">count elements, written.</param>
    /// <exception cref="EngineException">A range is too short.</exception>
    public static void ForwardPair(Device device, DType dtype, GateKind kind, BufferRange a, BufferRange b, BufferRange y, long count)
    {
        if (count == 0) return;
        a = a.First(Name, "a", dtype, count);
        b = b.First(Name, "b", dtype, count);
        y = y.First(Name, "y", dtype, count);
        var args = new GateArgs { A = a.Address, B = b.Address, Y = y.Address, Rows = 1, Columns = count, AStride = count, BStride = count, Positions = 1 };
        Launch(device, dtype, kind, ref args, [Access.Read(a), Access.Read(b), Access.Write(y)]);
    }

    /// <summary>
    /// The gradient of <see cref="Forward"/>: dx = da | db. The condition's is the sum of dx over the positions of each image.
    /// </summary>
    /// <param name="dy">[images * positions, columns], read.</param>
    /// <param name="dx">[images * positions, 2 * columns], written; updated when accumulating.</param>
    /// <param name="sums">[chunks of 64 rows, 2 * columns], for the sums over them of dx, as <see cref="Reduction.Reduce.Join"/> takes them; or null.</param>
    /// <returns>Whether sums have been written: BF16 leaves them.</returns>
    /// <exception cref="EngineException">A range is too short, or an extent is not positive.</exception>
    public static bool Backward(
        Device device, DType dtype, GateKind kind, BufferRange x, BufferRange? condition, BufferRange dy, BufferRange dx,
        int images, int positions, int columns, bool accumulate = false, BufferRange? sums = null)
    {
        long rows = Rows(images, positions, columns);
        x = x.First(Name, "x", dtype, 2 * rows * columns);
        condition = condition?.First(Name, "condition", dtype.Computed(), 2L * images * columns);
        dy = dy.First(Name, "dy", dtype, rows * columns);
        dx = dx.First(Name, "dx", dtype, 2 * rows * columns);
        ulong half = (ulong)((long)columns * dtype.Size());
        var args = new GateBackwardArgs
        {
            A = x.Address,
            B = x.Address + half,
            Condition = condition?.Address ?? 0,
            DY = dy.Address,
            DA = dx.Address,
            DB = dx.Address + half,
            Rows = rows,
            Columns = columns,
            AStride = 2L * columns,
            BStride = 2L * columns,
            Positions = positions,
            Conditional = condition is null ? 0 : 1,
            WantsA = 1,
            WantsB = 1,
            AccumulateA = accumulate ? 1 : 0,
            AccumulateB = accumulate ? 1 : 0,
        };
        sums = dtype == DType.BFloat16 ? sums?.First(Name, "sums", DType.Float32, RowChunks.Count(rows) * 2 * columns) : null;
        Span<Access> accesses = [Access.Read(x), Access.Read(dy), accumulate ? Access.Update(dx) : Access.Write(dx), default, default];
        int used = 3;
        if (condition is { } added) accesses[used++] = Access.Read(added);
        if (sums is { } left)
        {
            args.Sums = left.Address;
            accesses[used++] = Access.Write(left);
        }

        Launch(device, dtype, kind, ref args, accesses[..used]);
        return sums is not null;
    }

    /// <summary>The gradients of <see cref="ForwardPair"/>, both in one pass; a null one is not wanted.</summary>
    /// <param name="da">count elements, written; updated when accumulating.</param>
    /// <param name="db">As da, and no memory of da.</param>
    /// <exception cref="EngineException">A range is too short.</exception>
    public static void BackwardPair(
        Device device, DType dtype, GateKind kind, BufferRange a, BufferRange b, BufferRange dy, BufferRange? da, BufferRange? db, long count,
        bool accumulateA = false, bool accumulateB = false)
    {
        if (count == 0 || (da is null && db is null)) return;
        a = a.First(Name, "a", dtype, count);
        b = b.First(Name, "b", dtype, count);
        dy = dy.First(Name, "dy", dtype, count);
        da = da?.First(Name, "da", dtype, count);
        db = db?.First(Name, "db", dtype, count);
        var args = new GateBackwardArgs
        {
            A = a.Address,
            B = b.Address,
            DY = dy.Address,
            DA = da?.Address ?? 0,
            DB = db?.Address ?? 0,
            Rows = 1,
            Columns = count,
            AStride = count,
            BStride = count,
            Positions = 1,
            WantsA = da is null ? 0 : 1,
            WantsB = db is null ? 0 : 1,
            AccumulateA = da is not null && accumulateA ? 1 : 0,
            AccumulateB = db is not null && accumulateB ? 1 : 0,
        };
        Span<Access> accesses = [Access.Read(a), Access.Read(b), Access.Read(dy), default, default];
        int used = 3;
        if (da is { } first) accesses[used++] = accumulateA ? Access.Update(first) : Access.Write(first);
        if (db is { } second) accesses[used++] = accumulateB ? Access.Update(second) : Access.Write(second);
        Launch(device, dtype, kind, ref args, accesses[..used]);
    }

    private static void Launch(Device device, DType dtype, GateKind kind, ref GateArgs args, ReadOnlySpan<Access> accesses)
    {
        args.Quads = Quads(args.Columns, args.A | args.B | args.Y | args.Condition);
        if (device is CpuDevice cpu) GateCpu.Launch(cpu, dtype, kind, ref args, accesses);
        else GateGpu.Launch((GpuDevice)device, dtype, kind, ref args, accesses);
    }

    private static void Launch(Device device, DType dtype, GateKind kind, ref GateBackwardArgs args, ReadOnlySpan<Access> accesses)
    {
        args.Quads = Quads(args.Columns, args.A | args.B | args.Condition | args.DY | args.DA | args.DB);
        if (device is CpuDevice cpu) GateCpu.Launch(cpu, dtype, kind, ref args, accesses);
        else GateGpu.Launch((GpuDevice)device, dtype, kind, ref args, accesses);
    }

    // strides are one or two times the columns, so that they are multiples of four with them
    private static int Quads(long columns, ulong addresses) => columns % 4 == 0 && (addresses & 15) == 0 ? 1 : 0;

    private static long Rows(int images, int positions, int columns)
    {
        if (images <= 0 || positions <= 0 || columns <= 0)
            throw new EngineException($"{Name}: {images} images of {positions} positions and {columns} columns: every extent must be positive.");
        return (long)images * positions;
    }
}

/// <summary>See gate.cu.</summary>
internal struct GateArgs
{
    public ulong A;
    public ulong B;
    public ulong Condition;
    public ulong Y;
    public long Rows;
    public long Columns;
    public long AStride;
    public long BStride;
    public long Positions;
    public int Conditional;
    public int Quads;
}

/// <summary>See gate.cu.</summary>
internal struct GateBackwardArgs
{
    public ulong A;
    public ulong B;
    public ulong Condition;
    public ulong DY;
    public ulong DA;
    public ulong DB;
    public ulong Sums;
    public long Rows;
    public long Columns;
    public long AStride;
    public long BStride;
    public long Positions;
    public int Conditional;
    public int Quads;
    public int WantsA;
    public int WantsB;
    public int AccumulateA;
    public int AccumulateB;
}
