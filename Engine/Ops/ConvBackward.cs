using GenEngine.Kernels;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Convolution;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Reduction;
using ConvKernel = GenEngine.Kernels.Convolution.Conv;
using ReduceKernel = GenEngine.Kernels.Reduction.Reduce;

namespace GenEngine;

/// <summary>The way back through one convolution, see <see cref="Ops.Conv2d(Tensor, Tensor, Tensor?, ConvSpec, Activation, double, Tensor?, bool)"/>: gradients of images, filter, bias and residual.</summary>
/// <param name="Rounded">x in BF16, where the filter's gradient may take it so: x itself where that is compact. Or null.</param>
internal sealed record ConvBackward(
    string Name, ConvPrograms Programs, bool Transposed, int Batch, Tensor X, Tensor? Rounded, Tensor Filter, Tensor? Bias, Tensor Y, Activation Activation, double Slope, Tensor? Residual)
{
    private Context Context => X.Context;

    private bool IsCompact => X.DType == DType.BFloat16 || Y.DType == DType.BFloat16;

    public void Run(TapeNode node, GradientSink sink)
    {
        var dz = node.GradientOf(Y);
        if (Activation != Activation.None) dz = sink.ThroughActivation(Y, dz, Activation, Slope);
        // asked anew, since the precision may be another by now
        if (IsCompact && !Ops.ServesBFloat16(Context, Programs, Batch))
            throw new EngineException($"{Name}: images are stored in BF16, and the device computes in another precision by now; leave it as it is until Backward has run.");
        bool filterTakes = IsCompact || (sink.Wants(Filter) && ConvWeight.TakesRounded(Context.Device, Context.Real, Programs.Convolution, Batch));

        // where both gradients want dz in BF16, it is rounded once
        bool shares = IsCompact || (filterTakes && sink.Wants(X) && ConvKernel.TakesRounded(Context.Device, Context.Real, Programs.Backward, Batch)), isRounded = dz.DType == DType.BFloat16;
        using Scratch? copy = shares && !isRounded ? new Scratch(Context, dz.Count * DType.BFloat16.Size(), Name) : null;
        if (copy is { } room) RoundedImages.Run(Context.Device, dz.Range, room.Range, dz.Count);
        var behind = new Images(copy?.Range ?? dz.Range, copy is not null || isRounded);

        sink.Add(Filter, (range, accumulate) => ToFilter(filterTakes && Rounded is not null ? new Images(Rounded.Range, true) : new Images(X.Range, false), behind, range, accumulate));
        if (Bias is not null) sink.Add(Bias, (range, accumulate) => ToBias(sink, dz, range, accumulate));

        // first, so that what x adds to it through an activation is added on the way; where x is the residual itself, its share is added last
        bool apart = Residual is not null && !ReferenceEquals(Residual, X);
        if (apart) sink.Pass(Residual!, dz);
        sink.AddThrough(X, adds: true, (range, accumulate, through, onto, sums) => Ops.Convolve(
            Context, Programs.Backward, Batch, behind.Range, Filter.Range, range, new ConvEpilogue { Accumulate = accumulate, Through = through, Residual = onto, Sums = sums }, behind.AreRounded, X.DType));
        if (Residual is not null && !apart) sink.Pass(Residual, dz);
    }

    private void ToFilter(Images images, Images behind, BufferRange range, bool accumulate)
    {
        var (device, real, program) = (Context.Device, Context.Real, Programs.Convolution);
        var (x, dy) = Transposed ? (behind, images) : (images, behind);
        using var scratch = new Scratch(Context, ConvWeight.ScratchBytes(device, real, program, Batch, x.AreRounded, dy.AreRounded), Name);
        ConvWeight.Run(device, real, program, Batch, x.Range, dy.Range, range, scratch.Range, accumulate, x.AreRounded, dy.AreRounded);
    }

    private void ToBias(GradientSink sink, Tensor dz, BufferRange range, bool accumulate)
    {
        int rows = Y.Shape.Rows, outputs = Y.Shape.Columns;
        if (sink.SumsOf(dz) is { } sums) ReduceKernel.Join(Context.Device, Context.Real, sums, range, ReduceKernel.Chunks(rows), outputs, accumulate);
        else Ops.ReduceInto(Context, ReduceOp.Sum, ReduceAxis.Rows, dz, range, rows, outputs, accumulate);
    }

    private readonly record struct Images(BufferRange Range, bool AreRounded);
}
