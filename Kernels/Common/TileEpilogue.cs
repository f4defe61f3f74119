using System.Numerics;
using System.Runtime.CompilerServices;
using static System.Runtime.CompilerServices.MethodImplOptions;

namespace GenEngine.Kernels.Common;

/// <summary>What is done to the outputs of a product behind their sums.</summary>
/// <param name="Activation">Behind the bias; with Through, the one that the gradient goes on through.</param>
/// <param name="Slope">Of LeakyRelu, alpha of Elu.</param>
/// <param name="Residual">Elements from an output to what is added to it last, where there is no activation; 0 for nothing.</param>
/// <param name="Through">Elements from an output to the activation's, whose derivative it is multiplied by; 0 for nothing.</param>
internal readonly record struct TileFinish<T>(Activation Activation, T Slope, nint Residual, nint Through)
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Without what lies at a distance: for sums that stand elsewhere than their outputs; <see cref="Outside"/> does the rest.</summary>
    public TileFinish<T> Near => Through != 0 ? default : this with { Residual = 0 };

    /// <summary>What of an output <see cref="Near"/> has left, for a sum that stands elsewhere.</summary>
    /// <param name="at">Where the output goes.</param>
    public unsafe T Outside(T sum, T* at)
    {
        if (Through == 0) return Residual == 0 ? sum : sum + at[Residual];
        T derivative = at[Through] > T.Zero ? T.One : Activation == Activation.Relu ? T.Zero : Slope;
        return T.FusedMultiplyAdd(sum, derivative, Residual == 0 ? T.NegativeZero : at[Residual]);
    }
}

/// <summary>What happens to a finished tile while it is in the nearest cache: activation(c + bias), then a residual; or the derivative of an activation.</summary>
internal static unsafe class TileEpilogue<V, T>
    where V : unmanaged, IVec<V, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Applies to `vectors` whole vectors of each row, at rows[i] + column.</summary>
    /// <param name="bias">Null for none; else bias[i] a row when biasByRow, bias[j] a column when not.</param>
    public static void Apply(in TileFinish<T> finish, T** rows, nint column, int rowCount, int vectors, T* bias, bool biasByRow)
    {
        if (finish.Through != 0)
        {
            if (finish.Activation == Activation.Relu) PassOn<ReluKind>(finish, rows, column, rowCount, vectors);
            else PassOn<LeakyReluKind>(finish, rows, column, rowCount, vectors);
            return;
        }

        if (finish.Residual != 0)
        {
            Add(rows, column, rowCount, vectors, bias, finish.Residual);
            return;
        }

        T slope = finish.Slope;
        switch (finish.Activation)
        {
            case Activation.None: if (bias != null) Map<NoKind>(slope, rows, column, rowCount, vectors, bias, biasByRow); break;
            case Activation.Relu: Map<ReluKind>(slope, rows, column, rowCount, vectors, bias, biasByRow); break;
            case Activation.LeakyRelu: Map<LeakyReluKind>(slope, rows, column, rowCount, vectors, bias, biasByRow); break;
            case Activation.Elu: Map<EluKind>(slope, rows, column, rowCount, vectors, bias, biasByRow); break;
            case Activation.Tanh: Map<TanhKind>(slope, rows, column, rowCount, vectors, bias, biasByRow); break;
            case Activation.Sigmoid: Map<SigmoidKind>(slope, rows, column, rowCount, vectors, bias, biasByRow); break;
            case Activation.Softplus: Map<SoftplusKind>(slope, rows, column, rowCount, vectors, bias, biasByRow); break;
            default: throw new ArgumentOutOfRangeException(nameof(finish), finish.Activation, null);
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
    private static void PassOn<TActivation>(in TileFinish<T> finish, T** rows, nint column, int rowCount, int vectors)
        where TActivation : struct, IActivationKind
    {
        V slope = V.Create(finish.Slope), nothing = V.Create(T.NegativeZero);
        for (int i = 0; i < rowCount; i++)
        {
            T* p = rows[i] + column;
            for (nint j = 0; j < vectors * V.Count; j += V.Count)
            {
                V derivative = VecMath.ActivateGradFromOutput<V, T>(TActivation.Kind, V.Load(p + j + finish.Through), slope);
                V.Store(V.Fma(V.Load(p + j), derivative, finish.Residual == 0 ? nothing : V.Load(p + j + finish.Residual)), p + j);
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
