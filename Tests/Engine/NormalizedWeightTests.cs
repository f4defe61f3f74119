using GenEngine.Kernels;
using NUnit.Framework;

namespace GenEngine.Tests.Engine;

/// <summary>Weight-normalised layers and their data-dependent initialisation.</summary>
public sealed class NormalizedWeightTests() : OnCpu(seed: 3)
{
    [Test]
    public void The_weight_starts_as_its_directions_start()
    {
        var group = new ParameterGroup(_context, "g");
        var layer = new Linear(group, "l", 7, 4, weightNorm: true);
        group.Build();
        using var step = _context.BeginStep();
        double[] v = group["l.weight_v"].ToDoubles(), w = layer.Normalized!.Weight().ToDoubles();
        Assert.That(w, Is.EqualTo(v).Within(1e-6));
        Assert.That(group["l.weight_g"].Count, Is.EqualTo(4));
    }

    [Test]
    public void Initialisation_from_a_batch_makes_pre_activations_of_mean_zero_and_variance_one()
    {
        var group = new ParameterGroup(_context, "g");
        var layer = new Linear(group, "l", 5, 3, weightNorm: true);
        group.Build();
        using var nothing = _context.NoGradient();
        using var step = _context.BeginStep();
        var x = _context.RandomNormal(new Shape(90, 5));
        layer.Normalized!.Initialize(layer.Forward(x), group["l.bias"]);
        double[] t = layer.Forward(x).ToDoubles();
        for (int c = 0; c < 3; c++)
        {
            double[] column = [.. t.Where((_, i) => i % 3 == c)];
            double mean = column.Average();
            Assert.That(mean, Is.Zero.Within(1e-6));
            Assert.That(column.Average(value => (value - mean) * (value - mean)), Is.EqualTo(1).Within(1e-5));
        }
    }

    [Test]
    public void What_does_not_fit_is_refused_with_the_shapes()
    {
        var group = new ParameterGroup(_context, "g");
        var layer = new Linear(group, "l", 5, 3, weightNorm: true);
        group.Build();
        using var nothing = _context.NoGradient();
        using var step = _context.BeginStep();
        var one = layer.Forward(_context.RandomNormal(new Shape(1, 5)));
        string Message(Action run) => Assert.Throws<EngineException>(run)!.Message;
        Assert.That(Message(() => layer.Normalized!.Initialize(one, group["l.bias"])), Does.Contain("weight norm").And.Contain("[1, 3]"));
        Assert.That(Message(() => layer.Normalized!.Initialize(_context.RandomNormal(new Shape(4, 2)), group["l.bias"])), Does.Contain("[4, 2]").And.Contain("3 output channels"));
        Assert.That(Message(() => group["l.weight_v"].WeightNorm(_context.RandomNormal(new Shape(5)))), Does.Contain("weight norm").And.Contain("[3, 5]").And.Contain("[5]"));
    }

    [Test]
    public void A_layer_norm_layer_trains_in_a_captured_step()
    {
        var group = new ParameterGroup(_context, "g");
        var layers = new Sequential(new Linear(group, "a", 6, 9, weightNorm: true), new LayerNorm(group, "n", 9), new Linear(group, "b", 9, 2));
        group.Build();
        var optimizer = new Adam(group, 1e-2);
        var losses = new List<double>();
        var last = _context.Persistent(new Shape(1), DType.Float32, "loss");
        var x = _context.FromHost([.. Enumerable.Range(0, 66).Select(i => Math.Sin(i))], new Shape(11, 6));
        using var program = new StepProgram(_context, () =>
        {
            var loss = layers.Forward(x).Affine(1, -1).Square().Mean();
            GenEngine.Kernels.Layout.Copy.Run(_device, loss.Range, last.Range);
            _context.Tape.Backward(loss, [group]);
            optimizer.Step();
        });
        for (int i = 0; i < 200; i++)
        {
            program.Run();
            losses.Add(last.Item());
        }

        Assert.That(program.IsCaptured);
        Assert.That(losses[^1], Is.LessThan(losses[0] / 50));
    }
}
