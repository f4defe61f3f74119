using GenEngine.Kernels.Common;
using GenEngine.Kernels.Convolution;
using GenEngine.Kernels.Devices;
using NUnit.Framework;

namespace GenEngine.Tests.Engine;

/// <summary>
/// Input gradients that go on through the activation before them. A clamp from 0 up is the same function with a pass of its own on the way back, so networks with one in place
/// of a rectifier have the same gradients, to the bit.
/// </summary>
[Parallelizable]
public sealed class ThroughActivationTests : OnCpu
{
    /// <summary>What stands behind rectifiers, and how often one is left to its own kernel on the way back.</summary>
    public static IEnumerable<TestCaseData> Networks
    {
        get
        {
            var square = ConvSpec.Square(3, padding: 1);
            yield return Case("a product", (x, w, rectify) => rectify(x.Linear(w["linear"], null)).Linear(w["linear"], null), 0);
            yield return Case("a convolution", (x, w, rectify) => rectify(x.Conv2d(w["square"], null, square)).Conv2d(w["square"], null, square), 0);
            yield return Case("another shape", (x, w, rectify) => rectify(x.Conv2d(w["square"], null, square)).Reshape(24, 5).Linear(w["linear"], null), 0);
            yield return Case("a residual", (x, w, rectify) =>
            {
                var h = x.Conv2d(w["square"], null, square);
                for (int i = 0; i < 3; i++) h = rectify(h).Conv2d(w["square"], null, square, residual: h);
                return h;
            }, 0);
            yield return Case("a product beside a sum", (x, w, rectify) =>
            {
                var h = x.Linear(w["linear"], null);
                return rectify(h).Linear(w["linear"], null).Add(h);
            }, 1); // h has a gradient by then, and products add none
            yield return Case("two readers", (x, w, rectify) =>
            {
                var y = rectify(x.Linear(w["linear"], null));
                return y.Linear(w["linear"], null).Add(y.Linear(w["other"], null));
            }, 1);
            yield return Case("a reader twice", (x, w, rectify) =>
            {
                var y = rectify(x.Conv2d(w["square"], null, square));
                return y.Conv2d(w["square"], null, square).Add(y);
            }, 1);
            yield return Case("an end", (x, w, rectify) => rectify(x.Linear(w["linear"], null)), 1);
            yield return Case("a leaf", (x, w, rectify) => rectify(x).Linear(w["linear"], null), 0);
        }
    }

    [TestCaseSource(nameof(Networks))]
    public void Gradients_are_those_of_a_pass_of_its_own(Func<Tensor, ParameterGroup, Func<Tensor, Tensor>, Tensor> network, int passes)
    {
        var (plain, plainPasses) = Gradients(network, x => x.Clamp(0, 1e30));
        var (fused, fusedPasses) = Gradients(network, x => x.Relu());
        Assert.That(fused, Is.EqualTo(plain));
        Assert.That(plain, Has.Some.Not.Zero);
        Assert.That(plainPasses, Is.Positive);
        Assert.That(fusedPasses, Is.EqualTo(passes), "launches of the activation's own backward kernel");
    }

    /// <summary>An activation that is part of a layer: its gradient is behind it already when the layer's turn comes.</summary>
    [Test]
    public void A_fused_activation_is_passed_once([Values(Activation.Relu, Activation.LeakyRelu, Activation.Tanh)] Activation activation)
    {
        const double Slope = 0.25;
        var (apart, _) = Gradients((x, w, _) => x.Linear(w["linear"], w["bias"]).Activate(activation, Slope).Affine(1).Linear(w["linear"], null), x => x);
        var (together, passes) = Gradients((x, w, _) => x.Linear(w["linear"], w["bias"], activation, Slope).Linear(w["linear"], null), x => x);
        Assert.That(together, Is.EqualTo(apart));
        Assert.That(passes, Is.EqualTo(activation == Activation.Tanh ? 1 : 0));
    }

    [Test]
    public void A_retained_tape_gives_the_same_again()
    {
        var group = Parameters();
        var x = Input();
        using var step = _context.BeginStep();
        var loss = x.Linear(group["linear"], null, Activation.Relu).Linear(group["linear"], null).Square().Sum();
        _context.Tape.Backward(loss, [group], retain: true);
        double[] first = group.Gradient(group["linear"]).ToDoubles();
        _context.Tape.Backward(loss, [group]);
        Assert.That(group.Gradient(group["linear"]).ToDoubles(), Is.EqualTo(first));
    }

    /// <summary>What a frozen network made has operations before it that no gradient flows through.</summary>
    [Test]
    public void What_nobody_differentiates_is_left_alone()
    {
        var (frozen, trained) = (Parameters(), Parameters());
        using var step = _context.BeginStep();
        var made = Input().Linear(frozen["linear"], null, Activation.Relu).Reshape(24, 5).Reshape(2, 12, 5);
        _context.Tape.Backward(made.Linear(trained["linear"], null).Square().Sum(), [trained]);
        Assert.That(trained.Gradient(trained["linear"]).ToDoubles(), Has.Some.Not.Zero);
    }

    private static TestCaseData Case(string name, Func<Tensor, ParameterGroup, Func<Tensor, Tensor>, Tensor> network, int passes) => new TestCaseData(network, passes).SetArgDisplayNames(name);

    private (double[] Gradients, int Passes) Gradients(Func<Tensor, ParameterGroup, Func<Tensor, Tensor>, Tensor> network, Func<Tensor, Tensor> rectify)
    {
        var group = Parameters();
        var x = Input();
        _context.Tape.RequireGradient(x);
        using var profile = new LaunchProfile(_device);
        double[] all = [];
        profile.Run(1, () =>
        {
            using var step = _context.BeginStep();
            _context.Tape.Backward(network(x, group, rectify).Square().Sum(), [group]);
            all = [.. group.Parameters.SelectMany(parameter => group.Gradient(parameter).ToDoubles()), .. _context.Tape.GradientOf(x).ToDoubles()];
        });
        string[] activations = ["relu backward", "clamp backward", "linear backward", "conv2d backward", "tanh backward"];
        return (all, profile.Launches.Count(launch => launch.Kernel == "unary_backward" && activations.Contains(launch.Label.ToString())));
    }

    private ParameterGroup Parameters()
    {
        var group = new ParameterGroup(_context, "g");
        group.Declare("linear", new Shape(5, 5), Initializer.Uniform(1));
        group.Declare("other", new Shape(5, 5), Initializer.Uniform(1));
        group.Declare("bias", new Shape(5), Initializer.Uniform(1));
        group.Declare("square", new Shape(5, 3, 3, 5), Initializer.Uniform(0.5));
        group.Build();
        return group;
    }

    private Tensor Input()
    {
        var random = new Random(7);
        return _context.FromHost([.. Enumerable.Range(0, 120).Select(_ => (2 * random.NextDouble()) - 1)], new Shape(2, 3, 4, 5), "x");
    }
}
