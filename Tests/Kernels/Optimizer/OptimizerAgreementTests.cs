using System.Runtime.InteropServices;
using GenEngine.Kernels;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Optimizer;
using GenEngine.Tests.Kernels.Layout;
using NUnit.Framework;

namespace GenEngine.Tests.Kernels.Optimizer;

using Adam = GenEngine.Kernels.Optimizer.Adam;
using RmsProp = GenEngine.Kernels.Optimizer.RmsProp;
using Sgd = GenEngine.Kernels.Optimizer.Sgd;

/// <summary>A few steps of every optimiser give the same bits on every device, and the same when captured and replayed.</summary>
[Parallelizable]
public class OptimizerAgreementTests
{
    public static IEnumerable<string> Names => ["adam", "adamw", "sgd", "momentum", "rmsprop"];

    [Test]
    public void Devices_agree([ValueSource(nameof(Names))] string name, [Values(DType.Float32, DType.Float64)] DType dtype, [Values(5, 20_003)] int count) =>
        LayoutDevices.SameBitsEverywhere(device =>
        {
            using var arena = new OptimizerCase(device, dtype, count);
            using var workspace = device.Allocate(GradientClip.WorkspaceBytes(dtype, count), "workspace");
            using var average = new DeviceArray(device, dtype, arena.InitialWeights);
            for (int step = 0; step < 3; step++)
            {
                arena.NextGradients();
                Step(name, arena, dtype, workspace, average);
            }

            return All(arena, average);
        });

    [Test]
    public void A_replay_counts_on_as_eager_steps_do([ValueSource(nameof(Names))] string name, [ValueSource(typeof(LayoutDevices), nameof(LayoutDevices.Devices))] TestDevice which)
    {
        const int Count = 300, Steps = 6;
        var device = which.Open();
        using var workspace = device.Allocate(GradientClip.WorkspaceBytes(DType.Float32, Count), "workspace");
        using var eager = new OptimizerCase(device, DType.Float32, Count);
        using var eagerAverage = new DeviceArray(device, DType.Float32, eager.InitialWeights);
        using var replayed = new OptimizerCase(device, DType.Float32, Count);
        using var replayedAverage = new DeviceArray(device, DType.Float32, replayed.InitialWeights);
        device.BeginCapture();
        Step(name, replayed, DType.Float32, workspace, replayedAverage);
        using var captured = device.EndCapture();
        for (int step = 0; step < Steps; step++)
        {
            eager.NextGradients();
            replayed.NextGradients();
            Step(name, eager, DType.Float32, workspace, eagerAverage);
            captured.Replay();
            Assert.That(All(replayed, replayedAverage).AsSpan().SequenceEqual(All(eager, eagerAverage)), $"step {step}");
        }

        Assert.That(replayed.GetState().Step, Is.EqualTo(Steps));
    }

    private static void Step(string name, OptimizerCase arena, DType dtype, DeviceBuffer workspace, DeviceArray average)
    {
        var (device, state, count) = (arena.Device, arena.State.All, arena.Count);
        var adam = new AdamOptions { WeightDecay = 0.02, Decoupled = name == "adamw" };
        OptimizerState.Advance(device, state, LearningRateSchedule.Cosine(0.05, 10) with { WarmupSteps = 1 }, adam);
        GradientClip.ByGlobalNorm(device, dtype, arena.Gradients, count, workspace.All, state, 30);
        switch (name)
        {
            case "sgd":
                Sgd.Run(device, dtype, arena.Weights, arena.Gradients, null, count, state, new() { WeightDecay = 0.1 });
                break;
            case "momentum":
                Sgd.Run(device, dtype, arena.Weights, arena.Gradients, arena.First, count, state, new() { Momentum = 0.9, Nesterov = true });
                break;
            case "rmsprop":
                RmsProp.Run(device, dtype, arena.Weights, arena.Gradients, arena.Second, arena.First, count, state, new() { Momentum = 0.5 });
                break;
            default:
                Adam.Run(device, dtype, arena.Weights, arena.Gradients, arena.First, arena.Second, count, state, adam);
                break;
        }

        Ema.Run(device, dtype, arena.Weights, average, count, 0.9);
    }

    private static byte[] All(OptimizerCase arena, DeviceArray average)
    {
        double[] values = [.. arena.Weights.Read(), .. arena.First.Read(), .. arena.Second.Read(), .. average.Read()];
        return [.. MemoryMarshal.AsBytes(values.AsSpan()), .. MemoryMarshal.AsBytes<OptimizerState>(new[] { arena.GetState() })];
    }
}
