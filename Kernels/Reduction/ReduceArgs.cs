namespace GenEngine.Kernels.Reduction;

/// <summary>The entry points of reduce.cu.</summary>
internal enum ReduceKernel
{
    Row,
    ColumnChunks,
    ColumnFinish,
}

/// <summary>OP of reduce.cu.</summary>
internal enum ReduceMode
{
    Sum,
    Max,
    ArgMax,
}

/// <summary>Where the index of an element comes from; the numbers of reduce.cu.</summary>
internal enum IndexSource
{
    /// <summary>Its place in its row.</summary>
    Row,

    /// <summary>Its place in X.</summary>
    Array,

    /// <summary>Index at its place in X: a second stage.</summary>
    Index,
}

/// <summary>See reduce.cu.</summary>
internal struct ReduceArgs
{
    /// <summary>The index of a partial result without elements.</summary>
    public const int NoIndex = int.MaxValue;

    public ulong X;
    public ulong Index;
    public ulong ValidRows;
    public ulong Y;
    public ulong ArgMax;
    public long Rows;
    public long Columns;
    public long Total;
    public long Count;
    public long RowElements;
    public long RowCount;
    public IndexSource IndexSource;
    public int Mean;
    public int Accumulate;
    public int LastStage;
}

/// <summary>See reduce_backward.cu.</summary>
internal struct ReduceBackwardArgs
{
    public ulong DY;
    public ulong ArgMax;
    public ulong DX;
    public long Rows;
    public long Columns;
    public long Quads;
    public long Count;
    public int Mean;
    public int Accumulate;
}
