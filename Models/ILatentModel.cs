namespace GenEngine.Models;

/// <summary>A model with an encoder and a decoder between images and codes.</summary>
public interface ILatentModel : IModel
{
    DataShape Data { get; }

    /// <summary>Dimensions of a code.</summary>
    int Latent { get; }

    /// <summary>Codes of images: [batch, pixels] -> [batch, latent]; a VAE gives the posterior's mean.</summary>
    Tensor Encode(Tensor images);

    /// <summary>Images of codes, pixels in [0, 1]: [batch, latent] -> [batch, pixels].</summary>
    Tensor Decode(Tensor codes);

    /// <summary>The training loss of a batch, a scalar; for gradient checks.</summary>
    Tensor Loss(Tensor images);
}
