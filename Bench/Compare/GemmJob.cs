using GenEngine.Kernels;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.MatMul;

namespace GenEngine.Bench.Compare;

/// <summary>C[m,n] = A[m,k] B[k,n], float32.</summary>
internal sealed class GemmJob : OwnJob
{
    private readonly MatMulShape _shape;
    private readonly BufferRange _a, _b, _c;
    private readonly BufferRange? _scratch;

    public GemmJob(Device device, int m, int n, int k) : base(device)
    {
        _shape = new MatMulShape(1, m, n, k);
        _a = Uniform((long)m * k, "a");
        _b = Uniform((long)k * n, "b");
        _c = Empty((long)m * n, "c");
        if (MatMul.ScratchBytes(device, DType.Float32, MatMulOp.NN, _shape) is > 0 and var bytes) _scratch = Empty(bytes / sizeof(float), "scratch");
    }

    public override double Flops => 2.0 * _shape.M * _shape.N * _shape.K;

    public override double Bytes => 0; // a few megabytes: the caches hold them

    public override void Run() => MatMul.Run(Device, DType.Float32, MatMulOp.NN, _shape, _a, _b, null, _c, scratch: _scratch);
}
