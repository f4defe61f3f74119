using System.Numerics;
using System.Runtime.CompilerServices;
using static System.Runtime.CompilerServices.MethodImplOptions;

namespace GenEngine.Kernels.Common;

/// <summary>What happens to a finished tile while it is in the nearest cache: activation(c + bias).</summary>
internal static unsafe class TileEpilogue<V, T>
    where V : unmanaged, IVec<V, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Applies to `vectors` whole vectors of each row, at rows[i] + column.</summary>
    /// <param name="bias">Null for none; else bias[i] a row when biasByRow, bias[j] a column when not.</param>
    public static void Apply(Activation activation, T slope, T** rows, nint column, int rowCount, int vectors, T* bias, bool biasByRow)
    {
        switch (activation)
        {
            case Activation.None: if (bias != null) Map<None>(slope, rows, column, rowCount, vectors, bias, biasByRow); break;
            case Activation.Relu: Map<Relu>(slope, rows, column, rowCount, vectors, bias, biasByRow); break;
            case Activation.LeakyRelu: Map<LeakyRelu>(slope, rows, column, rowCount, vectors, bias, biasByRow); break;
            case Activation.Elu: Map<Elu>(slope, rows, column, rowCount, vectors, bias, biasByRow); break;
            case Activation.Tanh: Map<Tanh>(slope, rows, column, rowCount, vectors, bias, biasByRow); break;
            case Activation.Sigmoid: Map<Sigmoid>(slope, rows, column, rowCount, vectors, bias, biasByRow); break;
            case Activation.Softplus: Map<Softplus>(slope, rows, column, rowCount, vectors, bias, biasByRow); break;
            default: throw new ArgumentOutOfRangeException(nameof(activation), activation, null);
        }
    }

    [MethodImpl(AggressiveOptimization)]
    private static void Map<TActivation>(T slope, T** rows, nint column, int rowCount, int vectors, T* bias, bool biasByRow)
        where TActivation : struct, IActivation
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

    /// <summary>An activation as a type argument, so that the loop has no branch on it.</summary>
    private interface IActivation
    {
        static abstract Activation Kind { get; }
    }

    private readonly struct None : IActivation
    {
        public static Activation Kind => Activation.None;
    }

    private readonly struct Relu : IActivation
    {
        public static Activation Kind => Activation.Relu;
    }

    private readonly struct LeakyRelu : IActivation
    {
        public static Activation Kind => Activation.LeakyRelu;
    }

    private readonly struct Elu : IActivation
    {
        public static Activation Kind => Activation.Elu;
    }

    private readonly struct Tanh : IActivation
    {
        public static Activation Kind => Activation.Tanh;
    }

    private readonly struct Sigmoid : IActivation
    {
        public static Activation Kind => Activation.Sigmoid;
    }

    private readonly struct Softplus : IActivation
    {
        public static Activation Kind => Activation.Softplus;
    }
}
