using BenchmarkDotNet.Attributes;
using GenEngine.Kernels;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.MatMul;

namespace GenEngine.Bench.Micro;

/// <summary>Matrix products, float32: a square one, and those of a dense VAE's layers (forward, weight and input gradients).</summary>
public class MatMulBenchmarks : DeviceBenchmark
{
    private MatMulShape _shape;
    private MatMulOp _op;
    private BufferRange _a, _b, _c;

    /// <summary>Operands' storage, then M x N x K.</summary>
    [Params("NN 1024x1024x1024", "NN 256x256x256", "NN 128x400x784", "NN 128x784x400", "TN 784x400x128", "NT 128x400x784")]
    public string Product { get; set; } = "";

    [Benchmark]
    public void Run() => MatMul.Run(Device, DType.Float32, _op, _shape, _a, _b, null, _c);

    protected override void Prepare()
    {
        string[] words = Product.Split(' ', 'x');
        _op = Enum.Parse<MatMulOp>(words[0]);
        int[] extents = [.. words[1..].Select(word => int.Parse(word, System.Globalization.CultureInfo.InvariantCulture))];
        _shape = new MatMulShape(1, extents[0], extents[1], extents[2]);
        _a = Uniform((long)_shape.M * _shape.K, "a");
        _b = Uniform((long)_shape.K * _shape.N, "b");
        _c = Empty((long)_shape.M * _shape.N, "c");
    }
}
