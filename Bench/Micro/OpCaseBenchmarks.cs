using BenchmarkDotNet.Attributes;
using GenEngine.Checks;
using GenEngine.Kernels;

namespace GenEngine.Bench.Micro;

/// <summary>Every op case of the table that the tests run, forward with its uploads: finds the op that fell behind.</summary>
public class OpCaseBenchmarks : DeviceBenchmark
{
    private OpCase? _case;

    [ParamsSource(nameof(Names))]
    public string Case { get; set; } = "";

    public static IEnumerable<string> Names => OpCases.All.Select(test => test.Name);

    [Benchmark]
    public double[] Forward() => OpCaseRunner.Forward(_case!, Device, DType.Float32);

    protected override void Prepare() => _case = OpCases.All.First(test => test.Name == Case);
}
