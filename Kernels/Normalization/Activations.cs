using System.Numerics;
using System.Runtime.CompilerServices;
using GenEngine.Kernels.Common;
using static System.Runtime.CompilerServices.MethodImplOptions;

namespace GenEngine.Kernels.Normalization;

/// <summary>
/// An activation and its derivative as a type argument: with the code of all activations in a loop, the compiler's budget for inlining
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

/// <summary>Activations whose derivative needs the sign of z alone, which is that of the output.</summary>
internal readonly struct Rectifier<TKind> : IActivation
    where TKind : struct, IActivationKind
{
    [MethodImpl(AggressiveInlining)]
    public static V Value<V, T>(V z, V slope) where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T> =>
        VecMath.Activate<V, T>(TKind.Kind, z, slope);

    [MethodImpl(AggressiveInlining)]
    public static V Gradient<V, T>(V dy, V z, V slope) where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T> =>
        V.Mul(dy, VecMath.ActivateGradFromOutput<V, T>(TKind.Kind, z, slope));
}

/// <summary>Activations whose derivative is computed from their output.</summary>
internal readonly struct Smooth<TKind> : IActivation
    where TKind : struct, IActivationKind
{
    [MethodImpl(AggressiveInlining)]
    public static V Value<V, T>(V z, V slope) where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T> =>
        VecMath.Activate<V, T>(TKind.Kind, z, slope);

    [MethodImpl(AggressiveOptimization)] // a call: four of them in one loop are too much to inline
    public static V Gradient<V, T>(V dy, V z, V slope) where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T> =>
        V.Mul(dy, VecMath.ActivateGradFromOutput<V, T>(TKind.Kind, Value<V, T>(z, slope), slope));
}
