#:project ../Models/Models.csproj
using GenEngine;
using GenEngine.Data;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Runs;

using var device = DeviceFactory.Open(); // the GPU where there is one, else the CPU
using var context = new Context(device, seed: 1);
var digits = DataSets.Load("digits", "train"); // or "mnist", or the path of a folder of pictures
using var data = new DeviceDataset(context, digits);
using var model = new Autoencoder(context, DataShape.Of(digits));
using var trainer = new Trainer(model, data, batch: 128);
trainer.Run(steps: 500, progress => Console.WriteLine($"step {progress.Step}: {progress.Losses[0]:F2}"));
WeightFile.Save("autoencoder.safetensors", model.Groups);

sealed class Autoencoder : TrainableModel
{
    public Autoencoder(Context context, DataShape data) : base(context, data)
    {
        var group = NewGroup("autoencoder");
        var network = Add(new Sequential(
            new Linear(group, "encoder", data.Pixels, 128, Activation.Relu), new Linear(group, "code", 128, 8),
            new Linear(group, "decoder", 8, 128, Activation.Relu), new Linear(group, "pixels", 128, data.Pixels, Activation.Sigmoid)));
        group.Build();
        Phases = [new Phase("squared error", batch => network.Forward(batch.Images).SquaredError(batch.Images).Mean(), new Adam(group, 1e-3))];
    }

    public override IReadOnlyList<Phase> Phases { get; }
}
