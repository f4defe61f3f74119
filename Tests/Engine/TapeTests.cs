using GenEngine.Kernels;
using GenEngine.Kernels.Reduction;
using NUnit.Framework;

namespace GenEngine.Tests.Engine;

[Parallelizable]
public sealed class TapeTests : OnCpu
{
    [Test]
    public void Backward_fills_only_the_groups_it_is_given()
    {
        var (a, b) = (Group("a"), Group("b"));
        var x = _context.FromHost([1, 2, 3], new Shape(1, 3));
        using (_context.BeginStep())
        {
            var loss = x.Linear(a["w"], null).Linear(b["w"], null).Sum();
            _context.Tape.Backward(loss, [b]);
            Assert.That(b.Gradient(b["w"]).ToDoubles(), Has.Some.Not.Zero);
            Assert.That(a.Gradient(a["w"]).ToDoubles(), Is.All.Zero);
        }

        using (_context.BeginStep())
        {
            var before = b.Gradient(b["w"]).ToDoubles();
            _context.Tape.Backward(x.Linear(a["w"], null).Linear(b["w"], null).Sum(), [a]);
            Assert.That(a.Gradient(a["w"]).ToDoubles(), Has.Some.Not.Zero, "the gradient passes through a frozen network");
            Assert.That(b.Gradient(b["w"]).ToDoubles(), Is.EqualTo(before), "a frozen network's gradients are not touched");
        }
    }

    [Test]
    public void A_parameter_that_the_loss_does_not_reach_gets_zeros()
    {
        var group = new ParameterGroup(_context, "g");
        group.Declare("used", new Shape(3, 3), Initializer.Uniform(1));
        group.Declare("unused", new Shape(5), Initializer.Uniform(1));
        group.Build();
        var x = _context.FromHost([1, 2, 3], new Shape(1, 3));
        using var step = _context.BeginStep();
        _device.Upload<float>([7, 7, 7, 7, 7], group.GradientRange(group["unused"]));
        _context.Tape.Backward(x.Linear(group["used"], null).Sum(), [group]);
        Assert.That(group.Gradient(group["unused"]).ToDoubles(), Is.All.Zero);
    }

    [Test]
    public void Accumulate_adds_to_what_is_there()
    {
        var group = Group("g");
        var x = _context.FromHost([1, 2, 3], new Shape(1, 3));
        double[] Once(bool accumulate)
        {
            using var step = _context.BeginStep();
            _context.Tape.Backward(x.Linear(group["w"], null).Sum(), [group], accumulate);
            return group.Gradient(group["w"]).ToDoubles();
        }

        var once = Once(false);
        Assert.That(Once(true), Is.EqualTo(once.Select(value => 2 * value)));
    }

    [Test]
    public void A_retained_tape_gives_the_same_gradients_again()
    {
        var group = Group("g");
        var x = _context.FromHost([1, 2, 3, -1, 0.5, 2], new Shape(2, 3));
        var labels = _context.FromLabels([2, 0], new Shape(2));
        using var step = _context.BeginStep();
        var loss = x.Linear(group["w"], null, GenEngine.Kernels.Common.Activation.Tanh).SoftmaxCrossEntropy(labels).Mean();
        _context.Tape.Backward(loss, [group], retain: true);
        var first = group.Gradient(group["w"]).ToDoubles();
        _context.Tape.Backward(loss, [group]);
        Assert.That(first, Has.Some.Not.Zero);
        Assert.That(group.Gradient(group["w"]).ToDoubles(), Is.EqualTo(first));
    }

    [Test]
    public void A_tensor_used_after_its_step_says_which_op_made_it()
    {
        var x = _context.FromHost([1, 2], new Shape(2));
        Tensor y;
        using (_context.BeginStep()) y = x.Tanh();
        var error = Assert.Throws<StaleTensorException>(() => y.ToDoubles());
        Assert.That(error!.Message, Does.Contain("'tanh'").And.Contain("Keep()"));
    }

    [Test]
    public void A_kept_tensor_outlives_its_step_and_gives_its_memory_back()
    {
        var x = _context.FromHost([1, 2], new Shape(2));
        Tensor y;
        using (_context.BeginStep()) y = x.Square().Keep();
        using (_context.BeginStep()) x.Exp();
        Assert.That(y.ToDoubles(), Is.EqualTo(new double[] { 1, 4 }));
        y.Dispose();
        Assert.That(_context.Arena.LiveBytes, Is.Zero);
    }

    [Test]
    public void An_activation_read_after_backward_says_keep()
    {
        var group = Group("g");
        var x = _context.FromHost(new double[4096 * 3], new Shape(4096, 3));
        using var step = _context.BeginStep();
        var h = x.Linear(group["w"], null).Tanh();
        _context.Tape.Backward(h.Sum(), [group]);
        var error = Assert.Throws<StaleTensorException>(() => h.ToDoubles());
        Assert.That(error!.Message, Does.Contain("'tanh'").And.Contain("Keep()"));
    }

    [Test]
    public void An_op_without_a_backward_throws_when_a_gradient_reaches_it()
    {
        var p = _context.FromHost([0.5, 0.25], new Shape(2));
        _context.Tape.RequireGradient(p);
        using var step = _context.BeginStep();
        var loss = p.RandomBernoulli().Sum();
        var error = Assert.Throws<EngineException>(() => _context.Tape.Backward(loss, []));
        Assert.That(error!.Message, Does.Contain("bernoulli"));
    }

    [Test]
    public void Shapes_that_do_not_fit_name_the_op_and_both_shapes()
    {
        var a = _context.FromHost(new double[6], new Shape(2, 3));
        var b = _context.FromHost(new double[8], new Shape(2, 4));
        using var step = _context.BeginStep();
        Assert.That(Assert.Throws<EngineException>(() => a.MatMul(b))!.Message, Does.Contain("matmul").And.Contain("[2, 3]").And.Contain("[2, 4]"));
        Assert.That(Assert.Throws<EngineException>(() => a.Add(b))!.Message, Does.Contain("add").And.Contain("[2, 3]").And.Contain("[2, 4]"));
        Assert.That(Assert.Throws<EngineException>(() => a.BceWithLogits(b))!.Message, Does.Contain("bce").And.Contain("[2, 3]").And.Contain("[2, 4]"));
    }

    [Test]
    public void Backward_of_a_vector_is_refused()
    {
        var group = Group("g");
        var x = _context.FromHost([1, 2, 3], new Shape(1, 3));
        using var step = _context.BeginStep();
        Assert.That(Assert.Throws<EngineException>(() => _context.Tape.Backward(x.Linear(group["w"], null), [group]))!.Message, Does.Contain("scalar"));
    }

    [Test]
    public void Activations_are_reused_during_backward()
    {
        var group = new ParameterGroup(_context, "deep");
        for (int i = 0; i < 12; i++) group.Declare($"w{i}", new Shape(64, 64), Initializer.FanIn(64));
        group.Build();
        var x = _context.FromHost(new double[512 * 64], new Shape(512, 64));
        using var step = _context.BeginStep();
        var h = x;
        for (int i = 0; i < 12; i++) h = h.Linear(group[$"w{i}"], null).Tanh();
        long forward = _context.Arena.LiveBytes;
        var loss = h.Mean(ReduceAxis.All);
        _context.Tape.Backward(loss, [group]);
        Assert.That(_context.Arena.PeakBytes, Is.LessThan(forward * 1.2), "gradients fit where activations were");
        Assert.That(_context.Arena.LiveBytes, Is.LessThan(16 * 1024), "only small results are left");
    }

    private ParameterGroup Group(string name)
    {
        var group = new ParameterGroup(_context, name);
        group.Declare("w", new Shape(3, 3), Initializer.Uniform(1));
        group.Build();
        return group;
    }
}
