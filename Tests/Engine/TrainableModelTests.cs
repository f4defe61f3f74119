using GenEngine.Data;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Kernels.Optimizer;
using NUnit.Framework;

namespace GenEngine.Tests.Engine;

/// <summary>A model of a user's own: networks and phases, and nothing else.</summary>
public sealed class TrainableModelTests
{
    [Test]
    public void A_model_of_ones_own_learns()
    {
        using var device = new CpuDevice(new CpuOptions(Threads: 1));
        using var context = new Context(device, seed: 1);
        var digits = DataSets.Load("digits", "train", new DataOptions { Limit = 256 });
        using var data = new DeviceDataset(context, digits);
        using var model = new Autoencoder(context, DataShape.Of(digits));
        using var trainer = new Trainer(model, data, batch: 16);
        var losses = new List<double>();
        Assert.That(trainer.Run(60, progress => losses.AddRange(progress.Rows.Select(row => row[0]))), Is.True);
        Assert.That(losses[^10..].Average(), Is.LessThan(0.6 * losses[..3].Average()));
        Assert.That((model.Name, model.LossNames), Is.EqualTo(("Autoencoder", (IReadOnlyList<string>)["squared error", "spread"])));
    }

    [Test]
    public void Phases_follow_each_other_as_if_written_out()
    {
        Assert.That(Weights(byHand: false), Is.EqualTo(Weights(byHand: true)));
    }

    private static double[] Weights(bool byHand)
    {
        using var device = new CpuDevice(new CpuOptions(Threads: 1));
        using var context = new Context(device, seed: 1);
        using var model = new Autoencoder(context, new DataShape(4, 4, 1, 0));
        double[] pixels = [.. Enumerable.Range(0, 32).Select(i => i / 32.0)];
        for (int step = 0; step < 3; step++)
        {
            using var scope = context.BeginStep();
            // whatever phases share is transient here, so that the first one's Backward could give it back too early
            var batch = new Batch(context.Transient(pixels, new Shape(2, 16)), null);
            if (!byHand)
            {
                model.TrainStep(batch);
                continue;
            }

            foreach (var phase in model.Phases)
            {
                var loss = phase.Loss(new Batch(context.Transient(pixels, new Shape(2, 16)), null));
                phase.Backward(loss);
                phase.Update();
            }
        }

        return [.. model.Groups.SelectMany(group => group.Parameters).SelectMany(parameter => parameter.ToDoubles())];
    }

    private sealed class Autoencoder : TrainableModel
    {
        public Autoencoder(Context context, DataShape data) : base(context, data)
        {
            ParameterGroup encoder = NewGroup("encoder"), decoder = NewGroup("decoder");
            var encode = Add(new Sequential(new Linear(encoder, "0", data.Pixels, 16, Activation.Relu), new Linear(encoder, "1", 16, 4)));
            var decode = Add(new Sequential(new Linear(decoder, "0", 4, 16, Activation.Relu), new Linear(decoder, "1", 16, data.Pixels, Activation.Sigmoid)));
            encoder.Build();
            decoder.Build();
            Phases =
            [
                new Phase("squared error", batch => decode.Forward(encode.Forward(batch.Images)).SquaredError(batch.Images).Mean(), new Adam(encoder, 3e-3), new Adam(decoder, 3e-3)),
                new Phase("spread", batch => encode.Forward(batch.Images).Square().Mean(), new Sgd(encoder, LearningRateSchedule.Constant(1e-3))),
            ];
        }

        public override IReadOnlyList<Phase> Phases { get; }
    }
}
