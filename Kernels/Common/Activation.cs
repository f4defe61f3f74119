namespace GenEngine.Kernels.Common;

/// <summary>Activations that epilogues and elementwise kernels share; all can be differentiated from their output.</summary>
public enum Activation : byte
{
    /// <summary>x itself.</summary>
    None,

    /// <summary>max(x, 0); the derivative at 0 is 0.</summary>
    Relu,

    /// <summary>x for x &gt; 0, slope * x below.</summary>
    LeakyRelu,

    /// <summary>x for x &gt; 0, alpha (e^x - 1) below; the slope argument is alpha.</summary>
    Elu,

    /// <summary>tanh(x).</summary>
    Tanh,

    /// <summary>1 / (1 + e^-x).</summary>
    Sigmoid,

    /// <summary>log(1 + e^x).</summary>
    Softplus,
}
