using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Loss;

/// <summary>
/// Cross-entropy of a categorical distribution given by logits, one label a row, with its gradient made in the same pass over the
/// logits: nothing is left to do when the loss is differentiated, or one multiplication. A label outside [0, columns) makes the loss
/// of its row and all of its gradient NaN.
/// </summary>
public static class SoftmaxCrossEntropy
{
    private const string Name = "softmax_cross_entropy";

    /// <summary>loss[row] = log(sum exp(x)) - x[label], in nats; dLogits = scale (softmax(x) - onehot(label)).</summary>
    /// <param name="dtype">float or double, of all tensors but the labels.</param>
    /// <param name="logits">[rows, columns], read.</param>
    /// <param name="labels">[rows] of int32, read.</param>
    /// <param name="loss">[rows], written.</param>
    /// <param name="dLogits">[rows, columns], written: the gradient of each row's loss; null when none is needed.</param>
    /// <param name="scale">Of the gradient: 1 / rows where the rows' mean is differentiated.</param>
    /// <param name="positions">Rows of a sequence, which follow each other; divides rows.</param>
    /// <param name="ignore">The first rows of each sequence have loss and gradient 0; their logits and labels are not read.</param>
    /// <exception cref="EngineException">Sequences do not divide the rows, or nothing of a sequence would count.</exception>
    public static void Forward(
        Device device, DType dtype, BufferRange logits, BufferRange labels, BufferRange loss, BufferRange? dLogits, int rows, int columns,
        double scale = 1, int positions = 1, int ignore = 0)
    {
        long count = Rows.Count(rows, columns);
        if (positions <= 0 || rows % positions != 0) throw new EngineException($"{Name}: {rows} rows are not whole sequences of {positions} positions.");
        if (ignore < 0 || ignore >= positions) throw new EngineException($"{Name}: of {positions} positions a sequence, 0 to {positions - 1} can be ignored, not {ignore}.");
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
            Scale = scale,
            Rows = rows,
            Columns = columns,
            Positions = positions,
            Ignore = ignore,
            Gradient = dLogits is null ? 0 : 1,
        };
        Span<Access> accesses = [Access.Read(logits), Access.Read(labels), Access.Write(loss), Access.Write(dLogits ?? default)];
        if (dLogits is null) accesses = accesses[..3];
        if (device is CpuDevice cpu) SoftmaxCrossEntropyCpu.Forward(cpu, dtype, ref args, accesses);
        else SoftmaxCrossEntropyGpu.Forward((GpuDevice)device, dtype, ref args, accesses);
    }
}

internal struct SoftmaxCrossEntropyArgs
{
    public ulong Logits;
    public ulong Labels;
    public ulong Loss;
    public ulong DLogits;
    public double Scale;
    public int Rows;
    public int Columns;
    public int Positions;
    public int Ignore;
    public int Gradient; // 0: DLogits is null
}
