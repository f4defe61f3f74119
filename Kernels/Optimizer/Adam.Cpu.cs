using System.Numerics;
using System.Runtime.CompilerServices;
using GenEngine.Kernels.Common;

namespace GenEngine.Kernels.Optimizer;

internal readonly unsafe struct AdamCpu : IFlatKernel<AdamArgs>
{
    public static int Traffic => 7;

    public static long Count(AdamArgs* args) => args->N;

    // Ordinary stores: what is written was just read, so its lines are in the cache anyway.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static nint Range<V, T>(AdamArgs* args, nint start, nint end)
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        T* weights = (T*)args->W, gradients = (T*)args->G, first = (T*)args->M, second = (T*)args->V;
        var state = (OptimizerState*)args->State;
        V beta1 = Flat.Create<V, T>(args->Beta1), rest1 = Flat.Create<V, T>(1.0 - args->Beta1);
        V beta2 = Flat.Create<V, T>(args->Beta2), rest2 = Flat.Create<V, T>(1.0 - args->Beta2);
        V epsilon = Flat.Create<V, T>(args->Epsilon), l2 = Flat.Create<V, T>(args->L2);
        V keep = Flat.Create<V, T>(1.0 - (state->LearningRate * args->Decay));
        V stepSize = Flat.Create<V, T>(state->StepSize), root = Flat.Create<V, T>(state->RootCorrection);
        V scale = Flat.Create<V, T>(state->GradScale), tiny = Flat.SmallestNormal<V, T>();
        nint i = start;
        for (; i + V.Count <= end; i += V.Count)
        {
            V w = V.Load(weights + i);
            V g = V.Fma(l2, w, V.Mul(V.Load(gradients + i), scale));
            V m = Flat.Flush<V, T>(V.Fma(beta1, V.Load(first + i), V.Mul(rest1, g)), tiny);
            V v = Flat.Flush<V, T>(V.Fma(beta2, V.Load(second + i), V.Mul(V.Mul(rest2, g), g)), tiny);
            V step = V.Div(V.Mul(stepSize, m), V.Fma(V.Sqrt(v), root, epsilon));
            V.Store(m, first + i);
            V.Store(v, second + i);
            V.Store(V.Sub(V.Mul(w, keep), step), weights + i);
        }

        return i;
    }
}
