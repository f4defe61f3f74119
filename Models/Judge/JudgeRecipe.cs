using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using GenEngine.Kernels;

namespace GenEngine.Models;

/// <summary>How a judge is trained. Judges of different recipes or seeds give different figures: both are recorded with every figure.</summary>
public sealed record JudgeRecipe
{
    /// <summary>Of the weights and of the order of the images. A second judge "never seen by training" is another seed.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Passes over the training data, rounded up to whole batches; only where <see cref="Steps"/> is 0.</summary>
    public int Epochs { get; init; } = 2;

    /// <summary>Steps of training, whatever the size of the data; 0: <see cref="Epochs"/> passes.</summary>
    public long Steps { get; init; }

    /// <summary>Images a step.</summary>
    public int Batch { get; init; } = 128;

    /// <summary>Adam's, constant; betas 0.9 and 0.999.</summary>
    public double LearningRate { get; init; } = 1e-3;

    /// <summary>Width of the dense layer whose values after ReLU are the features.</summary>
    public int Features { get; init; } = 128;

    /// <summary>Channels of the first stage; later stages have twice as many.</summary>
    public int Width { get; init; } = 32;

    /// <summary>Steps for a training set of this many images.</summary>
    public long StepsFor(int images) => Steps > 0 ? Steps : Epochs * (((long)images + Batch - 1) / Batch);

    /// <summary>Names a trained judge: SHA-256 over what it is, the recipe and the training data's hash, 32 hex digits.</summary>
    internal string Key(string kind, string dataHash, int outputs)
    {
        string text = string.Create(
            CultureInfo.InvariantCulture,
            $"{kind} v1 data {dataHash} outputs {outputs} seed {Seed} epochs {Epochs} steps {Steps} batch {Batch} rate {LearningRate:R} features {Features} width {Width}");
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..32];
    }

    internal void Check()
    {
        if (Epochs < 1 || Steps < 0 || Batch < 1 || Features < 1 || Width < 1 || !(LearningRate > 0))
            throw new EngineException($"A judge cannot be trained with {this}: epochs, batch, features, width and learning rate must be positive, steps not negative.");
    }
}
