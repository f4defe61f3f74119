using System.Numerics;
using System.Runtime.CompilerServices;
using GenEngine.Kernels.Common;

namespace GenEngine.Kernels.Optimizer;

internal readonly unsafe struct RmsPropCpu : IFlatKernel<RmsPropArgs>
{
    public static int Traffic => 7;

    public static long Count(RmsPropArgs* args) => args->N;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static nint Range<V, T>(RmsPropArgs* args, nint start, nint end)
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        T* weights = (T*)args->W, gradients = (T*)args->G, squares = (T*)args->S, velocity = (T*)args->U;
        var state = (OptimizerState*)args->State;
        V smoothing = Flat.Create<V, T>(args->Smoothing), rest = Flat.Create<V, T>(1.0 - args->Smoothing);
        V epsilon = Flat.Create<V, T>(args->Epsilon), momentum = Flat.Create<V, T>(args->Momentum), l2 = Flat.Create<V, T>(args->L2);
        V minusRate = Flat.Create<V, T>(-state->LearningRate), scale = Flat.Create<V, T>(state->GradScale), tiny = Flat.SmallestNormal<V, T>();
        nint i = start;
        for (; i + V.Count <= end; i += V.Count)
        {
            V w = V.Load(weights + i);
            V g = V.Fma(l2, w, V.Mul(V.Load(gradients + i), scale));
            V square = Flat.Flush<V, T>(V.Fma(smoothing, V.Load(squares + i), V.Mul(V.Mul(rest, g), g)), tiny);
            V.Store(square, squares + i);
            V d = V.Div(g, V.Add(V.Sqrt(square), epsilon));
            if (velocity != null)
            {
                d = Flat.Flush<V, T>(V.Fma(momentum, V.Load(velocity + i), d), tiny);
                V.Store(d, velocity + i);
            }

            V.Store(V.Fma(minusRate, d, w), weights + i);
        }

        return i;
    }
}
