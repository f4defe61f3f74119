using System.Numerics;
using System.Runtime.CompilerServices;
using static System.Runtime.CompilerServices.MethodImplOptions;

namespace GenEngine.Kernels.Common;

// Activations; the twins of gen_activate and gen_activate_grad in Common/math.cuh.
public static partial class VecMath
{
    /// <summary>f(x). The slope is that of LeakyRelu and the alpha of Elu; others ignore it.</summary>
    [MethodImpl(AggressiveInlining)]
    public static V Activate<V, T>(Activation activation, V x, V slope)
        where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T> => activation switch
        {
            Activation.Relu => V.Max(V.Zero, x), // a NaN passes
            Activation.LeakyRelu => V.SelectGreater(x, V.Zero, x, V.Mul(slope, x)),
            Activation.Elu => V.SelectGreater(x, V.Zero, x, V.Mul(slope, Expm1OfNegative<V, T>(x))),
            Activation.Tanh => Tanh<V, T>(x),
            Activation.Sigmoid => Sigmoid<V, T>(x),
            Activation.Softplus => Softplus<V, T>(x),
            _ => x,
        };

    /// <summary>
    /// f'(x) from y = f(x); at the kink of the rectifiers the derivative of the left side. Needs slope &gt;= 0, so that y has the sign of x.
    /// </summary>
    [MethodImpl(AggressiveInlining)]
    public static V ActivateGradFromOutput<V, T>(Activation activation, V y, V slope)
        where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T>
    {
        var one = Constant<V, T>(1);
        return activation switch
        {
            Activation.Relu => V.SelectGreater(y, V.Zero, one, V.Zero),
            Activation.LeakyRelu => V.SelectGreater(y, V.Zero, one, slope),
            Activation.Elu => V.SelectGreater(y, V.Zero, one, V.Add(y, slope)),
            Activation.Tanh => V.Fma(V.Neg(y), y, one),
            Activation.Sigmoid => V.Fma(V.Neg(y), y, y),
            Activation.Softplus => V.Neg(Expm1OfNegative<V, T>(V.Neg(y))),
            _ => one,
        };
    }
}
