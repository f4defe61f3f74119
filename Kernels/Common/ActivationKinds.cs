namespace GenEngine.Kernels.Common;

/// <summary>An activation as a type argument, so that loops have no branch on it and hold no code of the others.</summary>
internal interface IActivationKind
{
    static abstract Activation Kind { get; }
}

internal readonly struct NoKind : IActivationKind
{
    public static Activation Kind => Activation.None;
}

internal readonly struct ReluKind : IActivationKind
{
    public static Activation Kind => Activation.Relu;
}

internal readonly struct LeakyReluKind : IActivationKind
{
    public static Activation Kind => Activation.LeakyRelu;
}

internal readonly struct EluKind : IActivationKind
{
    public static Activation Kind => Activation.Elu;
}

internal readonly struct TanhKind : IActivationKind
{
    public static Activation Kind => Activation.Tanh;
}

internal readonly struct SigmoidKind : IActivationKind
{
    public static Activation Kind => Activation.Sigmoid;
}

internal readonly struct SoftplusKind : IActivationKind
{
    public static Activation Kind => Activation.Softplus;
}
