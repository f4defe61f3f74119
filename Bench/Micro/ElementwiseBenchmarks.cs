using BenchmarkDotNet.Attributes;
using GenEngine.Kernels;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Elementwise;

namespace GenEngine.Bench.Micro;

/// <summary>Elementwise kernels in the first-level cache (4 Ki floats) and from memory (16 Mi floats).</summary>
public class ElementwiseBenchmarks : DeviceBenchmark
{
    private BufferRange _x, _y, _z, _result;

    [Params(4096, 16 * 1024 * 1024)]
    public int Count { get; set; }

    [Benchmark]
    public void MultiplyAdd() => Kernels.Elementwise.MultiplyAdd.Run(Device, DType.Float32, _x, _y, _z, _result, Count);

    [Benchmark]
    public void Add() => Binary.Run(Device, DType.Float32, BinaryOp.Add, _x, _y, _result, 1, Count, Broadcast.None);

    [Benchmark]
    public void Relu() => Unary.Run(Device, DType.Float32, UnaryOp.Relu, _x, _result, Count);

    [Benchmark]
    public void Exp() => Unary.Run(Device, DType.Float32, UnaryOp.Exp, _x, _result, Count);

    [Benchmark]
    public void Sigmoid() => Unary.Run(Device, DType.Float32, UnaryOp.Sigmoid, _x, _result, Count);

    [Benchmark]
    public void Tanh() => Unary.Run(Device, DType.Float32, UnaryOp.Tanh, _x, _result, Count);

    protected override void Prepare()
    {
        _x = Uniform(Count, "x");
        _y = Uniform(Count, "y");
        _z = Uniform(Count, "z");
        _result = Empty(Count, "result");
    }
}
