using FsCheck;
using FsCheck.Fluent;
using GenEngine.Kernels;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Kernels.MatMul;
using NUnit.Framework;

namespace GenEngine.Tests.Kernels.MatMul;

/// <summary>The CPU twin against the summation law written out, bit for bit.</summary>
[TestFixture]
public sealed class MatMulCpuTests
{
    private static readonly CpuIsa[] Isas = [CpuIsa.Portable, CpuIsa.Avx2, CpuIsa.Avx512];

    private static readonly MatMulOp[] Ops = [MatMulOp.NN, MatMulOp.NT, MatMulOp.TN];

    /// <summary>(batch, M, N, K): tiles whole and ragged on every side, each small height, one element, products computed as their transposes.</summary>
    private static readonly (int Batch, int M, int N, int K)[] Shapes =
    [
        (1, 1, 1, 1), (1, 1, 48, 5), (1, 8, 48, 16), (1, 16, 96, 40), (1, 2, 33, 7), (1, 3, 50, 9), (1, 5, 17, 3), (1, 6, 16, 12), (1, 7, 100, 31), (1, 9, 49, 64),
        (1, 20, 20, 20), (1, 128, 1, 64), (1, 128, 20, 37), (1, 37, 2, 130), (1, 200, 10, 5), (3, 5, 7, 11), (4, 16, 48, 8), (20, 3, 4, 5), (1, 61, 67, 71), (2, 100, 130, 33),
    ];

    private static CpuDevice Open(CpuIsa isa, int threads)
    {
        if (!isa.IsSupported()) Assert.Ignore($"This processor has no {isa.Name()}.");
        return new CpuDevice(new CpuOptions(threads, isa)) { PoisonWrites = true };
    }

    [Test]
    public void EveryOutputIsTheChainOfTheLaw([ValueSource(nameof(Isas))] CpuIsa isa, [ValueSource(nameof(Ops))] MatMulOp op)
    {
        using var device = Open(isa, 1);
        foreach (var (batch, m, n, k) in Shapes)
        {
            var shape = new MatMulShape(batch, m, n, k);
            foreach (bool bias in new[] { false, true })
            {
                new MatMulCase<float>(op, shape, bias).Check(device);
                new MatMulCase<double>(op, shape, bias, accumulate: true).Check(device);
                new MatMulCase<float>(op, shape, bias, Activation.LeakyRelu, accumulate: true).Check(device);
            }
        }
    }

    [Test]
    public void ActivationsFollowTheBias([ValueSource(nameof(Isas))] CpuIsa isa, [Values] Activation activation)
    {
        using var device = Open(isa, 1);
        foreach (var (m, n, k) in new[] { (9, 70, 20), (70, 3, 20) })
        {
            var shape = new MatMulShape(1, m, n, k);
            new MatMulCase<float>(MatMulOp.NN, shape, true, activation).Check(device);
            new MatMulCase<double>(MatMulOp.NT, shape, true, activation).Check(device);
            new MatMulCase<float>(MatMulOp.TN, shape, false, activation).Check(device);
        }
    }

    /// <summary>Long enough to be cut over K, and large enough to be shared by threads.</summary>
    [Test]
    public void BlocksAndThreadsChangeNoBit([ValueSource(nameof(Isas))] CpuIsa isa, [Values(1, 2, 5)] int threads, [ValueSource(nameof(Ops))] MatMulOp op)
    {
        using var device = Open(isa, threads);
        foreach (var (batch, m, n, k) in new[] { (1, 131, 100, 1300), (1, 5, 400, 1025), (3, 40, 70, 600), (1, 300, 4, 2000) })
        {
            var shape = new MatMulShape(batch, m, n, k);
            new MatMulCase<float>(op, shape, true, Activation.Relu).Check(device);
            new MatMulCase<double>(op, shape, accumulate: true).Check(device);
        }
    }

    /// <summary>More packed columns than one pass holds: 16 MiB.</summary>
    [Test]
    public void SeveralPassesOverTheColumns([Values(1, 2)] int threads)
    {
        using var device = Open(CpuIsas.Best, threads);
        new MatMulCase<float>(MatMulOp.NN, new MatMulShape(2, 20, 1500, 3000), true).Check(device);
        new MatMulCase<float>(MatMulOp.NT, new MatMulShape(3, 20, 700, 2900), true).Check(device);
    }

    [Test]
    public void AgreesWithPlainDoubleArithmetic([ValueSource(nameof(Ops))] MatMulOp op)
    {
        using var device = Open(CpuIsas.Best, 2);
        var shape = new MatMulShape(1, 50, 60, 700);
        var test = new MatMulCase<float>(op, shape);
        var actual = test.Run(device);
        for (int m = 0; m < shape.M; m++)
        {
            for (int n = 0; n < shape.N; n++)
            {
                var (sum, magnitude) = test.Plain(0, m, n);
                // k roundings of a partial sum that is at most the sum of magnitudes
                Assert.That(actual[m * shape.N + n], Is.EqualTo(sum).Within(shape.K * Math.ScaleB(1, -24) * magnitude));
            }
        }
    }

    [Test]
    public void RandomShapesFollowTheLaw()
    {
        using var one = Open(CpuIsas.Best, 1);
        using var three = Open(CpuIsas.Best, 3);
        var cases =
            from op in Gen.Elements(Ops)
            from batch in Gen.Choose(1, 3)
            from m in Gen.Choose(1, 120)
            from n in Gen.Choose(1, 160)
            from k in Gen.Choose(1, 90)
            from bias in Gen.Elements(false, true)
            from accumulate in Gen.Elements(false, true)
            from seed in Gen.Choose(0, 1000)
            select (op, shape: new MatMulShape(batch, m, n, k), bias, accumulate, seed);
        Prop.ForAll(cases.ToArbitrary(), x =>
        {
            new MatMulCase<float>(x.op, x.shape, x.bias, Activation.Relu, 0, x.accumulate, x.seed).Check(one);
            new MatMulCase<float>(x.op, x.shape, x.bias, Activation.None, 0, x.accumulate, x.seed).Check(three);
        }).QuickCheckThrowOnFailure();
    }

    [Test]
    public void RefusalsNameTheOpAndBothShapes()
    {
        using var device = new CpuDevice(new CpuOptions(1));
        using var buffer = device.Allocate(4096, "weights");
        string Message(MatMulOp op, MatMulShape shape, long a, long b, long c, DType dtype = DType.Float32) => Assert.Throws<EngineException>(() =>
            GenEngine.Kernels.MatMul.MatMul.Run(device, dtype, op, shape, buffer.Range(0, a), buffer.Range(1024, b), null, buffer.Range(2048, c)))!.Message;

        Assert.That(Message(MatMulOp.NN, new(1, 2, 3, 4), 32, 44, 24), Does.Contain("MatMul.NN of A 2x4 and B 4x3").And.Contain("B needs 12 elements (float)").And.Contain("weights"));
        Assert.That(Message(MatMulOp.TN, new(2, 2, 3, 4), 32, 96, 48), Does.Contain("MatMul.TN of A 4x2 and B 4x3, batch 2").And.Contain("A needs 16 elements"));
        Assert.That(Message(MatMulOp.NT, new(1, 2, 3, 4), 32, 48, 28), Does.Contain("MatMul.NT of A 2x4 and B 3x4").And.Contain("C needs 6 elements"));
        Assert.That(Message(MatMulOp.NN, new(1, 2, 3, 0), 0, 0, 24), Does.Contain("every extent must be positive"));
        Assert.That(Message(MatMulOp.NN, new(1, 2, 3, 4), 32, 48, 24, DType.Int32), Does.Contain("float or double, not i32"));
    }

    [Test]
    public void AllocatesNothing()
    {
        using var device = new CpuDevice(new CpuOptions(Math.Min(2, Environment.ProcessorCount)));
        using var buffer = device.Allocate(3 * 100 * 100 * 4, "matrices");
        BufferRange Matrix(int i) => buffer.Range(i * 40_000, 40_000);
        void Multiply() => GenEngine.Kernels.MatMul.MatMul.Run(
            device, DType.Float32, MatMulOp.NN, new MatMulShape(1, 100, 100, 100), Matrix(0), Matrix(1), null, Matrix(2), Activation.Tanh);
        for (int i = 0; i < 50; i++) Multiply();

        // the test runner's own threads allocate now and then; a kernel that allocates does so in every round
        long least = long.MaxValue;
        for (int round = 0; round < 20 && least > 0; round++)
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            for (int i = 0; i < 20; i++) Multiply();
            least = Math.Min(least, GC.GetTotalAllocatedBytes(precise: true) - before);
        }

        Assert.That(least, Is.Zero);
    }
}
