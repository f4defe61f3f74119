using BenchmarkDotNet.Attributes;
using GenEngine.Kernels;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Optimizer;
using AdamKernel = GenEngine.Kernels.Optimizer.Adam;

namespace GenEngine.Bench.Micro;

/// <summary>One Adam update: the dense VAE's 653 thousand parameters, and 10 million.</summary>
public class AdamBenchmarks : DeviceBenchmark
{
    private BufferRange _weights, _gradients, _first, _second, _state;

    [Params(653_000, 10_000_000)]
    public int Count { get; set; }

    [Benchmark]
    public void Step() => AdamKernel.Run(Device, DType.Float32, _weights, _gradients, _first, _second, Count, _state, new AdamOptions());

    protected override void Prepare()
    {
        _weights = Uniform(Count, "weights");
        _gradients = Uniform(Count, "gradients");
        _first = Uniform(Count, "first moments");
        _second = Empty(Count, "second moments");
        Device.Upload<float>(new float[Count], _second);
        _state = Device.Allocate(OptimizerState.Bytes, "optimiser state").All;
        Device.Upload([OptimizerState.Initial], _state);
        OptimizerState.Advance(Device, _state, LearningRateSchedule.Constant(1e-3), new AdamOptions());
    }
}
