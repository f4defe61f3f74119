using GenEngine.Kernels.Common;
using GenEngine.Kernels.Convolution;
using GenEngine.Kernels.Elementwise;
using GenEngine.Kernels.Gate;
using GenEngine.Kernels.MatMul;
using GenEngine.Kernels.Pooling;
using GenEngine.Kernels.Reduction;

namespace GenEngine;

/// <summary>What an operation is, besides the tensors that it joins; equal where two calls differ in nothing but their tensors. Behind each: its inputs, in order.</summary>
internal abstract record Traced
{
    /// <summary>x; the result's shape says the rest.</summary>
    public sealed record Reshape : Traced;

    /// <summary>a, b.</summary>
    public sealed record MatMul(MatMulOp Form) : Traced;

    /// <summary>x, weight, bias or null.</summary>
    public sealed record Linear(Activation Activation, double Slope) : Traced;

    /// <summary>x, filter, bias or null, residual or null.</summary>
    public sealed record Conv(ConvSpec Spec, bool Transposed, int OutputPadY, int OutputPadX, Activation Activation, double Slope) : Traced;

    /// <summary>x, gamma, beta, mean, variance.</summary>
    public sealed record BatchNorm(Activation Activation, double Slope, double Epsilon) : Traced;

    /// <summary>x, gamma, beta.</summary>
    public sealed record LayerNorm(double Epsilon) : Traced;

    /// <summary>v, g.</summary>
    public sealed record WeightNorm : Traced;

    /// <summary>x.</summary>
    public sealed record Unary(UnaryOp Op, double P0, double P1) : Traced;

    /// <summary>a, b.</summary>
    public sealed record Binary(BinaryOp Op, Broadcast Broadcast) : Traced;

    /// <summary>a, b, c.</summary>
    public sealed record MultiplyAdd : Traced;

    /// <summary>x.</summary>
    public sealed record Softmax : Traced;

    /// <summary>x.</summary>
    public sealed record Reduce(ReduceOp Op, ReduceAxis Axis) : Traced;

    /// <summary>The parts.</summary>
    public sealed record Concat : Traced;

    /// <summary>x.</summary>
    public sealed record Slice(int Start, int Length) : Traced;

    /// <summary>x.</summary>
    public sealed record Pad(int Top, int Bottom, int Left, int Right, double Value) : Traced;

    /// <summary>x.</summary>
    public sealed record Transpose : Traced;

    /// <summary>labels.</summary>
    public sealed record OneHot(int Classes) : Traced;

    /// <summary>table, indices.</summary>
    public sealed record Embedding : Traced;

    /// <summary>x, condition or null.</summary>
    public sealed record Gate(GateKind Kind) : Traced;

    /// <summary>a, b.</summary>
    public sealed record GatePair(GateKind Kind) : Traced;

    /// <summary>x.</summary>
    public sealed record MaxPool(PoolWindow Window) : Traced;

    /// <summary>x.</summary>
    public sealed record AvgPool(PoolWindow Window) : Traced;

    /// <summary>x.</summary>
    public sealed record GlobalAvgPool : Traced;

    /// <summary>x.</summary>
    public sealed record Upsample(int Factor) : Traced;

    /// <summary>x.</summary>
    public sealed record DepthToSpace(int Factor) : Traced;

    /// <summary>x.</summary>
    public sealed record SpaceToDepth(int Factor) : Traced;
}
