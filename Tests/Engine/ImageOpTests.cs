using GenEngine.Kernels;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Gate;
using NUnit.Framework;

namespace GenEngine.Tests.Engine;

/// <summary>Pooling, resampling, embeddings and gates as operations and layers: refusals, and the gradients that op cases do not reach.</summary>
[Parallelizable]
public sealed class ImageOpTests : OnCpu
{
    [Test]
    public void Shapes_that_do_not_fit_are_refused_with_the_operation_and_the_numbers()
    {
        Tensor images = Zeros(2, 4, 6, 6), matrix = Zeros(3, 5), labels = _context.FromLabels([0, 1], new Shape(2));
        using var step = _context.BeginStep();
        Refused(() => images.MaxPool2d(5), "max pool", "5x5", "4x6");
        Refused(() => images.MaxPool2d(2, padding: 2), "max pool", "2x2");
        Refused(() => images.AvgPool2d(7), "average pool", "7x7", "4x6");
        Refused(() => images.AvgPool2d(2, 0), "average pool", "0x0");
        Refused(() => matrix.MaxPool2d(2), "max pool", "[3, 5]");
        Refused(() => matrix.AvgPool2d(2), "average pool", "[3, 5]");
        Refused(() => matrix.GlobalAvgPool(), "global average pool", "[3, 5]");
        Refused(() => matrix.Upsample(2), "upsample", "[3, 5]");
        Refused(() => images.Upsample(0), "upsample", "factor of 0");
        Refused(() => images.DepthToSpace(2), "depth to space", "6 channels", "2x2");
        Refused(() => images.SpaceToDepth(4), "space to depth", "[2, 4, 6, 6]", "4");
        Refused(() => matrix.Gate(), "gate", "[3, 5]");
        Refused(() => images.Gate(GateKind.Tanh, Zeros(1, 6)), "gate", "[2, 6]", "[1, 6]");
        Refused(() => images.TanhGate(matrix), "tanh gate", "[3, 5]");
        Refused(() => matrix.Embedding(matrix), "embedding", "int32");
        Refused(() => images.Embedding(labels), "embedding", "[2, 4, 6, 6]");
        Refused(() => matrix.Embedding(_context.FromLabels(new int[16], new Shape(2, 2, 2, 2))), "embedding", "[2, 2, 2, 2]");
        Refused(() => labels.Gate(), "Gate", "Int32");
        Refused(() => matrix.LeakyRelu(-0.2), "LeakyRelu", "-0.2", "at least 0");
        Refused(() => matrix.Elu(double.NaN), "Elu", "NaN");
        Refused(() => matrix.Linear(matrix, null, Activation.LeakyRelu, -1), "Linear", "-1");
        Refused(() => images.BatchNorm(Zeros(6), Zeros(6), null, Activation.LeakyRelu, -1), "BatchNorm", "-1");
    }

    [Test]
    public void Layers_are_the_operations()
    {
        var group = new ParameterGroup(_context, "g");
        var embedding = new Embedding(group, "e", 3, 4);
        group.Build();
        var indices = _context.FromLabels([2, 0], new Shape(2));
        var images = Draw(2, 4, 6, 8);
        using var step = _context.BeginStep();
        (Layer Layer, Tensor Expected)[] all =
        [
            (new MaxPool2d(3, 2, 1), images.MaxPool2d(3, 2, 1)), (new AvgPool2d(2), images.AvgPool2d(2)), (GlobalAvgPool.Instance, images.GlobalAvgPool()),
            (new Upsample(2), images.Upsample(2)), (new DepthToSpace(2), images.DepthToSpace(2)), (Gate.Tanh, images.Gate()), (Gate.Linear, images.Gate(GateKind.Linear)),
        ];
        foreach (var (layer, expected) in all)
        {
            var y = layer.Forward(images);
            Assert.That(y.Shape, Is.EqualTo(expected.Shape), layer.GetType().Name);
            Assert.That(y.ToDoubles(), Is.EqualTo(expected.ToDoubles()), layer.GetType().Name);
        }

        double[] table = group["e.weight"].ToDoubles();
        Assert.That(embedding.Forward(indices).ToDoubles(), Is.EqualTo((double[])[.. table[8..12], .. table[..4]]));
        var condition = Zeros(2, 8);
        Assert.That(Gate.Tanh.Forward(images, condition).ToDoubles(), Is.EqualTo(images.Gate().ToDoubles()));
    }

    [Test]
    public void Max_pooling_keeps_no_places_where_no_gradient_is_needed()
    {
        var x = Draw(1, 8, 8, 64);
        using var step = _context.BeginStep();
        x.MaxPool2d(2);
        long plain = _context.Arena.LiveBytes;
        _context.Tape.RequireGradient(x);
        x.MaxPool2d(2);
        Assert.That(_context.Arena.LiveBytes - plain, Is.GreaterThan(plain));
    }

    [Test]
    public void Gradients_of_tensors_used_twice_add_up()
    {
        // each operation meets a gradient that is there already
        CheckTwice(x => x.MaxPool2d(2, 1), 1, 3, 4, 2);
        CheckTwice(x => x.AvgPool2d(3, 2, 1), 1, 3, 4, 2);
        CheckTwice(x => x.GlobalAvgPool(), 2, 3, 4, 2);
        CheckTwice(x => x.Upsample(2), 1, 3, 4, 2);
        CheckTwice(x => x.DepthToSpace(2), 1, 3, 4, 4);
        CheckTwice(x => x.SpaceToDepth(2), 1, 2, 4, 3);
        CheckTwice(x => x.Gate(), 2, 3, 2, 6);
        CheckTwice(x => x.TanhGate(x), 2, 3, 2, 6);
        CheckTwice(x => x.Gate(GateKind.Linear, x.GlobalAvgPool()), 2, 3, 2, 6);
        CheckTwice(x => x.Embedding(_context.FromLabels([1, 1, 0], new Shape(3))), 2, 5);
    }

    [Test]
    public void A_condition_gets_its_gradient_where_x_wants_none()
    {
        Tensor x = Draw(2, 3, 2, 8), condition = Draw(2, 8);
        _context.Tape.RequireGradient(condition);
        double[] alone;
        using (_context.BeginStep())
        {
            _context.Tape.Backward(x.Gate(GateKind.Tanh, condition).Sum(), []);
            alone = _context.Tape.GradientOf(condition).ToDoubles();
        }

        _context.Tape.RequireGradient(x);
        using var step = _context.BeginStep();
        _context.Tape.Backward(x.Gate(GateKind.Tanh, condition).Sum(), []);
        Assert.That(_context.Tape.GradientOf(condition).ToDoubles(), Is.EqualTo(alone));
        double[] dx = _context.Tape.GradientOf(x).ToDoubles();
        for (int i = 0; i < alone.Length; i++)
            Assert.That(alone[i], Is.EqualTo(Enumerable.Range(0, 6).Sum(p => dx[(((i / 8 * 6) + p) * 8) + (i % 8)])).Within(1e-6));
    }

    [Test]
    public void An_embedding_trains_its_table_inside_a_captured_step()
    {
        var group = new ParameterGroup(_context, "g");
        var embedding = new Embedding(group, "e", 5, 3);
        group.Build();
        var indices = _context.FromLabels([4, 1, 1, 4, 0], new Shape(5));
        using var program = new StepProgram(_context, () => _context.Tape.Backward(embedding.Forward(indices).Sum(), [group]));
        for (int i = 0; i < 4; i++)
        {
            program.Run();
            double[] expected = [1, 1, 1, 2, 2, 2, 0, 0, 0, 0, 0, 0, 2, 2, 2];
            Assert.That(group.Gradient(group["e.weight"]).ToDoubles(), Is.EqualTo(expected), $"run {i}");
        }
    }

    private static void Refused(Action call, params string[] words)
    {
        string message = Assert.Throws<EngineException>(call)!.Message;
        foreach (string word in words) Assert.That(message, Does.Contain(word));
    }

    private void CheckTwice(Func<Tensor, Tensor> op, params int[] extents)
    {
        var x = Draw(extents);
        _context.Tape.RequireGradient(x);
        double[] once;
        using (_context.BeginStep())
        {
            _context.Tape.Backward(op(x).Sum(), []);
            once = _context.Tape.GradientOf(x).ToDoubles();
        }

        using var step = _context.BeginStep();
        _context.Tape.Backward(op(x).Sum().Add(op(x).Sum()), []);
        double[] twice = _context.Tape.GradientOf(x).ToDoubles();
        for (int i = 0; i < once.Length; i++) Assert.That(twice[i], Is.EqualTo(2 * once[i]).Within(1e-5), $"element {i}");
    }

    private Tensor Zeros(params int[] extents)
    {
        var shape = new Shape(extents);
        return _context.FromHost(new double[shape.Count], shape);
    }

    private Tensor Draw(params int[] extents)
    {
        var shape = new Shape(extents);
        var random = new Random(3);
        return _context.FromHost([.. Enumerable.Range(0, (int)shape.Count).Select(_ => (4 * random.NextDouble()) - 2)], shape);
    }
}
