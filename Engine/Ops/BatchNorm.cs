using GenEngine.Kernels;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Normalization;
using BatchNormKernel = GenEngine.Kernels.Normalization.BatchNorm;

namespace GenEngine;

/// <summary>
/// Running mean and (unbiased) variance of a batch norm, moved by running += momentum (batch - running). They belong to their network's group:
/// only a Backward that computes this group's gradients moves them.
/// </summary>
/// <param name="Owner">The network's group.</param>
/// <param name="Mean">[channels].</param>
/// <param name="Variance">[channels].</param>
/// <param name="Momentum">PyTorch's: the share of the batch.</param>
public sealed record RunningStatistics(ParameterGroup Owner, Tensor Mean, Tensor Variance, double Momentum = 0.1);

public static partial class Ops
{
    /// <summary>
    /// Batch normalisation with the batch's own statistics: act((x - mean) / sqrt(variance + epsilon) * gamma + beta), mean and biased variance a channel
    /// (last dimension) over everything else (Ioffe and Szegedy 2015, algorithm 1).
    /// </summary>
    /// <param name="x">[.., channels].</param>
    /// <param name="gamma">[channels].</param>
    /// <param name="beta">[channels].</param>
    /// <param name="running">Moved by a Backward over the owner's group, once a forward pass; by nothing else.</param>
    /// <param name="activation">Fused.</param>
    /// <param name="slope">Of LeakyRelu and Elu, at least 0.</param>
    /// <param name="epsilon">Added to the variance.</param>
    /// <param name="partials">Partial statistics that the kernel that made x left in passing: [chunks, 3, channels], see <see cref="BatchNormKernel"/>.</param>
    /// <exception cref="EngineException">One value a channel: it has no variance. Or shapes that do not fit.</exception>
    public static Tensor BatchNorm(
        this Tensor x, Tensor gamma, Tensor beta, RunningStatistics? running = null, Activation activation = Activation.None, double slope = 0, double epsilon = 1e-5,
        Tensor? partials = null)
    {
        CheckChannels("batch norm", x, gamma, beta, running?.Mean, running?.Variance);
        Shapes.Slope(slope);
        if (!BatchNormKernel.TakesBFloat16(activation)) x = x.ToFloat32();
        int rows = x.Shape.Rows, columns = x.Shape.Columns;
        if (rows < 2) throw new EngineException($"batch norm: {x.Shape} has one value a channel, which has no variance; train with a larger batch, or evaluate with running statistics.");
        var context = x.Context;
        var (device, real) = (context.Device, context.Real);
        var y = context.NewTensor(x.Shape, "batch norm", x.DType);
        var statistics = context.NewTensor(new Shape(3, columns), "batch norm statistics");
        long partialCount = BatchNormKernel.PartialElements(rows, columns);
        if (partials is not null && partials.Count != partialCount) throw Shapes.Mismatch("batch norm", x, partials, $"{partialCount:N0} partial statistics are asked for");
        ArenaBlock? own = partials is null ? context.NewScratch(partialCount * real.Size(), "scratch of batch norm") : null;
        if (own is not null) BatchNormKernel.Statistics(device, x.DType, x.Range, own.Range, rows, columns);
        BatchNormKernel.Finish(device, real, own?.Range ?? partials!.Range, statistics.Range, rows, columns, epsilon);
        own?.Release();
        BatchNormKernel.Apply(device, x.DType, x.Range, statistics.Range, gamma.Range, beta.Range, y.Range, rows, columns, activation, slope);
        bool moved = false; // a retained tape may come here again
        context.Tape.Record("batch norm", [y], [x, gamma, beta], [x, gamma, beta, statistics], (node, sink) =>
        {
            if (running is not null && !moved && sink.Trains(running.Owner))
            {
                BatchNormKernel.UpdateRunning(device, real, statistics.Range, running.Mean.Range, running.Variance.Range, columns, running.Momentum);
                moved = true;
            }

            using var means = new Scratch(context, 2L * columns * real.Size(), "batch norm");
            BatchNormParameters(node, sink, x, y, gamma, beta, statistics, sink.Wants(x) ? means.Range : null, activation, slope);
            sink.Transform(y, x, (dy, dx, accumulate) => BatchNormBackward.Apply(
                device, x.DType, dy, x.Range, statistics.Range, gamma.Range, beta.Range, means.Range, dx, rows, columns, activation, slope, accumulate));
        });
        if (!y.RequiresGradient) statistics.Block!.Release();
        return y;
    }

    /// <summary>
    /// Batch normalisation with given statistics, in evaluation the running ones: act((x - mean) / sqrt(variance + epsilon) * gamma + beta). No gradient
    /// flows to the statistics.
    /// </summary>
    /// <param name="mean">[channels].</param>
    /// <param name="variance">[channels].</param>
    /// <inheritdoc cref="BatchNorm"/>
    public static Tensor BatchNormEval(
        this Tensor x, Tensor gamma, Tensor beta, Tensor mean, Tensor variance, Activation activation = Activation.None, double slope = 0, double epsilon = 1e-5)
    {
        CheckChannels("batch norm", x, gamma, beta, mean, variance);
        Shapes.Slope(slope);
        if (!BatchNormKernel.TakesBFloat16(activation)) x = x.ToFloat32();
        int rows = x.Shape.Rows, columns = x.Shape.Columns;
        var context = x.Context;
        var (device, real) = (context.Device, context.Real);
        var y = context.NewTensor(x.Shape, "batch norm", x.DType);
        var statistics = context.NewTensor(new Shape(2, columns), "batch norm statistics");
        BatchNormKernel.UseRunning(device, real, mean.Range, variance.Range, statistics.Range, columns, epsilon);
        BatchNormKernel.Apply(device, x.DType, x.Range, statistics.Range, gamma.Range, beta.Range, y.Range, rows, columns, activation, slope);
        context.Trace?.Add(y, new Traced.BatchNorm(activation, slope, epsilon), x, gamma, beta, mean, variance);
        context.Tape.Record("batch norm", [y], [x, gamma, beta], [x, gamma, beta, statistics], (node, sink) =>
        {
            if (sink.Wants(gamma) || sink.Wants(beta)) BatchNormParameters(node, sink, x, y, gamma, beta, statistics, null, activation, slope);
            sink.Transform(y, x, (dy, dx, accumulate) => BatchNormBackward.Apply(
                device, x.DType, dy, x.Range, statistics.Range, gamma.Range, beta.Range, null, dx, rows, columns, activation, slope, accumulate));
        });
        if (!y.RequiresGradient) statistics.Block!.Release();
        return y;
    }

    /// <summary>Gradients of gamma and beta where they are wanted, and the means that training's dx needs.</summary>
    private static void BatchNormParameters(
        TapeNode node, GradientSink sink, Tensor x, Tensor y, Tensor gamma, Tensor beta, Tensor statistics, BufferRange? means, Activation activation, double slope)
    {
        var context = x.Context;
        int rows = x.Shape.Rows, columns = x.Shape.Columns;
        using var partials = new Scratch(context, BatchNormBackward.PartialElements(rows, columns) * context.Real.Size(), "batch norm");
        BatchNormBackward.Sums(
            context.Device, x.DType, node.GradientOf(y).Range, x.Range, statistics.Range, gamma.Range, beta.Range, partials.Range, rows, columns, activation, slope);
        FinishParameters(sink, gamma, beta, partials.Range, means, rows, columns);
    }

    /// <summary>Joins partial sums into the gradients of gamma and beta: one launch for both, whichever of them is wanted.</summary>
    private static void FinishParameters(GradientSink sink, Tensor gamma, Tensor beta, BufferRange partials, BufferRange? means, int rows, int columns)
    {
        var context = gamma.Context;
        Both(sink, gamma, beta, (dGamma, dBeta) => BatchNormBackward.Finish(context.Device, context.Real, partials, means, dGamma, dBeta, rows, columns));
    }

    /// <summary>write(target of first, target of second), null where a gradient is not wanted.</summary>
    private static void Both(GradientSink sink, Tensor first, Tensor second, Action<ParameterTarget?, ParameterTarget?> write)
    {
        if (sink.Wants(first)) sink.Add(first, (range, accumulate) => Second(new ParameterTarget(range, accumulate)));
        else Second(null);

        void Second(ParameterTarget? target)
        {
            if (sink.Wants(second)) sink.Add(second, (range, accumulate) => write(target, new ParameterTarget(range, accumulate)));
            else write(target, null);
        }
    }

    private static void CheckChannels(string op, Tensor x, params ReadOnlySpan<Tensor?> perChannel)
    {
        Shapes.Image(x, op);
        foreach (var tensor in perChannel)
        {
            if (tensor is null) continue;
            Shapes.Real(tensor, op);
            if (tensor.Count != x.Shape.Columns) throw Shapes.Mismatch(op, x, tensor, "one value a channel (last dimension) is asked for");
        }
    }
}
