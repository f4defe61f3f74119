using GenEngine.Data;

namespace GenEngine;

/// <summary>What a batch brings to a training step; memory that the gather kernel refills every step.</summary>
/// <param name="Images">Real type, [batch, height*width*channels].</param>
/// <param name="Labels">int32 [batch], or null when the data set has none.</param>
public sealed record Batch(Tensor Images, Tensor? Labels);

/// <summary>
/// One description of a model: its networks as parameter groups, its losses, its step. Trainer, console and files know models
/// only through it.
/// </summary>
public interface IModel : IDisposable
{
    /// <summary>Console name: vae, ae, ...</summary>
    string Name { get; }

    Context Context { get; }

    /// <summary>The networks; weights travel under group.parameter.</summary>
    IReadOnlyList<ParameterGroup> Groups { get; }

    /// <summary>Names of what <see cref="TrainStep"/> returns, in order; the first is the one to watch. Units in the name, for example "kl (nats)".</summary>
    IReadOnlyList<string> LossNames { get; }

    /// <summary>The step of every optimiser, forward, backward and update. Gives scalars, one a loss name.</summary>
    IReadOnlyList<Tensor> TrainStep(Batch batch);

    /// <summary>The losses of a batch without an update, the first summed over valid rows by the caller: one value a row each.</summary>
    IReadOnlyList<Tensor> RowLosses(Batch batch);
}

/// <summary>What data a model can be trained on.</summary>
public sealed record DataShape(int Height, int Width, int Channels, int Classes)
{
    public int Pixels => Height * Width * Channels;

    public static DataShape Of(ImageDataset data) => new(data.Height, data.Width, data.Channels, data.ClassNames.Count);
}
