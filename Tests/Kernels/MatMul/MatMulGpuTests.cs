using System.Numerics;
using FsCheck;
using FsCheck.Fluent;
using GenEngine.Kernels;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.MatMul;
using NUnit.Framework;

namespace GenEngine.Tests.Kernels.MatMul;

/// <summary>matmul.cu on the emulator and, where there is one, on a GPU: the bits of the summation law with every tile.</summary>
[TestFixtureSource(typeof(TestDevices), nameof(TestDevices.Gpus))]
[Parallelizable]
public sealed class MatMulGpuTests(TestDevice testDevice)
{
    private static readonly MatMulOp[] Ops = [MatMulOp.NN, MatMulOp.NT, MatMulOp.TN];

    [TearDown]
    public void ChooseByShapeAgain() => MatMulGpu.ForcedTile = null;

    [Test]
    public void EveryTileGivesTheChainOfTheLaw([ValueSource(nameof(Ops))] MatMulOp op)
    {
        var device = testDevice.Open();
        foreach (var (batch, m, n, k) in new[] { (1, 1, 1, 1), (1, 130, 132, 20), (2, 33, 67, 37), (1, 36, 40, 8), (3, 64, 128, 32), (1, 17, 5, 70) })
        {
            CheckAllTiles(new MatMulCase<float>(op, new MatMulShape(batch, m, n, k), true, Activation.Relu), device);
            CheckAllTiles(new MatMulCase<float>(op, new MatMulShape(batch, m, n, k), accumulate: true), device);
            CheckAllTiles(new MatMulCase<double>(op, new MatMulShape(batch, m, n, k), true, accumulate: true), device);
        }
    }

    [Test]
    public void ActivationsFollowTheBias([Values] Activation activation)
    {
        var device = testDevice.Open();
        CheckAllTiles(new MatMulCase<float>(MatMulOp.NN, new MatMulShape(1, 20, 45, 12), true, activation), device);
        CheckAllTiles(new MatMulCase<double>(MatMulOp.NT, new MatMulShape(1, 20, 44, 12), true, activation), device);
    }

    /// <summary>Where K ends inside a step the panels are filled up, and a chain that stands at -0 must stay there.</summary>
    [Test]
    public void NegativeZeroSurvives()
    {
        var device = testDevice.Open();
        using var ones = device.Allocate(4 * 5 * 4, "ones");
        using var c = device.Allocate(4 * 4 * 4, "C");
        device.Upload<float>([.. Enumerable.Repeat(1e-30f, 20)], ones.All);
        using var tiny = device.Allocate(4 * 5 * 4, "tiny");
        device.Upload<float>([.. Enumerable.Repeat(-1e-30f, 20)], tiny.All);
        for (int tile = 0; tile < MatMulGpu.Tiles(DType.Float32).Count; tile++)
        {
            MatMulGpu.ForcedTile = tile;
            GenEngine.Kernels.MatMul.MatMul.Run(device, DType.Float32, MatMulOp.NT, new MatMulShape(1, 4, 4, 5), ones.All, tiny.All, null, c.All);
            var result = new float[16];
            device.Download<float>(c.All, result);
            Assert.That(result, Is.All.Matches<float>(x => BitConverter.SingleToUInt32Bits(x) == 0x80000000), "every product underflows to -0");
        }
    }

    [Test]
    public void RandomShapesFollowTheLaw()
    {
        var device = testDevice.Open();
        var cases =
            from op in Gen.Elements(Ops)
            from batch in Gen.Choose(1, 3)
            from m in Gen.Choose(1, 90)
            from n in Gen.Choose(1, 90)
            from k in Gen.Choose(1, 50)
            from four in Gen.Elements(1, 4)
            from bias in Gen.Elements(false, true)
            from accumulate in Gen.Elements(false, true)
            from seed in Gen.Choose(0, 1000)
            select new MatMulCase<float>(op, new MatMulShape(batch, (m + four - 1) / four * four, (n + four - 1) / four * four, (k + four - 1) / four * four), bias, accumulate: accumulate, seed: seed);
        Prop.ForAll(cases.ToArbitrary(), test => test.Check(device, "with the tile chosen")).Check(Config.QuickThrowOnFailure.WithMaxTest(30));
    }

    private static void CheckAllTiles<T>(MatMulCase<T> test, Device device) where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (int tile = 0; tile < MatMulGpu.Tiles(DTypes.Of<T>()).Count; tile++)
        {
            MatMulGpu.ForcedTile = tile;
            test.Check(device, $"with tile {tile}");
        }
    }
}
