using GenEngine.Kernels;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Loss;
using GenEngine.Kernels.Sampling;
using NUnit.Framework;

namespace GenEngine.Tests.Kernels.Loss;

/// <summary>Launches of the sampling and loss families leave nothing to the garbage collector.</summary>
public sealed class AllocationTests
{
    [Test]
    public void A_launch_allocates_nothing([ValueSource(typeof(TestDevices), nameof(TestDevices.All))] TestDevice which)
    {
        var device = which.Open();
        const int Rows = 4, Columns = 16;
        using var memory = new DeviceArray(device, DType.Float32, new double[4096]);
        var all = memory.Range;
        BufferRange At(int index) => all.Slice(index * 512, 512);
        void Step()
        {
            RandomFill.Run(device, DType.Float32, Distribution.Normal, At(0), Rows * Columns, At(1), 0);
            BernoulliSample.Run(device, DType.Float32, At(0), At(2), Rows * Columns, At(1), 1);
            Dropout.Run(device, DType.Float32, At(0), At(0), Rows * Columns, 0.5, At(1), 2);
            Reparameterize.Forward(device, DType.Float32, At(0), At(3), At(4), Rows, Columns / 2, At(1), 3);
            Reparameterize.Backward(device, DType.Float32, At(0), At(3), At(4), At(5), Rows, Columns / 2, At(1), 3);
            RowLoss.Forward(device, DType.Float32, RowLossKind.BceWithLogits, At(0), At(2), At(4), Rows, Columns);
            RowLoss.Backward(device, DType.Float32, RowLossKind.BceWithLogits, At(0), At(2), At(4), At(5), Rows, Columns);
            GaussianKl.Forward(device, DType.Float32, At(0), At(4), Rows, Columns / 2);
            GaussianKl.Backward(device, DType.Float32, At(0), At(4), At(5), Rows, Columns / 2);
            SoftmaxCrossEntropy.Forward(device, DType.Float32, At(0), At(6), At(4), At(5), Rows, Columns);
            SoftmaxCrossEntropy.Forward(device, DType.Float32, At(0), At(6), At(4), null, Rows, Columns);
            LogisticMixture.Forward(device, DType.Float32, At(0), At(2), At(4), At(5), Rows, 1, Columns / 3);
            RandomState.Advance(device, At(1));
        }

        for (int i = 0; i < 3; i++) Step();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 10; i++) Step();
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }
}
