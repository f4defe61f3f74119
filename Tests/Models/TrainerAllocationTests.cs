using GenEngine.Data;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Models;
using GenEngine.Runs;
using NUnit.Framework;

namespace GenEngine.Tests.Models;

/// <summary>What a whole model's captured step leaves to the garbage collector. The count is the process's, so it is taken alone.</summary>
[NonParallelizable]
public sealed class TrainerAllocationTests
{
    [Test]
    public void A_captured_training_step_allocates_nothing_managed()
    {
        using var device = new CpuDevice(new CpuOptions(Threads: 2));
        using var context = new Context(device, seed: 1);
        using var data = new DeviceDataset(context, DataSets.Load("digits", "train", new DataOptions { Limit = 1000 }));
        using var model = new Vae(context, data.Shape, new ModelOptions { Latent = 20, Hidden = [400] });
        using var trainer = new Trainer(model, data, 32);
        trainer.Run(20);
        long before = GC.GetTotalAllocatedBytes(precise: true);
        for (int i = 0; i < 50; i++) trainer.Program.Run();
        Assert.That(GC.GetTotalAllocatedBytes(precise: true) - before, Is.Zero);
    }
}
