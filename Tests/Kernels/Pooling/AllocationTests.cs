using GenEngine.Kernels;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Gate;
using GenEngine.Kernels.Pooling;
using NUnit.Framework;
using DepthToSpaceKernel = GenEngine.Kernels.Resampling.DepthToSpace;
using EmbeddingKernel = GenEngine.Kernels.Embedding.Embedding;
using GateKernel = GenEngine.Kernels.Gate.Gate;
using UpsampleKernel = GenEngine.Kernels.Resampling.Upsample;

namespace GenEngine.Tests.Kernels.Pooling;

/// <summary>Launches of the pooling, resampling, embedding and gate families leave nothing to the garbage collector.</summary>
public sealed class AllocationTests
{
    [Test]
    public void A_launch_allocates_nothing([ValueSource(typeof(TestDevices), nameof(TestDevices.All))] TestDevice which)
    {
        var device = which.Open();
        const DType Type = DType.Float32;
        var window = PoolWindow.Square(3, 2, 1);
        using var memory = new DeviceArray(device, Type, new double[4096]);
        var all = memory.Range;
        BufferRange At(int index) => all.Slice(index * 1024, 1024);
        void Step()
        {
            MaxPool.Forward(device, Type, At(0), At(1), At(2), 1, 5, 6, 3, window);
            MaxPool.Backward(device, Type, At(1), At(2), At(3), 1, 5, 6, 3, window);
            AvgPool.Forward(device, Type, At(0), At(1), 1, 5, 6, 3, window);
            AvgPool.Backward(device, Type, At(1), At(3), 1, 5, 6, 3, window);
            GlobalPool.Forward(device, Type, At(0), At(1), 2, 9, 5);
            GlobalPool.Backward(device, Type, At(1), At(3), 2, 9, 5);
            UpsampleKernel.Forward(device, Type, At(0), At(1), 1, 3, 4, 2, 2);
            UpsampleKernel.Backward(device, Type, At(1), At(3), 1, 3, 4, 2, 2);
            DepthToSpaceKernel.Run(device, Type, At(0), At(1), 1, 3, 4, 8, 2);
            DepthToSpaceKernel.Inverse(device, Type, At(1), At(3), 1, 3, 4, 8, 2);
            EmbeddingKernel.Forward(device, Type, At(0), At(4), At(1), 7, 5, 6);
            EmbeddingKernel.Backward(device, Type, At(4), At(1), At(3), At(5), 7, 5, 6);
            GateKernel.Forward(device, Type, GateKind.Tanh, At(0), At(6), At(1), 2, 3, 5);
            GateKernel.Backward(device, Type, GateKind.Tanh, At(0), At(6), At(1), At(3), 2, 3, 5);
            GateKernel.ForwardPair(device, Type, GateKind.Linear, At(0), At(6), At(1), 70);
            GateKernel.BackwardPair(device, Type, GateKind.Linear, At(0), At(6), At(1), At(3), At(7), 70);
        }

        for (int i = 0; i < 3; i++) Step();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 10; i++) Step();
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }
}
