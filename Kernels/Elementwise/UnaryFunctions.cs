using System.Numerics;
using System.Runtime.CompilerServices;
using GenEngine.Kernels.Common;
using static System.Runtime.CompilerServices.MethodImplOptions;

namespace GenEngine.Kernels.Elementwise;

/// <summary>One function of unary.cu as a type argument, so that the loop around it is compiled for it alone.</summary>
internal interface IUnaryFunction
{
    static abstract V Value<V, T>(V x, V p0, V p1)
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>;

    /// <summary>f' from s = y where <see cref="Unary.SavesOutput"/>, else from s = x.</summary>
    static abstract V Derivative<V, T>(V s, V p0, V p1)
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>;
}

internal readonly struct NegFunction : IUnaryFunction
{
    [MethodImpl(AggressiveInlining)]
    public static V Value<V, T>(V x, V p0, V p1) where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T> =>
        V.Neg(x);

    [MethodImpl(AggressiveInlining)]
    public static V Derivative<V, T>(V s, V p0, V p1) where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T> =>
        VecMath.Constant<V, T>(-1);
}

internal readonly struct ExpFunction : IUnaryFunction
{
    [MethodImpl(AggressiveInlining)]
    public static V Value<V, T>(V x, V p0, V p1) where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T> =>
        VecMath.Exp<V, T>(x);

    [MethodImpl(AggressiveInlining)]
    public static V Derivative<V, T>(V s, V p0, V p1) where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T> =>
        s;
}

internal readonly struct LogFunction : IUnaryFunction
{
    [MethodImpl(AggressiveInlining)]
    public static V Value<V, T>(V x, V p0, V p1) where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T> =>
        VecMath.Log<V, T>(x);

    [MethodImpl(AggressiveInlining)]
    public static V Derivative<V, T>(V s, V p0, V p1) where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T> =>
        V.Div(VecMath.Constant<V, T>(1), s);
}

internal readonly struct SquareFunction : IUnaryFunction
{
    [MethodImpl(AggressiveInlining)]
    public static V Value<V, T>(V x, V p0, V p1) where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T> =>
        V.Mul(x, x);

    [MethodImpl(AggressiveInlining)]
    public static V Derivative<V, T>(V s, V p0, V p1) where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T> =>
        V.Add(s, s);
}

internal readonly struct SqrtFunction : IUnaryFunction
{
    [MethodImpl(AggressiveInlining)]
    public static V Value<V, T>(V x, V p0, V p1) where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T> =>
        V.Sqrt(x);

    [MethodImpl(AggressiveInlining)]
    public static V Derivative<V, T>(V s, V p0, V p1) where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T> =>
        V.Div(VecMath.Constant<V, T>(0.5), s);
}

internal readonly struct AbsFunction : IUnaryFunction
{
    [MethodImpl(AggressiveInlining)]
    public static V Value<V, T>(V x, V p0, V p1) where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T> =>
        V.Abs(x);

    [MethodImpl(AggressiveInlining)]
    public static V Derivative<V, T>(V s, V p0, V p1) where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T> =>
        V.SelectGreater(s, V.Zero, VecMath.Constant<V, T>(1), V.SelectGreater(V.Zero, s, VecMath.Constant<V, T>(-1), V.Zero));
}

internal readonly struct ClampFunction : IUnaryFunction
{
    [MethodImpl(AggressiveInlining)]
    public static V Value<V, T>(V x, V p0, V p1) where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T> =>
        V.Min(p1, V.Max(p0, x));

    [MethodImpl(AggressiveInlining)]
    public static V Derivative<V, T>(V s, V p0, V p1) where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T> =>
        V.SelectGreater(p0, s, V.Zero, V.SelectGreater(s, p1, V.Zero, VecMath.Constant<V, T>(1)));
}

internal readonly struct ReluFunction : IUnaryFunction
{
    [MethodImpl(AggressiveInlining)]
    public static V Value<V, T>(V x, V p0, V p1) where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T> =>
        VecMath.Activate<V, T>(Activation.Relu, x, p0);

    [MethodImpl(AggressiveInlining)]
    public static V Derivative<V, T>(V s, V p0, V p1) where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T> =>
        VecMath.ActivateGradFromOutput<V, T>(Activation.Relu, s, p0);
}

internal readonly struct LeakyReluFunction : IUnaryFunction
{
    [MethodImpl(AggressiveInlining)]
    public static V Value<V, T>(V x, V p0, V p1) where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T> =>
        VecMath.Activate<V, T>(Activation.LeakyRelu, x, p0);

    [MethodImpl(AggressiveInlining)]
    public static V Derivative<V, T>(V s, V p0, V p1) where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T> =>
        VecMath.ActivateGradFromOutput<V, T>(Activation.LeakyRelu, s, p0);
}

internal readonly struct EluFunction : IUnaryFunction
{
    [MethodImpl(AggressiveInlining)]
    public static V Value<V, T>(V x, V p0, V p1) where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T> =>
        VecMath.Activate<V, T>(Activation.Elu, x, p0);

    [MethodImpl(AggressiveInlining)]
    public static V Derivative<V, T>(V s, V p0, V p1) where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T> =>
        VecMath.ActivateGradFromOutput<V, T>(Activation.Elu, s, p0);
}

internal readonly struct TanhFunction : IUnaryFunction
{
    [MethodImpl(AggressiveInlining)]
    public static V Value<V, T>(V x, V p0, V p1) where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T> =>
        VecMath.Activate<V, T>(Activation.Tanh, x, p0);

    [MethodImpl(AggressiveInlining)]
    public static V Derivative<V, T>(V s, V p0, V p1) where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T> =>
        VecMath.ActivateGradFromOutput<V, T>(Activation.Tanh, s, p0);
}

internal readonly struct SigmoidFunction : IUnaryFunction
{
    [MethodImpl(AggressiveInlining)]
    public static V Value<V, T>(V x, V p0, V p1) where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T> =>
        VecMath.Activate<V, T>(Activation.Sigmoid, x, p0);

    [MethodImpl(AggressiveInlining)]
    public static V Derivative<V, T>(V s, V p0, V p1) where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T> =>
        VecMath.ActivateGradFromOutput<V, T>(Activation.Sigmoid, s, p0);
}

internal readonly struct SoftplusFunction : IUnaryFunction
{
    [MethodImpl(AggressiveInlining)]
    public static V Value<V, T>(V x, V p0, V p1) where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T> =>
        VecMath.Activate<V, T>(Activation.Softplus, x, p0);

    [MethodImpl(AggressiveInlining)]
    public static V Derivative<V, T>(V s, V p0, V p1) where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T> =>
        VecMath.ActivateGradFromOutput<V, T>(Activation.Softplus, s, p0);
}

internal readonly struct AffineFunction : IUnaryFunction
{
    [MethodImpl(AggressiveInlining)]
    public static V Value<V, T>(V x, V p0, V p1) where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T> =>
        V.Fma(p0, x, p1);

    [MethodImpl(AggressiveInlining)]
    public static V Derivative<V, T>(V s, V p0, V p1) where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T> =>
        p0;
}
