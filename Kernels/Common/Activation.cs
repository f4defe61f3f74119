namespace GenEngine.Kernels.Common;

/// <summary>Activations that epilogues and elementwise kernels share; all can be differentiated from their output.</summary>
public enum Activation : byte
{
    None,
    Relu,

    /// <summary>x for x &gt; 0, slope * x below.</summary>
    LeakyRelu,

    /// <summary>x for x &gt; 0, alpha (e^x - 1) below; the slope argument is alpha.</summary>
    Elu,
    Tanh,
    Sigmoid,

    /// <summary>log(1 + e^x).</summary>
    Softplus,
}
