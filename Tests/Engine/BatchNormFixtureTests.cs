using GenEngine.Kernels.Reduction;
using GenEngine.Tests.Fixtures;
using NUnit.Framework;

namespace GenEngine.Tests.Engine;

/// <summary>Batch norm against TorchSharp: values, gradients, running statistics.</summary>
[TestFixtureSource(typeof(TestDevices), nameof(TestDevices.All))]
public sealed class BatchNormFixtureTests(TestDevice target)
{
    private const double Ulps = 256; // of the largest value: both sides round their sums

    private static IEnumerable<Fixture> All => Fixture.Of("batch_norm");

    [TestCaseSource(nameof(All))]
    public void Agrees_with_TorchSharp(Fixture fixture)
    {
        using var context = new Context(target.Open());
        bool train = fixture.Int("train") == 1;
        var x = fixture.Upload(context, "x");
        var group = new ParameterGroup(context, "g");
        var layer = new BatchNorm(group, "bn", x.Shape.Columns, epsilon: fixture.Option("epsilon"), momentum: fixture.Option("momentum"));
        layer.SetTraining(train);
        group.Build();
        context.UploadReal(fixture.Values("gamma"), group["bn.weight"].Range);
        context.UploadReal(fixture.Values("beta"), group["bn.bias"].Range);
        context.UploadReal(fixture.Values("running_mean"), layer.Running.Mean.Range);
        context.UploadReal(fixture.Values("running_var"), layer.Running.Variance.Range);
        var dy = fixture.Upload(context, "dy");
        context.Tape.RequireGradient(x);

        using var step = context.BeginStep();
        var y = layer.Forward(x).Keep();
        context.Tape.Backward(y.Mul(dy).Sum(ReduceAxis.All), [group]);
        fixture.AssertNear(y, "y", Ulps);
        fixture.AssertNear(context.Tape.GradientOf(x), "dx", Ulps);
        fixture.AssertNear(group.Gradient(group["bn.weight"]), "dgamma", Ulps);
        fixture.AssertNear(group.Gradient(group["bn.bias"]), "dbeta", Ulps);
        fixture.AssertNear(layer.Running.Mean, train ? "running_mean_after" : "running_mean", train ? 16 : 0);
        fixture.AssertNear(layer.Running.Variance, train ? "running_var_after" : "running_var", train ? 16 : 0);
        y.Dispose();
    }
}
