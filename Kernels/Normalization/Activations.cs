using System.Numerics;
using System.Runtime.CompilerServices;
using GenEngine.Kernels.Common;
using static System.Runtime.CompilerServices.MethodImplOptions;

namespace GenEngine.Kernels.Normalization;

/// <summary>
/// An activation as a type argument, so that loops have no branch on it and hold no code of the others: with it the compiler's budget for inlining
/// would be spent before the loop is done.
/// </summary>
internal interface IActivation
{
    /// <summary>act(z).</summary>
    static abstract V Value<V, T>(V z, V slope) where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T>;

    /// <summary>dy act'(z).</summary>
    static abstract V Gradient<V, T>(V dy, V z, V slope) where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T>;
}

internal readonly struct NoActivation : IActivation
{
    [MethodImpl(AggressiveInlining)]
    public static V Value<V, T>(V z, V slope) where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T> => z;

    [MethodImpl(AggressiveInlining)]
    public static V Gradient<V, T>(V dy, V z, V slope) where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T> => dy;
}

internal readonly struct ReluActivation : IActivation
{
    [MethodImpl(AggressiveInlining)]
    public static V Value<V, T>(V z, V slope) where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T> =>
        VecMath.Activate<V, T>(Activation.Relu, z, slope);

    [MethodImpl(AggressiveInlining)]
    public static V Gradient<V, T>(V dy, V z, V slope) where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T> =>
        V.Mul(dy, VecMath.ActivateGradFromOutput<V, T>(Activation.Relu, z, slope)); // z has the sign of y
}

internal readonly struct LeakyReluActivation : IActivation
{
    [MethodImpl(AggressiveInlining)]
    public static V Value<V, T>(V z, V slope) where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T> =>
        VecMath.Activate<V, T>(Activation.LeakyRelu, z, slope);

    [MethodImpl(AggressiveInlining)]
    public static V Gradient<V, T>(V dy, V z, V slope) where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T> =>
        V.Mul(dy, VecMath.ActivateGradFromOutput<V, T>(Activation.LeakyRelu, z, slope));
}

internal readonly struct EluActivation : IActivation
{
    [MethodImpl(AggressiveInlining)]
    public static V Value<V, T>(V z, V slope) where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T> =>
        VecMath.Activate<V, T>(Activation.Elu, z, slope);

    [MethodImpl(AggressiveOptimization)] // a call: four of them in one loop are too much to inline
    public static V Gradient<V, T>(V dy, V z, V slope) where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T> =>
        V.Mul(dy, VecMath.ActivateGradFromOutput<V, T>(Activation.Elu, Value<V, T>(z, slope), slope));
}

internal readonly struct TanhActivation : IActivation
{
    [MethodImpl(AggressiveInlining)]
    public static V Value<V, T>(V z, V slope) where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T> =>
        VecMath.Activate<V, T>(Activation.Tanh, z, slope);

    [MethodImpl(AggressiveOptimization)] // a call: four of them in one loop are too much to inline
    public static V Gradient<V, T>(V dy, V z, V slope) where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T> =>
        V.Mul(dy, VecMath.ActivateGradFromOutput<V, T>(Activation.Tanh, Value<V, T>(z, slope), slope));
}

internal readonly struct SigmoidActivation : IActivation
{
    [MethodImpl(AggressiveInlining)]
    public static V Value<V, T>(V z, V slope) where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T> =>
        VecMath.Activate<V, T>(Activation.Sigmoid, z, slope);

    [MethodImpl(AggressiveOptimization)] // a call: four of them in one loop are too much to inline
    public static V Gradient<V, T>(V dy, V z, V slope) where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T> =>
        V.Mul(dy, VecMath.ActivateGradFromOutput<V, T>(Activation.Sigmoid, Value<V, T>(z, slope), slope));
}

internal readonly struct SoftplusActivation : IActivation
{
    [MethodImpl(AggressiveInlining)]
    public static V Value<V, T>(V z, V slope) where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T> =>
        VecMath.Activate<V, T>(Activation.Softplus, z, slope);

    [MethodImpl(AggressiveOptimization)] // a call: four of them in one loop are too much to inline
    public static V Gradient<V, T>(V dy, V z, V slope) where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T> =>
        V.Mul(dy, VecMath.ActivateGradFromOutput<V, T>(Activation.Softplus, Value<V, T>(z, slope), slope));
}
