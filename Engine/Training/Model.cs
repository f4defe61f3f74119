using GenEngine.Data;
using GenEngine.Kernels;

namespace GenEngine;

/// <summary>What a batch brings to a training step; memory that the gather kernel refills every step.</summary>
/// <param name="Images">Real type, [batch, height*width*channels], pixels in [0, 1]; of sequences the <see cref="Codes"/>.</param>
/// <param name="Labels">int32 [batch], or null when the data set has none.</param>
public sealed record Batch(Tensor Images, Tensor? Labels)
{
    /// <summary>Of sequences: int32 [batch, 1, window], what is heard or read at each position.</summary>
    public Tensor Codes => Targets is null ? throw new EngineException("A batch of images has no codes.") : Images;

    /// <summary>Of sequences: int32 [batch, 1, window], what comes next at each position; null for images.</summary>
    public Tensor? Targets { get; init; }

    /// <summary>Of a semi-supervised run: other images, with their labels; null elsewhere.</summary>
    public Batch? Labelled { get; init; }
}

/// <summary>
/// One description of a model: its networks as parameter groups, its losses, its phases and its step. Trainer, console and files know models
/// only through it.
/// </summary>
public interface IModel : IDisposable
{
    /// <summary>Console name: vae, ae, ...</summary>
    string Name { get; }

    /// <summary>Where its networks live and its steps run; the data must be on the same.</summary>
    Context Context { get; }

    /// <summary>The images it was built for.</summary>
    DataShape Data { get; }

    /// <summary>The networks; weights travel under group.parameter.</summary>
    IReadOnlyList<ParameterGroup> Groups { get; }

    /// <summary>The parts of a step, in order: which loss changes which networks.</summary>
    IReadOnlyList<Phase> Phases { get; }

    /// <summary>Averages of weights that a step keeps up; checkpoints hold them. None unless a model says so.</summary>
    IReadOnlyList<WeightAverage> Averages => [];

    /// <summary>Names of what <see cref="TrainStep"/> returns, in order; the first is the one to watch.</summary>
    IReadOnlyList<string> LossNames { get; }

    /// <summary>The unit of the losses: "nats per image", or what the field calls an adversarial loss's.</summary>
    string LossUnit { get; }

    /// <summary>The step of every optimiser, forward, backward and update. Gives scalars, one a loss name.</summary>
    IReadOnlyList<Tensor> TrainStep(Batch batch);

    /// <summary>Names of what <see cref="RowLosses"/> returns; empty for a model without a loss of its own on unseen images.</summary>
    IReadOnlyList<string> RowLossNames { get; }

    /// <summary>Losses on images that nothing is learned from: one tensor [batch] a name, so that the caller can leave padding out.</summary>
    IReadOnlyList<Tensor> RowLosses(Batch batch);

    /// <summary>True: batch statistics and dropout, as in training. False: running statistics, as for samples and tests.</summary>
    void SetTraining(bool training);
}

/// <summary>What data a model can be trained on.</summary>
public sealed record DataShape(int Height, int Width, int Channels, int Classes)
{
    /// <summary>Values of an image, those of all channels; of sequences the positions of a window.</summary>
    public int Pixels => Height * Width * Channels;

    /// <summary>One image in a row.</summary>
    public ImageExtents Image => new(Height, Width, Channels);

    /// <summary>Size of a sequence's alphabet; 0 for images. A window of a sequence is 1 high, as wide as it is long, of one channel.</summary>
    public int Alphabet { get; init; }

    /// <summary>Of these images; classes are those that the set names, whether or not images are labelled.</summary>
    public static DataShape Of(ImageDataset data) => new(data.Height, data.Width, data.Channels, data.ClassNames.Count);

    /// <summary>Of windows of so many codes; no classes where the clips have no labels.</summary>
    public static DataShape Of(SequenceDataset data, int window) => new(1, window, 1, data.Labels is null ? 0 : data.ClassNames.Count) { Alphabet = data.Alphabet };
}
