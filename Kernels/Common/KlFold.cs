using System.Numerics;

namespace GenEngine.Kernels.Common;

/// <summary>Sum of mu^2 + exp(logVar) - 1 - logVar: twice the divergence of N(mu, exp(logVar)) from N(0, 1).</summary>
internal readonly struct KlFold<V, T> : IRowFold<V, T>
    where V : unmanaged, IVec<V, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public V Start => V.Zero;

    public V Step(V lanes, V mu, V logVar) =>
        V.Add(V.Fma(mu, mu, lanes), V.Sub(V.Sub(VecMath.Exp<V, T>(logVar), VecMath.Constant<V, T>(1)), logVar));

    public T Join(T a, T b) => a + b;
}
