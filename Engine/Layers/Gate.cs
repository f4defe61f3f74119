using GenEngine.Kernels.Gate;

namespace GenEngine;

/// <summary>f(a) sigmoid(b) of the halves a | b of the last dimension: [N, .., 2C] -> [N, .., C]; see <see cref="Ops.Gate"/>.</summary>
public sealed class Gate : Layer
{
    private readonly GateKind _kind;

    private Gate(GateKind kind) => _kind = kind;

    /// <summary>tanh(a) sigmoid(b).</summary>
    public static Gate Tanh { get; } = new(GateKind.Tanh);

    /// <summary>a sigmoid(b).</summary>
    public static Gate Linear { get; } = new(GateKind.Linear);

    public override Tensor Forward(Tensor x) => x.Gate(_kind);

    internal override Compactness Compactness => Compactness.Kept;

    /// <param name="condition">[N, 2C], added to x at every position of its image.</param>
    public Tensor Forward(Tensor x, Tensor condition) => x.Gate(_kind, condition);
}
