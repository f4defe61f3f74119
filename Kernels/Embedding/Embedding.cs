using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Embedding;

/// <summary>
/// Rows of a table chosen by index. An index outside [0, count) gives a row of NaN, so that it can neither read past the table nor train on
/// silently; its gradient goes nowhere.
/// </summary>
public static class Embedding
{
    private const string Name = "embedding";
    private const int MinTileRows = 256, MaxTiles = 128;

    /// <summary>y[r, :] = table[indices[r], :].</summary>
    /// <param name="dtype">float or double, of table and y.</param>
    /// <param name="table">[count, width], read.</param>
    /// <param name="indices">[rows] of int32, read.</param>
    /// <param name="y">[rows, width], written.</param>
    /// <exception cref="EngineException">A range is too short, or an extent is not positive.</exception>
    public static void Forward(Device device, DType dtype, BufferRange table, BufferRange indices, BufferRange y, int rows, int count, int width)
    {
        Check(rows, count, width);
        table = table.First(Name, "table", dtype, (long)count * width);
        indices = indices.First(Name, "indices", DType.Int32, rows);
        y = y.First(Name, "y", dtype, (long)rows * width);
        var args = new EmbeddingArgs
        {
            Table = table.Address,
            Indices = indices.Address,
            Y = y.Address,
            Rows = rows,
            Width = width,
            Count = count,
            Quads = width % 4 == 0 && ((table.Address | y.Address) & 15) == 0 ? 1 : 0,
        };
        ReadOnlySpan<Access> accesses = [Access.Read(table), Access.Read(indices), Access.Write(y)];
        if (device is CpuDevice cpu) EmbeddingCpu.Forward(cpu, dtype, ref args, accesses);
        else EmbeddingGpu.Forward((GpuDevice)device, dtype, ref args, accesses);
    }

    /// <summary>Bytes that <see cref="Backward"/> sorts the rows in.</summary>
    public static long WorkspaceBytes(int rows, int count) => sizeof(int) * (rows + ((1 + Tiles(rows, count)) * (count + 1L)));

    /// <summary>
    /// dTable[v, :] = the sum of dy[r, :] over the rows with index v, ascending: a column sum by the summation law.
    /// </summary>
    /// <param name="dy">[rows, width], read.</param>
    /// <param name="dTable">[count, width], written, zeros where no row names an entry; updated when accumulating.</param>
    /// <param name="workspace"><see cref="WorkspaceBytes"/>; its content is lost.</param>
    /// <exception cref="EngineException">A range is too short, or an extent is not positive.</exception>
    public static void Backward(
        Device device, DType dtype, BufferRange indices, BufferRange dy, BufferRange dTable, BufferRange workspace, int rows, int count, int width,
        bool accumulate = false)
    {
        Check(rows, count, width);
        indices = indices.First(Name, "indices", DType.Int32, rows);
        dy = dy.First(Name, "dy", dtype, (long)rows * width);
        dTable = dTable.First(Name, "dTable", dtype, (long)count * width);
        long buckets = count + 1L, tiles = Tiles(rows, count), tileRows = ((rows + tiles - 1) / tiles + 31) / 32 * 32;
        tiles = (rows + tileRows - 1) / tileRows;
        var starts = workspace.Part(Name, "workspace", DType.Int32, 0, buckets);
        var order = workspace.Part(Name, "workspace", DType.Int32, buckets, rows);
        var counts = workspace.Part(Name, "workspace", DType.Int32, buckets + rows, tiles * buckets);
        var sort = new EmbeddingSortArgs
        {
            Indices = indices.Address,
            Starts = starts.Address,
            Order = order.Address,
            Counts = counts.Address,
            Rows = rows,
            Count = count,
            Tiles = (int)tiles,
            TileRows = (int)tileRows,
        };
        var args = new EmbeddingBackwardArgs
        {
            DY = dy.Address,
            Starts = starts.Address,
            Order = order.Address,
            DTable = dTable.Address,
            Width = width,
            Rows = rows,
            Count = count,
            Accumulate = accumulate ? 1 : 0,
        };
        ReadOnlySpan<Access> accesses = [Access.Read(dy), Access.Read(starts), Access.Read(order), accumulate ? Access.Update(dTable) : Access.Write(dTable)];
        if (device is CpuDevice cpu)
        {
            EmbeddingCpu.Sort(cpu, ref sort, [Access.Read(indices), Access.Write(starts), Access.Write(order), Access.Update(counts)]);
            EmbeddingCpu.Backward(cpu, dtype, ref args, accesses);
            return;
        }

        var gpu = (GpuDevice)device;
        EmbeddingGpu.Count(gpu, ref sort, [Access.Read(indices), Access.Update(counts)]);
        EmbeddingGpu.Scan(gpu, ref sort, [Access.Write(starts), Access.Update(counts)]);
        EmbeddingGpu.Place(gpu, ref sort, [Access.Read(indices), Access.Write(order), Access.Update(counts)]);
        EmbeddingGpu.Backward(gpu, dtype, ref args, accesses);
    }

    // as many as fill a GPU, and no more than keep the counts in proportion to the rows
    private static long Tiles(int rows, int count) => Math.Clamp(Math.Min(rows / MinTileRows, 4L * rows / (count + 1L)), 1, MaxTiles);

    private static void Check(int rows, int count, int width)
    {
        if (rows <= 0 || count <= 0 || width <= 0 || count == int.MaxValue)
            throw new EngineException($"{Name}: {rows} rows from a table of {count}x{width}: every extent must be positive, the table's rows below {int.MaxValue:N0}.");
    }
}

/// <summary>See embedding.cu.</summary>
internal struct EmbeddingArgs
{
    public ulong Table;
    public ulong Indices;
    public ulong Y;
    public long Rows;
    public long Width;
    public int Count;
    public int Quads;
}

/// <summary>See embedding.cu.</summary>
internal struct EmbeddingSortArgs
{
    public ulong Indices;
    public ulong Starts;
    public ulong Order;
    public ulong Counts;
    public int Rows;
    public int Count;
    public int Tiles;
    public int TileRows;
}

/// <summary>See embedding.cu.</summary>
internal struct EmbeddingBackwardArgs
{
    public ulong DY;
    public ulong Starts;
    public ulong Order;
    public ulong DTable;
    public long Width;
    public int Rows;
    public int Count;
    public int Accumulate;
}
