using GenEngine.Checks;
using GenEngine.Export;
using GenEngine.Export.Onnx;
using GenEngine.Files.Onnx;
using GenEngine.Kernels;
using GenEngine.Kernels.Convolution;
using GenEngine.Kernels.Devices.Cpu;
using NUnit.Framework;

namespace GenEngine.Tests.Export;

/// <summary>Every op case as an ONNX graph under ONNX Runtime; and those operations that leave no trace are refused by name.</summary>
[Parallelizable]
public sealed class OnnxOpTests
{
    /// <summary>Operations that no inference is made of: losses, random draws, statistics of a batch, and the scans and shears of the recurrent networks.</summary>
    private static readonly string[] s_untraced =
    [
        nameof(Ops.BatchNorm), nameof(Ops.BceWithLogits), nameof(Ops.BceWithLogitsMean), nameof(Ops.CategoricalSample), nameof(Ops.DiagonalScan), nameof(Ops.Dropout), nameof(Ops.FlipWidth),
        nameof(Ops.GaussianKl), nameof(Ops.AbsoluteError), nameof(Ops.AbsoluteErrorMean), nameof(Ops.Levels), nameof(Ops.LogisticMixtureNll), nameof(Ops.LogisticMixtureNllMean), nameof(Ops.RandomBernoulli), nameof(Ops.RandomLabels),
        nameof(Ops.RandomNormal), nameof(Ops.RandomUniform), nameof(Ops.Reparameterize), nameof(Ops.RowScan), nameof(Ops.SampleLogisticMixture), nameof(Ops.ShiftDown), nameof(Ops.Skew),
        nameof(Ops.SoftmaxCrossEntropy), nameof(Ops.SoftmaxCrossEntropyMean), nameof(Ops.SquaredError), nameof(Ops.SquaredErrorMean), nameof(Ops.Unskew),
    ];

    /// <summary>Operations whose other inputs are parameters: the table comes first, and the weights of a weight norm are constants altogether.</summary>
    private static readonly Dictionary<string, int[]> s_inputs = new()
    {
        [nameof(Ops.Conv2d)] = [0],
        [nameof(Ops.Conv2dRectified)] = [0],
        [nameof(Ops.ConvTranspose2d)] = [0],
        [nameof(Ops.BatchNormEval)] = [0],
        [nameof(Ops.Embedding)] = [1],
        [nameof(Ops.WeightNorm)] = [],
    };

    private static IEnumerable<OpCase> Traced => OpCases.All.Where(test => !s_untraced.Contains(test.Op) && !test.Variant.Contains("statistics for a batch norm", StringComparison.Ordinal)); // those are training's

    private static IEnumerable<OpCase> Untraced => OpCases.All.Where(test => s_untraced.Contains(test.Op)).DistinctBy(test => test.Op);

    [TestCaseSource(nameof(Traced))]
    public void An_op_gives_under_onnx_runtime_what_it_gives_here(OpCase test)
    {
        int[] all = s_inputs.GetValueOrDefault(test.Op) ?? [.. Enumerable.Range(0, test.Inputs.Length)];
        if (all.Length == 0)
        {
            Assert.That(() => Run(test, all), Throws.InstanceOf<EngineException>().With.Message.Contains("depends on no input"));
            return;
        }

        Run(test, all);
        if (all.Length > 1) Run(test, [0]); // the others as constants
    }

    [TestCaseSource(nameof(Untraced))]
    public void An_op_that_leaves_no_trace_is_refused_by_its_name(OpCase test)
    {
        string[] untraced = [];
        var refusal = Assert.Throws<EngineException>(() => Run(test, [.. Enumerable.Range(0, test.Inputs.Length)], (trace, result) =>
        {
            // what the case ends with, or what that was made of where the end does leave a trace
            var traced = trace.Ops.Select(op => op.Result).ToHashSet();
            untraced = [.. trace.Ops.SelectMany(op => op.Inputs).Append(result).Where(tensor => tensor!.Block is not null && !traced.Contains(tensor)).Select(tensor => tensor!.Op)];
        }))!;
        Assert.That(untraced.Select(name => $"'{name}'"), Has.Some.Matches<string>(name => refusal.Message.StartsWith($"{name} cannot be exported", StringComparison.Ordinal)), refusal.Message);
    }

    [Test]
    public void Tracing_records_nothing_when_it_is_off_and_does_not_nest()
    {
        using var context = new Context(TestDevices.Cpu(CpuIsas.Best, 1));
        using var step = context.BeginStep();
        var x = context.FromHost([1, 2, 3], new Shape(3));
        var trace = OpTrace.Of(context, () => x.Relu().Reshape(1, 3));
        x.Relu();
        Assert.That(trace.Ops.Select(op => op.Kind.GetType().Name), Is.EqualTo((string[])["Unary", "Reshape"]));
        Assert.That(() => OpTrace.Of(context, () => OpTrace.Of(context, () => { })), Throws.InvalidOperationException);
        Assert.That(context.Trace, Is.Null, "after an error too");
    }

    [Test]
    public void Transposed_convolutions_that_pad_their_result_are_refused()
    {
        var spec = new ConvSpec(3, 3) { PadTop = -1 };
        var test = new OpCase { Op = "test", Variant = "", Inputs = [new(new Shape(1, 3, 3, 2)), new(new Shape(2, 3, 3, 1))], Build = x => x[0].ConvTranspose2d(x[1], null, spec), Reference = _ => [] };
        Assert.That(() => Run(test, [0]), Throws.InstanceOf<EngineException>().With.Message.Contains("conv transpose 2d").And.Message.Contains("pads"));
        Assert.That(() => Run(test, [0, 1]), Throws.InstanceOf<EngineException>());
    }

    [Test]
    public void A_constant_beside_images_is_there_in_their_layout_alone()
    {
        Shape images = new(2, 3, 3, 2);
        var test = new OpCase
        {
            Op = "test",
            Variant = "",
            Inputs = [new(images), new(new Shape(2, 1, 1, 2)), new(images)],
            Build = x => x[0].Conv2d(x[1], null, ConvSpec.Square(1), residual: x[2]).Add(x[2]),
            Reference = _ => [],
        };
        Run(test, [0]);
    }

    [Test]
    public void Outputs_may_be_one_value_or_an_input()
    {
        using var context = new Context(TestDevices.Cpu(CpuIsas.Best, 1));
        Port[] outputs = [Port.Rows("same", 2, ""), Port.Rows("bent", 2, ""), Port.Rows("again", 2, ""), Port.Rows("twice", 2, "")];
        var part = new NetworkPart("part", [Port.Rows("x", 2, "")], outputs, x =>
        {
            var bent = x[0].Relu();
            return [x[0], bent, bent, bent.Add(bent)];
        });
        using var bytes = new MemoryStream();
        OnnxWriter.Model(context, part).WriteTo(bytes);
        Assert.That(new OnnxFile(bytes.ToArray()).Faults(), Is.Empty);
        using var run = new OnnxRun(bytes.ToArray());
        var found = run.Of([("x", [1, 2], new[] { -1f, 2f })]);
        Assert.That(outputs.Select(port => found[port.Name].Values), Is.EqualTo((float[][])[[-1, 2], [0, 2], [0, 2], [0, 4]]));
    }

    [Test]
    public void What_follows_the_number_of_examples_otherwise_than_its_inputs_is_refused()
    {
        using var context = new Context(TestDevices.Cpu(CpuIsas.Best, 1));
        string Refusal(Func<Tensor, Tensor> forward) =>
            Assert.Throws<EngineException>(() => OnnxWriter.Model(context, new NetworkPart("part", [Port.Rows("x", 2, "")], [Port.Rows("y", 2, "")], x => [forward(x[0])])))!.Message;
        Assert.That(Refusal(x => x.Shape[0] > 12 ? x.Relu() : x.Tanh()), Does.Contain("another number of examples"));
        Assert.That(Refusal(x => x.Add(context.FromHost(new double[x.Count], x.Shape, "zeros"))), Does.Contain("'zeros'").And.Contain("number of examples"));
    }

    /// <summary>Traces the case, with these of its inputs as inputs of the graph, and compares.</summary>
    private static void Run(OpCase test, int[] inputs, Action<OpTrace, Tensor>? made = null)
    {
        using var context = new Context(TestDevices.Cpu(CpuIsas.Best, 1), seed: OpCaseRunner.Seed);
        double[][] values = test.DrawInputs();
        Tensor[] tensors = [.. test.Inputs.Select((input, i) => input.Kind == InputKind.Label ? context.FromLabels(Array.ConvertAll(values[i], value => (int)value), input.Shape) : context.FromHost(values[i], input.Shape))];
        using var step = context.BeginStep();
        Tensor? result = null;
        var trace = OpTrace.Of(context, () => result = test.Build(tensors));
        made?.Invoke(trace, result!);
        var translator = new OnnxTranslator(trace, trace, [.. inputs.Select(i => (tensors[i], tensors[i], new Value($"input_{i}")))]);
        translator.Run([(result!, Port.Rows("result", result!.Shape.Columns, "of the case"))]);
        var model = new OnnxModel
        {
            Name = "case",
            Nodes = translator.Graph.Nodes,
            Constants = [.. translator.Graph.Constants],
            Inputs = [.. inputs.Select(i => new OnnxPort($"input_{i}", test.Inputs[i].Kind == InputKind.Label, Extents(test.Inputs[i].Shape), ""))],
            Outputs = [new OnnxPort("result", false, Extents(result.Shape), "")],
            Metadata = new Dictionary<string, string>(),
        };
        using var bytes = new MemoryStream();
        model.WriteTo(bytes);
        Assert.That(new OnnxFile(bytes.ToArray()).Faults(), Is.Empty);
        using var session = new OnnxRun(bytes.ToArray());
        var (extents, found) = session.Of(inputs.Select(i => ($"input_{i}", Array.ConvertAll(test.Inputs[i].Shape.ToArray(), extent => (long)extent), Values(test.Inputs[i], values[i])))).Single().Value;
        Assert.That(extents, Is.EqualTo(result.Shape.ToArray()));
        double[] expected = result.ToDoubles();
        for (int i = 0; i < expected.Length; i++) Assert.That(found[i], Is.EqualTo(expected[i]).Within(1e-5 * Math.Max(1, Math.Abs(expected[i]))), $"{i} of {test.Name}");
    }

    private static Array Values(CaseInput input, double[] values) => input.Kind == InputKind.Label ? Array.ConvertAll(values, value => (long)value) : Array.ConvertAll(values, value => (float)value);

    private static object[] Extents(Shape shape) => [.. shape.ToArray().Select(extent => (object)(long)extent)];
}
