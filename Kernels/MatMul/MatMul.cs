using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.MatMul;

/// <summary>Which operand is stored transposed.</summary>
public enum MatMulOp : byte
{
    /// <summary>A is M x K, B is K x N.</summary>
    NN,

    /// <summary>A is M x K, B is N x K: input gradients of a linear layer, and layers that store their weights so.</summary>
    NT,

    /// <summary>A is K x M, B is K x N: weight gradients.</summary>
    TN,
}

/// <summary>Extents of a matrix product; Batch products of the same shape lie one after another.</summary>
public readonly record struct MatMulShape(int Batch, int M, int N, int K);

/// <summary>
/// C[b, m, n] = activation(sum over k of A[b, m, k] B[b, k, n] + bias[n]). Matrices are row-major and contiguous. By the summation law each
/// output is one chain of fused multiply-adds, k ascending, from +0 (from C when it accumulates), then the bias, then the
/// activation: the same bits on every device, for every tile and any number of threads. Only where a GPU's precision asks for tensor cores do
/// float32 products leave the law: operands rounded, sums in float32, C added before the bias; still the same bits for every tile.
/// </summary>
public static class MatMul
{
    /// <param name="dtype">Float32 or Float64, of all four.</param>
    /// <param name="a">Batch x M x K (TN: Batch x K x M).</param>
    /// <param name="b">Batch x K x N (NT: Batch x N x K).</param>
    /// <param name="bias">N values, shared by all batches, or null.</param>
    /// <param name="c">Batch x M x N.</param>
    /// <param name="slope">Of LeakyRelu, alpha of Elu; others ignore it.</param>
    /// <param name="accumulate">Add to what C holds; else C is only written.</param>
    /// <param name="through">Of an input gradient, the activation that made the input: without bias, activation or accumulating. Or null.</param>
    /// <param name="scratch">At least <see cref="ScratchBytes"/>, overwritten; null computes without, by another kernel where that is more than 0.</param>
    /// <exception cref="EngineException">An extent is not positive, an element type is not floating point, or a range does not have its matrix's size.</exception>
    public static void Run(
        Device device,
        DType dtype,
        MatMulOp op,
        in MatMulShape shape,
        BufferRange a,
        BufferRange b,
        BufferRange? bias,
        BufferRange c,
        Activation activation = Activation.None,
        double slope = 0,
        bool accumulate = false,
        BufferRange? scratch = null,
        ActivationGradient? through = null)
    {
        Check(dtype, op, shape, a, b, bias, c, through);
        through?.Check(Name(op), bias is null && activation == Activation.None && !accumulate);
        var args = new MatMulArgs
        {
            A = a.Address,
            B = b.Address,
            Bias = bias?.Address ?? 0,
            C = c.Address,
            Batch = shape.Batch,
            M = shape.M,
            N = shape.N,
            K = shape.K,
            Through = through?.Output.Address ?? 0,
            Slope = through?.Slope ?? slope,
            Op = (int)op,
            Activation = (int)activation,
            HasBias = bias is null ? 0 : 1,
            Accumulate = accumulate ? 1 : 0,
            ThroughActivation = (int)(through?.Activation ?? Activation.None),
        };
        // the CUDA kernel applies the costly activations, and the derivative of one, to what it has stored, so it writes those outputs twice
        bool twice = accumulate || activation >= Activation.Elu || through is not null;
        var last = bias ?? through?.Output; // never both
        ReadOnlySpan<Access> accesses =
            [Access.Read(a), Access.Read(b), twice ? Access.Update(c) : Access.Write(c), last is { } range ? Access.Read(range) : default];
        if (last is null) accesses = accesses[..3];
        switch (device)
        {
            case CpuDevice cpu: cpu.Launch<MatMulCpu, MatMulArgs>(Name(op), dtype, ref args, accesses); break;
            case GpuDevice gpu: MatMulGpu.Launch(gpu, dtype, ref args, accesses, scratch); break;
            default: throw new EngineException($"{Name(op)} has no kernel for {device.Description}.");
        }
    }

    /// <summary>
    /// Bytes of the scratch that <see cref="Run"/> wants for a product, 0 mostly: room for both operands as the tensor cores of an sm_90a read
    /// them, where rearranging them first pays.
    /// </summary>
    public static long ScratchBytes(Device device, DType dtype, MatMulOp op, in MatMulShape shape) =>
        device is GpuDevice gpu && dtype == DType.Float32 ? MatMulWgmmaGpu.ScratchBytes(gpu, op, shape) : 0;

    private static string Name(MatMulOp op) => op switch { MatMulOp.NN => "matmul_nn", MatMulOp.NT => "matmul_nt", _ => "matmul_tn" };

    private static void Check(DType dtype, MatMulOp op, MatMulShape shape, BufferRange a, BufferRange b, BufferRange? bias, BufferRange c, ActivationGradient? through)
    {
        var (batch, m, n, k) = shape;
        if (dtype is not (DType.Float32 or DType.Float64)) Refuse($"takes float or double, not {dtype.CName()}");
        if (batch <= 0 || m <= 0 || n <= 0 || k <= 0) Refuse("every extent must be positive");
        Size("A", a, (long)batch * m * k);
        Size("B", b, (long)batch * k * n);
        Size("C", c, (long)batch * m * n);
        if (bias is { } range) Size("the bias", range, n);
        if (through is { } passed) Size("the activation's output", passed.Output, (long)batch * m * n);

        void Size(string what, BufferRange actual, long elements)
        {
            if (actual.Bytes != elements * dtype.Size())
                Refuse($"{what} needs {elements} elements ({dtype.CName()}), but {actual} has {actual.Bytes} bytes");
        }

        void Refuse(string why)
        {
            string first = op == MatMulOp.TN ? $"{k}x{m}" : $"{m}x{k}", second = op == MatMulOp.NT ? $"{n}x{k}" : $"{k}x{n}";
            throw new EngineException($"MatMul.{op} of A {first} and B {second}, batch {batch}: {why}.");
        }
    }
}

/// <summary>The argument block of the matmul kernels, the same on every device; mirrors MATMUL_ARGS in matmul_args.cuh.</summary>
public struct MatMulArgs : IArithmetic
{
    /// <summary>Address of A, [batch, M, K] (TN: [batch, K, M]), read.</summary>
    public ulong A;

    /// <summary>Address of B, [batch, K, N] (NT: [batch, N, K]), read.</summary>
    public ulong B;

    /// <summary>Address of the bias, [N], the same for all batches, read; 0 where HasBias is 0.</summary>
    public ulong Bias;

    /// <summary>Address of C, [batch, M, N], written; also read where Accumulate is 1.</summary>
    public ulong C;

    /// <summary>Address of the activation's outputs that a gradient goes on through, laid out as C; 0 where ThroughActivation is 0.</summary>
    public ulong Through;

    /// <summary>Products, one after another in all three.</summary>
    public long Batch;

    /// <summary>Rows of C.</summary>
    public long M;

    /// <summary>Columns of C.</summary>
    public long N;

    /// <summary>Products that each output sums.</summary>
    public long K;

    /// <summary>Of LeakyRelu, alpha of Elu; others ignore it.</summary>
    public double Slope;

    /// <summary>Number of the <see cref="MatMulOp"/>; a GPU kernel has it as a constant as well.</summary>
    public int Op;

    /// <summary>Number of the <see cref="Common.Activation"/> behind the bias.</summary>
    public int Activation;

    /// <summary>1 where Bias is added.</summary>
    public int HasBias;

    /// <summary>1 to add to what C holds; 0 only writes it.</summary>
    public int Accumulate;

    /// <summary>Number of the <see cref="Common.Activation"/> whose derivative, told from Through, the sums are multiplied by; 0 for none, and Activation is None where there is one.</summary>
    public int ThroughActivation;

    public readonly double Flops => 2.0 * Batch * M * N * K;
}
