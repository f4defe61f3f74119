using System.Numerics;
using System.Runtime.CompilerServices;
using static System.Runtime.CompilerServices.MethodImplOptions;

namespace GenEngine.Kernels.Common;

/// <summary>What happens to a finished tile while it is in the nearest cache: activation(c + bias), then a residual.</summary>
internal static unsafe class TileEpilogue<V, T>
    where V : unmanaged, IVec<V, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Applies to `vectors` whole vectors of each row, at rows[i] + column.</summary>
    /// <param name="residual">Elements from an output to what is added to it last, where there is no activation; 0 for nothing.</param>
    /// <param name="bias">Null for none; else bias[i] a row when biasByRow, bias[j] a column when not.</param>
    public static void Apply(Activation activation, T slope, T** rows, nint column, int rowCount, int vectors, T* bias, bool biasByRow, nint residual = 0)
    {
        if (residual != 0)
        {
            Add(rows, column, rowCount, vectors, bias, residual);
            return;
        }

        switch (activation)
        {
            case Activation.None: if (bias != null) Map<NoKind>(slope, rows, column, rowCount, vectors, bias, biasByRow); break;
            case Activation.Relu: Map<ReluKind>(slope, rows, column, rowCount, vectors, bias, biasByRow); break;
            case Activation.LeakyRelu: Map<LeakyReluKind>(slope, rows, column, rowCount, vectors, bias, biasByRow); break;
            case Activation.Elu: Map<EluKind>(slope, rows, column, rowCount, vectors, bias, biasByRow); break;
            case Activation.Tanh: Map<TanhKind>(slope, rows, column, rowCount, vectors, bias, biasByRow); break;
            case Activation.Sigmoid: Map<SigmoidKind>(slope, rows, column, rowCount, vectors, bias, biasByRow); break;
            case Activation.Softplus: Map<SoftplusKind>(slope, rows, column, rowCount, vectors, bias, biasByRow); break;
            default: throw new ArgumentOutOfRangeException(nameof(activation), activation, null);
        }
    }

    [MethodImpl(AggressiveOptimization)]
    private static void Add(T** rows, nint column, int rowCount, int vectors, T* bias, nint residual)
    {
        for (int i = 0; i < rowCount; i++)
        {
            T* p = rows[i] + column;
            for (nint j = 0; j < vectors * V.Count; j += V.Count)
            {
                V x = V.Load(p + j);
                if (bias != null) x = V.Add(x, V.Load(bias + j));
                V.Store(V.Add(x, V.Load(p + j + residual)), p + j);
            }
        }
    }

    [MethodImpl(AggressiveOptimization)]
    private static void Map<TActivation>(T slope, T** rows, nint column, int rowCount, int vectors, T* bias, bool biasByRow)
        where TActivation : struct, IActivationKind
    {
        V slopes = V.Create(slope);
        for (int i = 0; i < rowCount; i++)
        {
            T* p = rows[i] + column;
            for (int j = 0; j < vectors * V.Count; j += V.Count)
            {
                V x = V.Load(p + j);
                if (bias != null) x = V.Add(x, biasByRow ? V.Create(bias[i]) : V.Load(bias + j));
                V.Store(VecMath.Activate<V, T>(TActivation.Kind, x, slopes), p + j);
            }
        }
    }
}
