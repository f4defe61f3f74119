using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace GenEngine.Metrics;

/// <summary>Float64 loops of linear algebra. Always eight lanes and fused multiply-adds, so that every machine gives the same bits.</summary>
internal static class HostVectors
{
    private const int Lanes = 8;

    /// <summary>sum a[i] b[i].</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double Dot(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        ref double p = ref MemoryMarshal.GetReference(a), q = ref MemoryMarshal.GetReference(b);
        int n = a.Length, i = 0;
        Vector512<double> s = default, t = default;
        for (; i <= n - (2 * Lanes); i += 2 * Lanes)
        {
            s = Vector512.FusedMultiplyAdd(Vector512.LoadUnsafe(ref p, (nuint)i), Vector512.LoadUnsafe(ref q, (nuint)i), s);
            t = Vector512.FusedMultiplyAdd(Vector512.LoadUnsafe(ref p, (nuint)(i + Lanes)), Vector512.LoadUnsafe(ref q, (nuint)(i + Lanes)), t);
        }

        s += t;
        double sum = 0;
        for (int lane = 0; lane < Lanes; lane++) sum += s.GetElement(lane);
        for (; i < n; i++) sum = Math.FusedMultiplyAdd(a[i], b[i], sum);
        return sum;
    }

    /// <summary>y += k x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddScaled(Span<double> y, double k, ReadOnlySpan<double> x)
    {
        ref double p = ref MemoryMarshal.GetReference(x), q = ref MemoryMarshal.GetReference(y);
        int n = y.Length, i = 0;
        var scale = Vector512.Create(k);
        for (; i <= n - Lanes; i += Lanes)
            Vector512.FusedMultiplyAdd(scale, Vector512.LoadUnsafe(ref p, (nuint)i), Vector512.LoadUnsafe(ref q, (nuint)i)).StoreUnsafe(ref q, (nuint)i);
        for (; i < n; i++) y[i] = Math.FusedMultiplyAdd(k, x[i], y[i]);
    }

    /// <summary>y += k x + l w.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddScaled(Span<double> y, double k, ReadOnlySpan<double> x, double l, ReadOnlySpan<double> w)
    {
        ref double p = ref MemoryMarshal.GetReference(x), q = ref MemoryMarshal.GetReference(y), r = ref MemoryMarshal.GetReference(w);
        int n = y.Length, i = 0;
        Vector512<double> first = Vector512.Create(k), second = Vector512.Create(l);
        for (; i <= n - Lanes; i += Lanes)
        {
            var sum = Vector512.FusedMultiplyAdd(first, Vector512.LoadUnsafe(ref p, (nuint)i), Vector512.LoadUnsafe(ref q, (nuint)i));
            Vector512.FusedMultiplyAdd(second, Vector512.LoadUnsafe(ref r, (nuint)i), sum).StoreUnsafe(ref q, (nuint)i);
        }

        for (; i < n; i++) y[i] = Math.FusedMultiplyAdd(l, w[i], Math.FusedMultiplyAdd(k, x[i], y[i]));
    }

    /// <summary>(x, y) := (c x - s y, s x + c y).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rotate(Span<double> x, Span<double> y, double c, double s)
    {
        ref double p = ref MemoryMarshal.GetReference(x), q = ref MemoryMarshal.GetReference(y);
        int n = x.Length, i = 0;
        Vector512<double> cos = Vector512.Create(c), sin = Vector512.Create(s), less = Vector512.Create(-s);
        for (; i <= n - Lanes; i += Lanes)
        {
            Vector512<double> a = Vector512.LoadUnsafe(ref p, (nuint)i), b = Vector512.LoadUnsafe(ref q, (nuint)i);
            Vector512.FusedMultiplyAdd(cos, a, less * b).StoreUnsafe(ref p, (nuint)i);
            Vector512.FusedMultiplyAdd(sin, a, cos * b).StoreUnsafe(ref q, (nuint)i);
        }

        for (; i < n; i++)
        {
            double a = x[i], b = y[i];
            x[i] = Math.FusedMultiplyAdd(c, a, -s * b);
            y[i] = Math.FusedMultiplyAdd(s, a, c * b);
        }
    }
}
