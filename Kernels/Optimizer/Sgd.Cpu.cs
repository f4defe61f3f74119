using System.Numerics;
using System.Runtime.CompilerServices;
using GenEngine.Kernels.Common;

namespace GenEngine.Kernels.Optimizer;

internal readonly unsafe struct SgdCpu : IFlatKernel<SgdArgs>
{
    public static int Traffic => 5;

    public static long Count(SgdArgs* args) => args->N;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static nint Range<V, T>(SgdArgs* args, nint start, nint end)
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        T* weights = (T*)args->W, gradients = (T*)args->G, velocity = (T*)args->U;
        var state = (OptimizerState*)args->State;
        bool nesterov = args->Nesterov != 0;
        V momentum = Flat.Create<V, T>(args->Momentum), l2 = Flat.Create<V, T>(args->L2);
        V minusRate = Flat.Create<V, T>(-state->LearningRate), scale = Flat.Create<V, T>(state->GradScale), tiny = Flat.SmallestNormal<V, T>();
        nint i = start;
        for (; i + V.Count <= end; i += V.Count)
        {
            V w = V.Load(weights + i);
            V g = V.Fma(l2, w, V.Mul(V.Load(gradients + i), scale));
            V d = g;
            if (velocity != null)
            {
                V u = Flat.Flush<V, T>(V.Fma(momentum, V.Load(velocity + i), g), tiny);
                V.Store(u, velocity + i);
                d = nesterov ? V.Fma(momentum, u, g) : u;
            }

            V.Store(V.Fma(minusRate, d, w), weights + i);
        }

        return i;
    }
}
