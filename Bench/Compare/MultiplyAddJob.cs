using GenEngine.Kernels;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Elementwise;

namespace GenEngine.Bench.Compare;

/// <summary>x*y+z over 16 Mi floats into fresh memory.</summary>
internal sealed class MultiplyAddJob : OwnJob
{
    private const long Count = 16 * 1024 * 1024;
    private readonly BufferRange _x, _y, _z, _result;

    public MultiplyAddJob(Device device) : base(device)
    {
        _x = Uniform(Count, "x");
        _y = Uniform(Count, "y");
        _z = Uniform(Count, "z");
        _result = Empty(Count, "result");
    }

    public override double Flops => 2.0 * Count;

    public override double Bytes => 4.0 * sizeof(float) * Count;

    public override void Run() => MultiplyAdd.Run(Device, DType.Float32, _x, _y, _z, _result, Count);
}
