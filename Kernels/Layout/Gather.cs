using System.Runtime.InteropServices;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Layout;

/// <summary>
/// Gathers a batch from a data set that lives on the device, converts it, and binarises it if asked: one kernel, no host data.
/// Row r of the batch is index i = position.Next + r of an endless stream; see <see cref="GatherMode"/> for the item it names.
/// </summary>
public static unsafe class Gather
{
    /// <summary>batch[r, p] = value(items[item(r), p]) * Scale + Shift, where value is byte / 255 (correctly rounded) or the float itself.</summary>
    /// <param name="dtype">Type of the batch: float or double; int32 takes byte items as they are (0..255; 0 or 1 when binarised).</param>
    /// <param name="items">Item k begins at element k * Stride and has Size elements of ItemType; read.</param>
    /// <param name="labels">[Count] of LabelType (uint8 or int32), read; null when there are none.</param>
    /// <param name="position">One <see cref="DataPosition"/>, read; <see cref="DataPosition.Advance"/> moves it.</param>
    /// <param name="batch">[Batch, Size], written.</param>
    /// <param name="batchLabels">int32 [Batch], written; given exactly when labels are.</param>
    /// <param name="valid">int32 [1], written: rows that hold items; Batch but for a last batch of an evaluation. May be null.</param>
    /// <exception cref="EngineException">A range is too short, an option contradicts another, or a type is not supported.</exception>
    public static void Run(
        Device device, DType dtype, in GatherShape shape, BufferRange items, BufferRange? labels, BufferRange position,
        BufferRange batch, BufferRange? batchLabels, BufferRange? valid = null)
    {
        shape.Check(dtype);
        if (labels.HasValue != batchLabels.HasValue) throw new EngineException("gather: give labels and batch labels together, or neither.");
        long stride = shape.Stride == 0 ? shape.Size : shape.Stride;
        items = items.First("gather", "items", shape.ItemType, ((shape.Count - 1) * stride) + shape.Size);
        labels = labels?.First("gather", "labels", shape.LabelType, shape.Count);
        position = position.First("gather", "position", DType.Int64, 2);
        batch = batch.First("gather", "batch", dtype, (long)shape.Batch * shape.Size);
        batchLabels = batchLabels?.First("gather", "batch labels", DType.Int32, shape.Batch);
        valid = valid?.First("gather", "valid", DType.Int32, 1);
        var args = new GatherArgs
        {
            Items = items.Address,
            Labels = labels?.Address ?? 0,
            Position = position.Address,
            Batch = batch.Address,
            BatchLabels = batchLabels?.Address ?? 0,
            Valid = valid?.Address ?? 0,
            Count = shape.Count,
            Stride = stride,
            Scale = shape.Scale,
            Shift = shape.Shift,
            Rows = shape.Batch,
            Size = shape.Size,
            HalfBits = Feistel.HalfBits((ulong)shape.Count),
            Mode = (int)shape.Mode,
            Binarization = (int)shape.Binarization,
            LabelSize = labels is null ? 0 : shape.LabelType.Size(),
            HasValid = valid is null ? 0 : 1,
            Stream = shape.Stream,
        };

        Span<Access> accesses = [Access.Read(items), Access.Read(position), Access.Write(batch), default, default, default];
        int used = 3;
        if (labels is { } read) accesses[used++] = Access.Read(read);
        if (batchLabels is { } written) accesses[used++] = Access.Write(written);
        if (valid is { } count) accesses[used++] = Access.Write(count);
        if (device is GpuDevice gpu) GatherGpu.Launch(gpu, dtype, shape.ItemType, ref args, accesses[..used]);
        else GatherCpu.Launch((CpuDevice)device, dtype, shape.ItemType, ref args, accesses[..used]);
    }
}

/// <summary>Which item a row of the batch names. i is its index in the stream, count the size of the data set.</summary>
public enum GatherMode : byte
{
    /// <summary>Endless: epoch i / count, in an order of its own that is a keyed bijection of i % count (<see cref="Feistel"/>).</summary>
    Shuffled,

    /// <summary>Endless: i % count.</summary>
    Sequential,

    /// <summary>One pass: i; rows past the end hold zeros and label 0. Epoch 0.</summary>
    EvaluateZero,

    /// <summary>One pass: i; rows past the end repeat the last item. Epoch 0.</summary>
    EvaluateRepeat,
}

/// <summary>Makes 0 or 1 of a value in [0, 1], before scale and shift.</summary>
public enum Binarization : byte
{
    /// <summary>The value stays as it is.</summary>
    None,

    /// <summary>value &gt; 1/2; for a byte, above 127.</summary>
    Threshold,

    /// <summary>
    /// 1 with probability value, drawn anew each epoch: u &lt; value, where u is element p of the Philox stream keyed by the
    /// position's seed at offset (item, epoch): counter (p / 4, item, epoch, Stream).
    /// </summary>
    Dynamic,
}

/// <summary>The constants of a gather.</summary>
/// <param name="Count">Items in the data set.</param>
/// <param name="Size">Elements of an item.</param>
/// <param name="Batch">Rows of the batch.</param>
public readonly record struct GatherShape(long Count, int Size, int Batch)
{
    /// <summary>Elements from one item's beginning to the next; 0 means Size. Less than Size gives overlapping windows.</summary>
    public long Stride { get; init; }

    /// <summary>UInt8 or Float32.</summary>
    public DType ItemType { get; init; } = DType.UInt8;

    /// <summary>UInt8 or Int32.</summary>
    public DType LabelType { get; init; } = DType.UInt8;

    /// <summary>Order of the items, and what follows the last; shuffled and endless unless set.</summary>
    public GatherMode Mode { get; init; }

    /// <summary>Off unless set; of a batch of int32 it makes 0 and 1.</summary>
    public Binarization Binarization { get; init; }

    /// <summary>Factor on the value, which is in [0, 1] for bytes; 1 unless set, and always 1 for a batch of int32.</summary>
    public double Scale { get; init; } = 1;

    /// <summary>Added after the scale; 0 unless set, and always 0 for a batch of int32.</summary>
    public double Shift { get; init; }

    /// <summary>Sets this draw's random numbers apart from other streams of the same seed.</summary>
    public uint Stream { get; init; }

    internal void Check(DType dtype)
    {
        if (Count < 1 || (ulong)Count > Feistel.MaxCount || Size < 1 || Batch < 1 || Stride < 0)
            throw new EngineException($"gather: {Batch} rows of {Size} elements from {Count} items {Stride} apart: every extent must be positive.");
        if (ItemType is not (DType.UInt8 or DType.Float32)) throw new EngineException($"gather reads items of byte or float, not {ItemType.CName()}.");
        if (LabelType is not (DType.UInt8 or DType.Int32)) throw new EngineException($"gather reads labels of byte or i32, not {LabelType.CName()}.");
        if (dtype is not (DType.Float32 or DType.Float64 or DType.Int32)) throw new EngineException($"gather writes float, double or i32, not {dtype.CName()}.");
        if (dtype == DType.Int32 && (ItemType != DType.UInt8 || Scale != 1 || Shift != 0))
            throw new EngineException("gather writes i32 of byte items only, and neither scales nor shifts them.");
    }
}

[StructLayout(LayoutKind.Sequential)]
internal struct GatherArgs
{
    public ulong Items, Labels, Position, Batch, BatchLabels, Valid;
    public long Count, Stride;
    public double Scale, Shift;
    public int Rows, Size, HalfBits, LaneBits, Mode, Binarization, LabelSize, HasValid;
    public uint Stream;
}
