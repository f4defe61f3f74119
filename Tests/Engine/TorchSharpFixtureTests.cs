using GenEngine.Kernels.Convolution;
using GenEngine.Kernels.Pooling;
using GenEngine.Tests.Fixtures;
using NUnit.Framework;

namespace GenEngine.Tests.Engine;

/// <summary>Convolutions, pooling and cross-entropy against TorchSharp, values and gradients; see Tests/Fixtures/README.md.</summary>
[TestFixtureSource(typeof(TestDevices), nameof(TestDevices.All))]
public sealed class TorchSharpFixtureTests(TestDevice target)
{
    private const double Ulps = 128; // of the largest value: both sides round their sums

    private static IEnumerable<Fixture> Convolutions => Fixture.Of("conv2d");

    private static IEnumerable<Fixture> Transposed => Fixture.Of("conv_transpose2d");

    private static IEnumerable<Fixture> Pools => Fixture.Of("max_pool2d");

    private static IEnumerable<Fixture> CrossEntropies => Fixture.Of("cross_entropy");

    [TestCaseSource(nameof(Convolutions))]
    public void Conv2d_agrees(Fixture fixture) => Convolution(fixture, (x, w, b) => x.Conv2d(w, b, Geometry(fixture, w)));

    [TestCaseSource(nameof(Transposed))]
    public void ConvTranspose2d_agrees(Fixture fixture) =>
        Convolution(fixture, (x, w, b) => x.ConvTranspose2d(w, b, Geometry(fixture, w), fixture.Int("output_padding_h"), fixture.Int("output_padding_w")));

    [TestCaseSource(nameof(Pools))]
    public void MaxPool2d_agrees(Fixture fixture)
    {
        using var context = new Context(target.Open());
        Tensor x = fixture.Upload(context, "x"), dy = fixture.Upload(context, "dy");
        context.Tape.RequireGradient(x);
        var window = new PoolWindow(
            fixture.Int("kernel_h"), fixture.Int("kernel_w"), fixture.Int("stride_h"), fixture.Int("stride_w"), fixture.Int("padding_h"), fixture.Int("padding_w"));
        using var step = context.BeginStep();
        var y = x.MaxPool2d(window);
        fixture.AssertNear(y, "y", 0);
        context.Tape.BackwardFrom(y, dy, []);
        fixture.AssertNear(context.Tape.GradientOf(x), "dx", 4);
    }

    [TestCaseSource(nameof(CrossEntropies))]
    public void SoftmaxCrossEntropy_agrees(Fixture fixture)
    {
        using var context = new Context(target.Open());
        Tensor x = fixture.Upload(context, "x"), dLoss = fixture.Upload(context, "dloss");
        var labels = context.FromLabels(fixture.Integers("labels"), fixture.Shape("labels"));
        context.Tape.RequireGradient(x);
        using var step = context.BeginStep();
        var loss = x.SoftmaxCrossEntropy(labels);
        fixture.AssertNear(loss.Reshape(fixture.Shape("loss").ToArray()), "loss", 16);
        context.Tape.BackwardFrom(loss, dLoss.Reshape(loss.Shape.ToArray()), []);
        fixture.AssertNear(context.Tape.GradientOf(x), "dx", 16);
    }

    private void Convolution(Fixture fixture, Func<Tensor, Tensor, Tensor, Tensor> op)
    {
        using var context = new Context(target.Open());
        Tensor x = fixture.Upload(context, "x"), w = fixture.Upload(context, "w"), b = fixture.Upload(context, "b"), dy = fixture.Upload(context, "dy");
        foreach (var input in new[] { x, w, b }) context.Tape.RequireGradient(input);
        using var step = context.BeginStep();
        var y = op(x, w, b);
        fixture.AssertNear(y, "y", Ulps);
        context.Tape.BackwardFrom(y, dy, []);
        fixture.AssertNear(context.Tape.GradientOf(x), "dx", Ulps);
        fixture.AssertNear(context.Tape.GradientOf(w), "dw", Ulps);
        fixture.AssertNear(context.Tape.GradientOf(b), "db", Ulps);
    }

    private static ConvSpec Geometry(Fixture fixture, Tensor w) => new(w.Shape[1], w.Shape[2])
    {
        StrideY = fixture.Int("stride_h"),
        StrideX = fixture.Int("stride_w"),
        DilationY = fixture.Int("dilation_h"),
        DilationX = fixture.Int("dilation_w"),
        PadTop = fixture.Int("padding_h"),
        PadBottom = fixture.Int("padding_h"),
        PadLeft = fixture.Int("padding_w"),
        PadRight = fixture.Int("padding_w"),
    };
}
