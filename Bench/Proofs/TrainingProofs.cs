using GenEngine.Data;
using GenEngine.Kernels;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Layout;
using GenEngine.Kernels.Optimizer;

namespace GenEngine.Bench.Proofs;

/// <summary>Whole training steps of a small network: batches from a data set on the device, each optimiser, clipping, running statistics, a moving average and the history of losses.</summary>
internal sealed class TrainingProofs : IKernelProofSource
{
    private const int Steps = 4, Batch = 6, Images = 15, Side = 5, Hidden = 9;

    public IEnumerable<KernelProof> Proofs =>
        from real in IKernelProofSource.Reals
        from kind in Kinds
        select new KernelProof($"Training {kind.Name} in {real.CName()}", device => Train(device, real, kind.Create));

    private static IEnumerable<(string Name, Func<ParameterGroup, Optimizer> Create)> Kinds =>
    [
        ("Adam", group => new Adam(group, 0.01)),
        ("AdamW, cosine", group => new Adam(group, LearningRateSchedule.Cosine(0.02, 3, 0.001), new AdamOptions { WeightDecay = 0.1, Decoupled = true })),
        ("Adam, exponential, clipped by norm", group => new Adam(group, LearningRateSchedule.Exponential(0.02, 0.7), new AdamOptions { WeightDecay = 0.1 }) { ClipNorm = 0.01 }),
        ("Sgd, warm-up", group => new Sgd(group, LearningRateSchedule.Constant(0.1) with { WarmupSteps = 2 }, new SgdOptions { WeightDecay = 0.1 })),
        ("Sgd, momentum, milestones", group => new Sgd(group, LearningRateSchedule.Milestones(0.1, 0.5, 1, 3), new SgdOptions { Momentum = 0.9 })),
        ("Sgd, Nesterov, clipped by value", group => new Sgd(group, LearningRateSchedule.Constant(0.1), new SgdOptions { Momentum = 0.9, Nesterov = true }) { ClipValue = 1e-3 }),
        ("RmsProp", group => new RmsProp(group, LearningRateSchedule.Constant(0.01), new RmsPropOptions())),
        ("RmsProp, momentum", group => new RmsProp(group, LearningRateSchedule.Constant(0.01), new RmsPropOptions { Momentum = 0.9, WeightDecay = 0.1 })),
    ];

    /// <summary>Weights, their average, the moments, the running statistics and the losses after the steps.</summary>
    private static IReadOnlyList<double[]> Train(Device device, DType real, Func<ParameterGroup, Optimizer> create)
    {
        using var context = new Context(device, real, seed: 7);
        using var group = new ParameterGroup(context, "network");
        var network = new Sequential(new Linear(group, "in", Side * Side, Hidden), new BatchNorm(group, "norm", Hidden, Activation.LeakyRelu, slope: 0.1), new Linear(group, "out", Hidden, 2));
        group.Build();
        var optimizer = create(group);
        var average = new WeightAverage(group, 0.9);
        using var losses = new LossHistory(context, 1);
        int[] labels = [.. Enumerable.Range(0, Images).Select(i => i % 2)];
        using var data = new DeviceDataset(context, new ImageDataset("noise", "train", Side, Side, 1, ProofMemory.Bytes(Images * Side * Side), labels, ["a", "b"]), Binarization.Dynamic);
        for (int i = 0; i < Steps; i++)
        {
            using var step = context.BeginStep();
            var batch = data.NextBatch(Batch);
            var loss = network.Forward(batch.Images).BceWithLogitsMean(batch.Labels!.OneHot(2));
            context.Tape.Backward(loss, [group]);
            optimizer.Step();
            average.Update();
            losses.Record([loss]);
        }

        using var memory = new ProofMemory(device);
        return
        [
            memory.Read(real, group.Weights), memory.Read(real, average.Weights), .. optimizer.Arenas.Select(arena => memory.Read(real, arena.Range)),
            memory.Read(DType.UInt8, optimizer.State), .. group.NamedState().Select(state => memory.Read(real, state.Tensor.Range)), .. losses.Read(),
        ];
    }
}
