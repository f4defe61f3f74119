using System.Numerics;
using System.Runtime.CompilerServices;
using static System.Runtime.CompilerServices.MethodImplOptions;

namespace GenEngine.Kernels.Common;

// f(a) sigmoid(b) and its gradients; the twin of Common/gate.cuh, which says how two exponentials and one division suffice.
public static partial class VecMath
{
    /// <summary>
    /// tanh(a) sigmoid(b), or a sigmoid(b) where linear. Largest errors found in float, in units in the last place (67 million pairs):
    /// 4.7 (linear 3.3); of the gradients 10 (5.7), in the tails, too.
    /// </summary>
    [MethodImpl(AggressiveInlining)]
    public static V Gate<V, T>(bool linear, V a, V b) where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T>
    {
        var one = Constant<V, T>(1);
        var e = Exp<V, T>(V.Neg(V.Abs(b)));
        var n = V.SelectGreater(b, V.Zero, one, e);
        if (linear) return V.Mul(a, V.Div(n, V.Add(e, one)));
        var g = GateGrowth<V, T>(a);
        return V.CopySign(V.Div(V.Mul(g, n), V.Mul(V.Add(g, Constant<V, T>(2)), V.Add(e, one))), a);
    }

    /// <summary>da = dy sigmoid(b) f'(a) and db = dy f(a) sigmoid'(b), f as in <see cref="Gate"/>.</summary>
    [MethodImpl(AggressiveInlining)]
    public static void GateGrad<V, T>(bool linear, V a, V b, V dy, out V da, out V db) where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T>
    {
        var one = Constant<V, T>(1);
        var e = Exp<V, T>(V.Neg(V.Abs(b)));
        var n = V.SelectGreater(b, V.Zero, one, e);
        var v = V.Add(e, one);
        if (linear)
        {
            var inverse = V.Div(one, v);
            da = V.Mul(dy, V.Mul(n, inverse));
            db = V.Mul(V.Mul(dy, a), V.Mul(e, V.Mul(inverse, inverse)));
            return;
        }

        var g = GateGrowth<V, T>(a);
        var u = V.Add(g, Constant<V, T>(2));
        var r = V.Div(one, V.Mul(u, v));
        var p = V.Mul(r, v);
        var q = V.Mul(r, u);
        da = V.Mul(V.Mul(dy, V.Mul(n, q)), V.Mul(V.Mul(V.Add(g, one), Constant<V, T>(4)), V.Mul(p, p)));
        db = V.Mul(V.Mul(dy, V.CopySign(V.Mul(g, p), a)), V.Mul(e, V.Mul(q, q)));
    }

    [MethodImpl(AggressiveInlining)]
    private static V GateGrowth<V, T>(V a) where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T> =>
        Expm1Core<V, T>(V.Min(Constant<V, T>(typeof(T) == typeof(float) ? 32 : 64), V.Mul(V.Abs(a), Constant<V, T>(2))));
}
