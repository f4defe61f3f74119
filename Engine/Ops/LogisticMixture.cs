using GenEngine.Kernels;
using MixtureKernel = GenEngine.Kernels.Loss.LogisticMixture;
using MixtureSampleKernel = GenEngine.Kernels.Sampling.LogisticMixtureSample;

namespace GenEngine;

public static partial class Ops
{
    /// <summary>
    /// -log p(target) in nats, one value a position, under the discretised logistic mixture of PixelCNN++ (Salimans et al. 2017): parameters
    /// [.., K * 3] with target [.., 1], or [.., K * 10] with target [.., 3]; summed over the channels. No gradient flows to the target.
    /// </summary>
    /// <param name="parameters">K logits; then for each channel K means, K log scales and, in colour, K coefficients before their tanh (green on red, blue on red, blue on green).</param>
    /// <param name="target">2 level / 255 - 1 for levels 0 to 255.</param>
    /// <exception cref="EngineException">Shapes that do not fit.</exception>
    public static Tensor LogisticMixtureNll(this Tensor parameters, Tensor target)
    {
        const string Name = "logistic mixture nll";
        int components = Components(parameters, target, Name);
        var context = parameters.Context;
        var loss = context.NewTensor(new Shape(parameters.Shape.Rows), Name);
        var gradient = GradientToLeave(parameters, Name);
        MixtureInto(parameters, target, loss, gradient, components, 1);
        if (gradient is not null) context.Tape.Record(Name, [loss], [parameters], [gradient], (node, sink) => LeftGradient(node, sink, loss, parameters, gradient));
        return loss;
    }

    /// <summary>
    /// The mean of <see cref="LogisticMixtureNll"/> over the positions: one value. The forward pass leaves the finished gradient, so that
    /// differentiating the loss, or a sum that it is part of, is no work at all.
    /// </summary>
    /// <inheritdoc cref="LogisticMixtureNll"/>
    public static Tensor LogisticMixtureNllMean(this Tensor parameters, Tensor target)
    {
        const string Name = "logistic mixture nll mean";
        int components = Components(parameters, target, Name), rows = parameters.Shape.Rows;
        var gradient = GradientToLeave(parameters, Name);
        var loss = MeanOfRows(parameters, rows, Name, losses => MixtureInto(parameters, target, losses, gradient, components, 1.0 / rows));
        if (gradient is not null)
            parameters.Context.Tape.Record(Name, [loss], [parameters], [gradient], (node, sink) => LeftGradient(node, sink, loss, parameters, gradient));
        return loss;
    }

    /// <summary>
    /// A pixel a position from the mixture whose parameters <see cref="LogisticMixtureNll"/> describes: [.., channels], 2 level / 255 - 1. No gradient.
    /// </summary>
    /// <param name="channels">1 or 3.</param>
    /// <exception cref="EngineException">Parameters that do not belong to so many channels.</exception>
    public static Tensor SampleLogisticMixture(this Tensor parameters, int channels)
    {
        const string Name = "sample logistic mixture";
        Shapes.Real(parameters, Name);
        int width = MixtureKernel.Width(channels, 1), components = parameters.Shape.Columns / width;
        if (channels is not (1 or 3) || components == 0 || parameters.Shape.Columns != components * width)
            throw new EngineException($"{Name}: to 1 channel belong parameters [.., 3 K], to 3 channels [.., 10 K]; not to {channels} channels {parameters.Shape}.");
        var context = parameters.Context;
        var x = context.NewTensor(parameters.Shape.WithColumns(channels), Name);
        MixtureSampleKernel.Run(
            context.Device, context.Real, parameters.Range, x.Range, parameters.Shape.Rows, channels, components, context.Random, context.NextStream());
        context.Tape.Record(Name, [x], [parameters], [], null);
        return x;
    }

    private static void MixtureInto(Tensor parameters, Tensor target, Tensor loss, Tensor? gradient, int components, double scale) =>
        MixtureKernel.Forward(
            parameters.Context.Device, parameters.DType, parameters.Range, target.Range, loss.Range, gradient?.Range,
            parameters.Shape.Rows, target.Shape.Columns, components, scale);

    private static int Components(Tensor parameters, Tensor target, string name)
    {
        Shapes.Real(parameters, name);
        Shapes.Real(target, name);
        int channels = target.Shape.Columns, width = MixtureKernel.Width(channels, 1), components = parameters.Shape.Columns / width;
        if (channels is not (1 or 3) || parameters.Shape.Rows != target.Shape.Rows || parameters.Shape.Columns != components * width)
            throw Shapes.Mismatch(name, parameters, target, "to a target [.., 1] belong parameters [.., 3 K], to [.., 3] belong [.., 10 K]");
        if (components is 0 or > MixtureKernel.MaxComponents)
            throw new EngineException($"{name}: parameters {parameters.Shape} are of {components} components; 1 to {MixtureKernel.MaxComponents} are possible.");
        return components;
    }
}
