using GenEngine.Kernels.Common;

namespace GenEngine.Kernels.Normalization;

/// <summary>An activation as a type argument, so that loops have no branch on it.</summary>
internal interface IActivation
{
    static abstract Activation Kind { get; }
}

internal readonly struct NoActivation : IActivation
{
    public static Activation Kind => Activation.None;
}

internal readonly struct ReluActivation : IActivation
{
    public static Activation Kind => Activation.Relu;
}

internal readonly struct LeakyReluActivation : IActivation
{
    public static Activation Kind => Activation.LeakyRelu;
}

internal readonly struct EluActivation : IActivation
{
    public static Activation Kind => Activation.Elu;
}

internal readonly struct TanhActivation : IActivation
{
    public static Activation Kind => Activation.Tanh;
}

internal readonly struct SigmoidActivation : IActivation
{
    public static Activation Kind => Activation.Sigmoid;
}

internal readonly struct SoftplusActivation : IActivation
{
    public static Activation Kind => Activation.Softplus;
}
