using GenEngine.Kernels;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Kernels.Devices.Gpu;
using GenEngine.Kernels.MatMul;
using GenEngine.Tests.Kernels.Convolution;
using NUnit.Framework;
using MatMulKernel = GenEngine.Kernels.MatMul.MatMul;

namespace GenEngine.Tests.Kernels.MatMul;

/// <summary>An input gradient that goes on through the activation that made the input: the bits of the activation's own kernel behind the product's.</summary>
[Parallelizable]
public sealed class MatMulThroughTests
{
    private static readonly DType[] s_types = [DType.Float32, DType.Float64];

    /// <summary>Whole tiles and not, one column (computed as the transpose), several blocks of K on the CPU.</summary>
    private static readonly MatMulShape[] s_shapes = [new(1, 5, 7, 3), new(2, 33, 20, 12), new(1, 130, 136, 8), new(1, 64, 1, 40), new(1, 12, 48, 1100)];

    [TearDown]
    public void ChooseByShapeAgain() => MatMulGpu.ForcedTile = MatMulMmaGpu.ForcedTile = MatMulWgmmaGpu.ForcedTile = null;

    [Test]
    public void It_gives_the_bits_of_two_passes([EachDevice] TestDevice target, [ValueSource(nameof(s_types))] DType dtype, [Values] MatMulOp op)
    {
        var device = target.Open();
        foreach (var shape in s_shapes) Compare(device, dtype, op, shape, shape.M % 2 == 0 ? Activation.Relu : Activation.LeakyRelu);
    }

    [Test]
    public void With_every_tile([ValueSource(typeof(TestDevices), nameof(TestDevices.Gpus))] TestDevice target, [ValueSource(nameof(s_types))] DType dtype)
    {
        var device = target.Open();
        for (int tile = 0; tile < MatMulGpu.Tiles(dtype).Count; tile++)
        {
            MatMulGpu.ForcedTile = tile;
            foreach (var shape in s_shapes[..3]) Compare(device, dtype, MatMulOp.NN, shape, Activation.LeakyRelu);
        }
    }

    [Test]
    public void With_every_tile_of_the_tensor_cores([ValueSource(typeof(TestDevices), nameof(TestDevices.Gpus))] TestDevice target, [ValueSource(typeof(Precisions), nameof(Precisions.OfTensorCores))] Precision precision)
    {
        var device = (GpuDevice)target.Open();
        InPrecision.Run(device, precision, () =>
        {
            for (int tile = 0; tile < MmaTile.All.Count; tile++)
            {
                MatMulMmaGpu.ForcedTile = tile;
                foreach (var shape in s_shapes[..3]) Compare(device, DType.Float32, MatMulOp.NN, shape, Activation.LeakyRelu);
            }

            if (!WgmmaTile.RunsOn(device.Driver)) return;
            foreach (int tile in WgmmaTile.Serving(precision))
            {
                MatMulWgmmaGpu.ForcedTile = tile;
                Compare(device, DType.Float32, MatMulOp.NN, new MatMulShape(2, 132, 260, 64), Activation.Relu);
            }
        });
    }

    [Test]
    public void What_it_may_not_meet_is_refused()
    {
        var device = TestDevices.Cpu(CpuIsa.Portable, 1);
        using var a = new DeviceArray(device, DType.Float32, 9);
        using var c = new DeviceArray(device, DType.Float32, 9);
        using var small = new DeviceArray(device, DType.Float32, 8);
        var relu = new ActivationGradient(Activation.Relu, 0, a);
        void Run(ActivationGradient through, Activation activation = Activation.None, bool accumulate = false) =>
            MatMulKernel.Run(device, DType.Float32, MatMulOp.NN, new MatMulShape(1, 3, 3, 3), a, a, null, c, activation, accumulate: accumulate, through: through);
        Assert.That(() => Run(relu with { Activation = Activation.Elu }), Throws.TypeOf<EngineException>().With.Message.Contain("Elu"));
        Assert.That(() => Run(relu, Activation.Relu), Throws.TypeOf<EngineException>());
        Assert.That(() => Run(relu, accumulate: true), Throws.TypeOf<EngineException>().With.Message.Contain("accumulating"));
        Assert.That(() => Run(relu with { Output = small }), Throws.TypeOf<EngineException>().With.Message.Contain("output"));
    }

    private static void Compare(Device device, DType dtype, MatMulOp op, MatMulShape shape, Activation activation)
    {
        var (batch, m, n, k) = shape;
        int count = batch * m * n;
        using var a = new DeviceArray(device, dtype, ConvRun.Values(batch * m * k, 1));
        using var b = new DeviceArray(device, dtype, ConvRun.Values(batch * k * n, 2));
        using var output = Rectifiers.Outputs(device, dtype, count);
        using var apart = new DeviceArray(device, dtype, count);
        using var expected = new DeviceArray(device, dtype, count);
        using var c = new DeviceArray(device, dtype, count);
        long bytes = MatMulKernel.ScratchBytes(device, dtype, op, shape);
        using var scratch = bytes == 0 ? null : device.Allocate(bytes, "scratch");
        MatMulKernel.Run(device, dtype, op, shape, a, b, null, apart, scratch: scratch?.All);
        Rectifiers.Pass(device, dtype, activation, output, apart, expected);
        MatMulKernel.Run(device, dtype, op, shape, a, b, null, c, scratch: scratch?.All, through: new ActivationGradient(activation, Rectifiers.Slope, output));
        DeviceArray.AssertSameBits(c.Read(), expected.Read(), $"{op} {shape}, {activation}");
    }
}
