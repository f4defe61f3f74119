using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Loss;

/// <summary>
/// Cross-entropy of a categorical distribution given by logits, one label a row, with its gradient made in the same pass over the
/// logits. A label outside [0, columns) makes the loss of its row and all of its gradient NaN.
/// </summary>
public static class SoftmaxCrossEntropy
{
    private const string Name = "softmax_cross_entropy";

    /// <summary>loss[row] = log(sum exp(x)) - x[label], in nats; dLogits = softmax(x) - onehot(label).</summary>
    /// <param name="dtype">float or double, of all tensors but the labels.</param>
    /// <param name="logits">[rows, columns], read.</param>
    /// <param name="labels">[rows] of int32, read.</param>
    /// <param name="loss">[rows], written.</param>
    /// <param name="dLogits">[rows, columns], written: the gradient of each row's loss; null when none is needed.</param>
    public static void Forward(
        Device device, DType dtype, BufferRange logits, BufferRange labels, BufferRange loss, BufferRange? dLogits, int rows, int columns)
    {
        long count = Rows.Count(rows, columns);
        if (rows == 0) return;
        logits = logits.First(Name, "logits", dtype, count);
        labels = labels.First(Name, "labels", DType.Int32, rows);
        loss = loss.First(Name, "loss", dtype, rows);
        dLogits = dLogits?.First(Name, "dLogits", dtype, count);
        var args = new SoftmaxCrossEntropyArgs
        {
            Logits = logits.Address,
            Labels = labels.Address,
            Loss = loss.Address,
            DLogits = dLogits?.Address ?? 0,
            Rows = rows,
            Columns = columns,
            Gradient = dLogits is null ? 0 : 1,
        };
        Span<Access> accesses = [Access.Read(logits), Access.Read(labels), Access.Write(loss), Access.Write(dLogits ?? default)];
        if (dLogits is null) accesses = accesses[..3];
        if (device is CpuDevice cpu) SoftmaxCrossEntropyCpu.Forward(cpu, dtype, ref args, accesses);
        else SoftmaxCrossEntropyGpu.Forward((GpuDevice)device, dtype, ref args, accesses);
    }

    /// <summary>dLogits[row, :] *= dLoss[row], in place: from the gradient of each row's loss to that of the whole.</summary>
    /// <param name="dLoss">[rows], read.</param>
    /// <param name="dLogits">[rows, columns] as <see cref="Forward"/> left it, updated.</param>
    public static void Backward(Device device, DType dtype, BufferRange dLoss, BufferRange dLogits, int rows, int columns)
    {
        long count = Rows.Count(rows, columns);
        if (rows == 0) return;
        dLoss = dLoss.First(Name, "dLoss", dtype, rows);
        dLogits = dLogits.First(Name, "dLogits", dtype, count);
        var args = new SoftmaxCrossEntropyBackwardArgs
        {
            DLoss = dLoss.Address,
            DLogits = dLogits.Address,
            Count = count,
            Columns = columns,
            Aligned = Rows.Aligned(dLogits),
        };
        Span<Access> accesses = [Access.Read(dLoss), Access.Update(dLogits)];
        if (device is CpuDevice cpu) SoftmaxCrossEntropyCpu.Backward(cpu, dtype, ref args, accesses);
        else SoftmaxCrossEntropyGpu.Backward((GpuDevice)device, dtype, ref args, accesses);
    }
}

internal struct SoftmaxCrossEntropyArgs
{
    public ulong Logits;
    public ulong Labels;
    public ulong Loss;
    public ulong DLogits;
    public int Rows;
    public int Columns;
    public int Gradient; // 0: DLogits is null
}

internal struct SoftmaxCrossEntropyBackwardArgs
{
    public ulong DLoss;
    public ulong DLogits;
    public long Count;
    public int Columns;
    public int Aligned;
}
