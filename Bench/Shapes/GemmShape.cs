using GenEngine.Kernels;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.MatMul;
using static System.FormattableString;

namespace GenEngine.Bench.Shapes;

/// <summary>Matrix products of one shape, by the engine's kernel or by a rung of the ladder.</summary>
internal sealed class GemmShape : ShapeJob
{
    private readonly MatMulShape _shape;
    private readonly MatMulOp _op;
    private readonly int? _rung;
    private readonly BufferRange _a, _b, _c;
    private readonly BufferRange? _scratch;

    /// <param name="rung">The rung that computes it (<see cref="MatMulOp.NN"/>, one product, float32); null for the engine's kernel.</param>
    public GemmShape(Device device, DType real, MatMulOp op, MatMulShape shape, int? rung = null) : base(device, real)
    {
        (_shape, _op, _rung) = (shape, op, rung);
        _a = Uniform((long)shape.Batch * shape.M * shape.K, "A");
        _b = Uniform((long)shape.Batch * shape.K * shape.N, "B");
        _c = Empty((long)shape.Batch * shape.M * shape.N, "C");
        if (rung is null) _scratch = Scratch(MatMul.ScratchBytes(device, real, op, shape));
    }

    public override string Name => Invariant($"gemm-{_shape.M}x{_shape.N}x{_shape.K}{(_op == MatMulOp.NN ? "" : "-" + Form)}{(_shape.Batch == 1 ? "" : Invariant($"-batch{_shape.Batch}"))}");

    public override string Work
    {
        get
        {
            string a = _op == MatMulOp.TN ? Invariant($"A'[{_shape.K},{_shape.M}]") : Invariant($"A[{_shape.M},{_shape.K}]");
            string b = _op == MatMulOp.NT ? Invariant($"B'[{_shape.N},{_shape.K}]") : Invariant($"B[{_shape.K},{_shape.N}]");
            return Invariant($"C[{_shape.M},{_shape.N}] = {a} {b}{(_shape.Batch == 1 ? "" : Invariant($", {_shape.Batch} of them"))}");
        }
    }

    public override double Flops => 2.0 * _shape.Batch * _shape.M * _shape.N * _shape.K;

    private string Form => _op.ToString().ToLowerInvariant();

    public override void Run()
    {
        if (_rung is { } rung) Ladder.Run(Device, rung, _shape.M, _shape.N, _shape.K, _a, _b, _c);
        else MatMul.Run(Device, Real, _op, _shape, _a, _b, null, _c, scratch: _scratch);
    }
}
