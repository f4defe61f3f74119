using BenchmarkDotNet.Attributes;
using GenEngine.Kernels;
using GenEngine.Kernels.Convolution;
using GenEngine.Kernels.Devices;

namespace GenEngine.Bench.Micro;

/// <summary>The convolutions of 'genengine compare', each pass by itself.</summary>
public class ConvBenchmarks : DeviceBenchmark
{
    private const int Images = 64;

    private static readonly Dictionary<string, ConvPlan> s_plans = new()
    {
        ["conv-64-128-k3"] = ConvPlan.Create(ConvSpec.Square(3, padding: 1), new ConvImage(32, 32, 64), 128),
        ["conv-1-64-k4s2"] = ConvPlan.Create(ConvSpec.Square(4, 2, 1), new ConvImage(28, 28, 1), 64),
        ["conv-64-128-k4s2"] = ConvPlan.Create(ConvSpec.Square(4, 2, 1), new ConvImage(14, 14, 64), 128),
        ["deconv-128-64"] = ConvPlan.CreateTransposed(ConvSpec.Square(4, 2, 1), new ConvImage(7, 7, 128), 64),
        ["deconv-64-1"] = ConvPlan.CreateTransposed(ConvSpec.Square(4, 2, 1), new ConvImage(14, 14, 64), 1),
        ["masked-32-k3"] = ConvPlan.Create(ConvSpec.Masked(ConvMask.B, 3), new ConvImage(28, 28, 32), 32),
        ["masked-1-64-k7"] = ConvPlan.Create(ConvSpec.Masked(ConvMask.A, 7), new ConvImage(28, 28, 1), 64),
    };

    private ConvProgram? _there, _back;
    private BufferRange _x, _y, _filter, _scratch;

    [ParamsSource(nameof(Names))]
    public string Name { get; set; } = "";

    public static IEnumerable<string> Names => s_plans.Keys;

    private ConvProgram Convolution => _there!.Plan.FilterTransposed ? _back! : _there;

    [Benchmark]
    public void Forward() => Conv.Run(Device, DType.Float32, _there!, Images, _x, _filter, _y);

    [Benchmark]
    public void InputGradient() => Conv.Run(Device, DType.Float32, _back!, Images, _y, _filter, _x);

    [Benchmark]
    public void FilterGradient()
    {
        bool transposed = _there!.Plan.FilterTransposed;
        ConvWeight.Run(Device, DType.Float32, Convolution, Images, transposed ? _y : _x, transposed ? _x : _y, _filter, _scratch);
    }

    protected override void Prepare()
    {
        var plan = s_plans[Name];
        (_there, _back) = (new ConvProgram(Device, plan), new ConvProgram(Device, plan.Adjoint()));
        _x = Uniform(Images * plan.Input.Count, "x");
        _y = Uniform(Images * plan.Output.Count, "y");
        _filter = Uniform(plan.FilterCount, "filter");
        _scratch = Device.Allocate(ConvWeight.ScratchBytes(Device, DType.Float32, Convolution, Images), "scratch").All;
    }
}
