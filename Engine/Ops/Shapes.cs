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
        if (x.DType != x.Context.Real) throw new EngineException($"{op}: '{x.Op}' holds {x.DType}, the context computes in {x.Context.Real}.");
    }
}
