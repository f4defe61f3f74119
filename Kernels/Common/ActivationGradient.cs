using GenEngine.Kernels.Devices;

namespace GenEngine.Kernels.Common;

/// <summary>
/// What an input gradient goes through next: the activation that made the input. The product's sums are multiplied by its derivative, told from its output, while they
/// are at hand.
/// </summary>
/// <param name="Activation">One that <see cref="Serves"/> names.</param>
/// <param name="Slope">Of LeakyRelu.</param>
/// <param name="Output">What the activation gave, laid out as the gradient; read.</param>
public readonly record struct ActivationGradient(Activation Activation, double Slope, BufferRange Output)
{
    /// <summary>Whether products can pass gradients on: the activations whose derivative is one comparison.</summary>
    public static bool Serves(Activation activation) => activation is Activation.Relu or Activation.LeakyRelu;

    /// <param name="product">Who asks, for the message.</param>
    /// <param name="alone">The product has no bias and no activation, and does not accumulate.</param>
    /// <exception cref="EngineException">It cannot be passed through.</exception>
    internal void Check(string product, bool alone)
    {
        if (Serves(Activation) && alone) return;
        throw new EngineException($"{product}: a gradient goes on through Relu and LeakyRelu alone, without bias, activation or accumulating; this one through {Activation}.");
    }
}
