using GenEngine.Kernels.Devices;
using GenEngine.Models;
using GenEngine.Runs;

namespace GenEngine.Bench.Compare;

/// <summary>A training step that any device runs; those with a peer have the names of 'compare' and of Bench/Peers/pytorch.</summary>
/// <param name="Batch">The peers' batch.</param>
internal sealed record StepEntry(string Name, string Purpose, int Batch, Func<Device, int, StepJob> Create)
{
    /// <summary>Those that a peer trains too.</summary>
    public static IReadOnlyList<StepEntry> WithPeer { get; } =
    [
        new("step-vae", "dense VAE 784-400-20", 128, StepJob.DenseVae),
        new("step-convvae", "convolutional VAE 1-32-64", 128, StepJob.ConvVae),
        new("step-dcgan", "DCGAN of 28x28 images, both networks", 128, StepJob.Dcgan),
        new("step-dcgan64", "DCGAN of 64x64 colour images, 16 to 128 channels, both networks", 128, (device, batch) => StepJob.Dcgan64(device, batch, 16)),
        new("step-dcgan64-paper", "the same at the paper's width, 64 to 512 channels", 128, (device, batch) => StepJob.Dcgan64(device, batch, 64)),
        new("step-gatedpixelcnn", "gated PixelCNN of 32 channels", 32, StepJob.GatedPixelCnn),
        new("step-pixelcnn-h128", "PixelCNN of 128 channels, 14 layers, 256 classes a pixel", 128, StepJob.PixelCnn128),
        new("step-wavenet", "WaveNet of 10 layers, 4096 samples", 4, StepJob.WaveNet),
        new("step-wavenet-30", "WaveNet of 30 layers, 16384 samples", 4, StepJob.WaveNet30),
    ];

    /// <summary>Those that no peer has.</summary>
    private static IReadOnlyList<StepEntry> Recurrent { get; } =
    [
        new("step-rowlstm", "PixelRNN of 7 Row LSTM layers, h = 16", 32, (device, batch) => StepJob.PixelRnn(device, batch, PixelRnnKind.Row, 16, 7)),
        new("step-diagonalbilstm", "PixelRNN of 7 Diagonal BiLSTM layers, h = 16", 32, (device, batch) => StepJob.PixelRnn(device, batch, PixelRnnKind.Diagonal, 16, 7)),
        new("step-rowlstm-h64", "PixelRNN of 2 Row LSTM layers, h = 64", 32, (device, batch) => StepJob.PixelRnn(device, batch, PixelRnnKind.Row, 64, 2)),
        new("step-diagonalbilstm-h64", "PixelRNN of 2 Diagonal BiLSTM layers, h = 64", 32, (device, batch) => StepJob.PixelRnn(device, batch, PixelRnnKind.Diagonal, 64, 2)),
    ];

    public static IReadOnlyList<StepEntry> All { get; } = [.. WithPeer, .. Recurrent, .. Zoo.Descriptions.SelectMany(OfZoo)];

    /// <summary>Every model as 'train' builds it: a backbone a name, and the convolutional ones on 64x64 colour images too.</summary>
    private static IEnumerable<StepEntry> OfZoo(ModelDescription model)
    {
        const int Batch = 128;
        if (model.NeedsSequences)
        {
            yield return new($"zoo-{model.Name}", $"'train {model.Name}' on windows of 1024 codes", 4, (device, batch) => StepJob.OfSequences(device, batch, model, 1024));
            yield break;
        }

        DataShape digits = new(28, 28, 1, 10), faces = new(64, 64, 3, 16);
        foreach (var options in model.Defaults)
        {
            string name = model.Defaults.Count == 1 ? $"zoo-{model.Name}" : $"zoo-{model.Name}-{options.Backbone}";
            var choice = new ModelOptions { Backbone = options.Backbone };
            yield return new(name, $"'train {model.Name}' on 28x28 images", Batch, (device, batch) => StepJob.OfZoo(device, batch, model, choice, digits));
            if (options.Backbone == "conv") yield return new($"{name}-64", $"'train {model.Name}' on 64x64 colour images", Batch, (device, batch) => StepJob.OfZoo(device, batch, model, choice, faces));
        }
    }
}
