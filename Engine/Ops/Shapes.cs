using System.Runtime.CompilerServices;
using GenEngine.Kernels;

namespace GenEngine;

/// <summary>Checks that operations share; each message names the operation and the shapes.</summary>
internal static class Shapes
{
    public static EngineException Mismatch(string op, Tensor a, Tensor b, string rule) =>
        new($"{op}: shapes {a.Shape} and {b.Shape} do not fit; {rule}.");

    public static void Same(Tensor a, Tensor b, [CallerMemberName] string op = "")
    {
        if (a.Shape != b.Shape) throw Mismatch(op, a, b, "both must be the same");
    }

    public static void Real(Tensor x, [CallerMemberName] string op = "")
    {
        if (x.DType == x.Context.Real) return;
        throw new EngineException($"{op}: '{x.Op}' holds {x.DType}, the context computes in {x.Context.Real}{(x.DType == DType.BFloat16 ? "; ask for it without 'compact', or give x.ToFloat32()" : "")}.");
    }

    /// <summary>As <see cref="Real"/>, for operations that take images stored in BF16 too.</summary>
    public static void Image(Tensor x, [CallerMemberName] string op = "")
    {
        if (x.DType != DType.BFloat16) Real(x, op);
    }

    /// <summary>Backward tells the side of a leaky ReLU or ELU by the sign of its result, which a negative slope turns round.</summary>
    public static void Slope(double slope, [CallerMemberName] string op = "")
    {
        if (!(slope >= 0)) throw new EngineException(FormattableString.Invariant($"{op}: the slope is {slope}, and must be at least 0."));
    }

    /// <summary>The extents of a batch of images.</summary>
    public static (int N, int H, int W, int C) Images(Tensor x, string op) => x.Shape.Rank == 4
        ? (x.Shape[0], x.Shape[1], x.Shape[2], x.Shape[3])
        : throw new EngineException($"{op}: {x.Shape} is no batch of images; N,H,W,C is asked for.");
}
