using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Loss;

/// <summary>f(x, t) of a prediction x and a target t, summed over a row by <see cref="RowLoss"/>.</summary>
public enum RowLossKind : byte
{
    /// <summary>Binary cross-entropy of logits x and targets t in [0, 1], in nats: max(x, 0) - x t + log1p(exp(-|x|)).</summary>
    BceWithLogits,

    /// <summary>Squared error (x - t)^2.</summary>
    Mse,

    /// <summary>Absolute error |x - t|; its derivative at 0 is 0.</summary>
    L1,
}

/// <summary>A loss summed over each row of [rows, columns], and its gradient. Sums are those of the row-sum law.</summary>
public static class RowLoss
{
    private const string Name = "row_loss";

    /// <summary>loss[row] = sum over the row of f(prediction, target).</summary>
    /// <param name="dtype">float or double, of all tensors.</param>
    /// <param name="prediction">[rows, columns], read.</param>
    /// <param name="target">[rows, columns], read.</param>
    /// <param name="loss">[rows], written.</param>
    /// <param name="dPrediction">[rows, columns], written: scale f'(prediction, target), for the price of storing it; null when none is needed.</param>
    /// <param name="scale">Of the gradient: 1 / rows where the rows' mean is differentiated.</param>
    public static void Forward(
        Device device, DType dtype, RowLossKind kind, BufferRange prediction, BufferRange target, BufferRange loss, int rows, int columns,
        BufferRange? dPrediction = null, double scale = 1)
    {
        long count = Rows.Count(rows, columns);
        if (rows == 0) return;
        prediction = prediction.First(Name, "prediction", dtype, count);
        target = target.First(Name, "target", dtype, count);
        loss = loss.First(Name, "loss", dtype, rows);
        dPrediction = dPrediction?.First(Name, "dPrediction", dtype, count);
        var args = new RowLossForwardArgs
        {
            Prediction = prediction.Address,
            Target = target.Address,
            Loss = loss.Address,
            DPrediction = dPrediction?.Address ?? 0,
            Scale = scale,
            Rows = rows,
            Columns = columns,
            Gradient = dPrediction is null ? 0 : 1,
        };
        Span<Access> accesses = [Access.Read(prediction), Access.Read(target), Access.Write(loss), Access.Write(dPrediction ?? default)];
        if (dPrediction is null) accesses = accesses[..3];
        if (device is CpuDevice cpu) RowLossCpu.Forward(cpu, dtype, kind, ref args, accesses);
        else RowLossGpu.Forward((GpuDevice)device, dtype, kind, ref args, accesses);
    }

    /// <summary>dPrediction = dLoss[row] f'(prediction, target).</summary>
    /// <param name="dLoss">[rows], read: the gradient of each row's loss.</param>
    /// <param name="dPrediction">[rows, columns], written.</param>
    public static void Backward(
        Device device, DType dtype, RowLossKind kind, BufferRange prediction, BufferRange target,
        BufferRange dLoss, BufferRange dPrediction, int rows, int columns)
    {
        long count = Rows.Count(rows, columns);
        if (rows == 0) return;
        prediction = prediction.First(Name, "prediction", dtype, count);
        target = target.First(Name, "target", dtype, count);
        dLoss = dLoss.First(Name, "dLoss", dtype, rows);
        dPrediction = dPrediction.First(Name, "dPrediction", dtype, count);
        var args = new RowLossBackwardArgs
        {
            Prediction = prediction.Address,
            Target = target.Address,
            DLoss = dLoss.Address,
            DPrediction = dPrediction.Address,
            Count = count,
            Columns = columns,
            Aligned = Rows.Aligned(prediction) & Rows.Aligned(target) & Rows.Aligned(dPrediction),
        };
        Span<Access> accesses = [Access.Read(prediction), Access.Read(target), Access.Read(dLoss), Access.Write(dPrediction)];
        if (device is CpuDevice cpu) RowLossCpu.Backward(cpu, dtype, kind, ref args, accesses);
        else RowLossGpu.Backward((GpuDevice)device, dtype, kind, ref args, accesses);
    }
}

internal struct RowLossForwardArgs
{
    public ulong Prediction;
    public ulong Target;
    public ulong Loss;
    public ulong DPrediction;
    public double Scale;
    public int Rows;
    public int Columns;
    public int Gradient; // 0: DPrediction is null
}

internal struct RowLossBackwardArgs
{
    public ulong Prediction;
    public ulong Target;
    public ulong DLoss;
    public ulong DPrediction;
    public long Count;
    public int Columns;
    public int Aligned;
}
