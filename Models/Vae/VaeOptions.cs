namespace GenEngine.Models;

/// <summary>Sizes of an (variational) autoencoder of dense layers.</summary>
/// <param name="Latent">Dimensions of the code.</param>
/// <param name="Hidden">Widths of the encoder's hidden layers; the decoder mirrors them.</param>
/// <param name="LearningRate">Adam's.</param>
public sealed record VaeOptions(int Latent = 2, IReadOnlyList<int>? Hidden = null, double LearningRate = 1e-3)
{
    public IReadOnlyList<int> HiddenWidths => Hidden ?? [400];
}
