using GenEngine.Kernels;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Kernels.Layout;
using GenEngine.Kernels.Optimizer;
using GenEngine.Tests.Kernels.Layout;
using NUnit.Framework;

namespace GenEngine.Tests.Kernels.Optimizer;

using Adam = GenEngine.Kernels.Optimizer.Adam;

/// <summary>What a training step does to data and parameters costs no managed memory.</summary>
public class AllocationTests
{
    [Test]
    public void Steps_allocate_nothing()
    {
        const int Count = 50_000, Batch = 64, Size = 784;
        var device = TestDevices.Cpu(CpuIsas.Best, 2);
        using var arena = new OptimizerCase(device, DType.Float32, Count);
        using var set = new GatherTests.DataSet(device, 100, Size);
        using var batch = new GatherTests.BatchBuffers(device, Batch, Size * sizeof(float));
        using var oneHot = device.Allocate(Batch * 10 * sizeof(float), "one-hot");
        using var workspace = device.Allocate(GradientClip.WorkspaceBytes(DType.Float32, Count), "workspace");
        for (int i = 0; i < 5; i++) Step();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 50; i++) Step();
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);

        void Step()
        {
            batch.Run(set, DType.Float32, new GatherShape(100, Size, Batch) { Binarization = Binarization.Dynamic });
            DataPosition.Advance(device, set.Position.All, Batch);
            OneHot.Run(device, DType.Float32, batch.Labels.All, oneHot.All, Batch, 10);
            CopyBlock.Run(device, DType.Float32, arena.First, arena.Gradients, 10, 20, 50, 3, 60, 5, accumulate: true);
            var adam = new AdamOptions();
            OptimizerState.Advance(device, arena.State.All, LearningRateSchedule.Milestones(1e-3, 0.1, 10, 20), adam);
            GradientClip.ByGlobalNorm(device, DType.Float32, arena.Gradients, Count, workspace.All, arena.State.All, 1);
            Adam.Run(device, DType.Float32, arena.Weights, arena.Gradients, arena.First, arena.Second, Count, arena.State.All, adam);
        }
    }
}
