using System.Numerics;
using System.Runtime.CompilerServices;
using static System.Runtime.CompilerServices.MethodImplOptions;

namespace GenEngine.Kernels.Common;

/// <summary>Draws from logits, for whoever draws: the twin of <c>Common/draw.cuh</c>.</summary>
internal static unsafe class LogitDraw<V, T>
    where V : unmanaged, IVec<V, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private const int Chunk = 1024; // weights at a time: all of them but for huge alphabets, for which they are made twice

    /// <summary>The first whose cumulative weight exp((logit - largest) * sharpness), summed in order, exceeds u times the sum of all.</summary>
    [MethodImpl(AggressiveOptimization)]
    public static int Choice(T* logits, int count, T u, T sharpness)
    {
        T largest = logits[0], sum = T.Zero, soFar = T.Zero;
        for (int k = 1; k < count; k++) largest = largest > logits[k] ? largest : logits[k];
        V offset = V.Create(largest), factor = V.Create(sharpness);
        T* weights = stackalloc T[Math.Min(count, Chunk)];
        for (int start = 0; start < count; start += Chunk)
        {
            int n = Math.Min(count - start, Chunk);
            Weights(logits + start, weights, n, offset, factor);
            for (int k = 0; k < n; k++) sum += weights[k];
        }

        T bound = u * sum;
        for (int start = 0; start < count; start += Chunk)
        {
            int n = Math.Min(count - start, Chunk);
            if (count > Chunk) Weights(logits + start, weights, n, offset, factor);
            for (int k = 0; k < n && start + k < count - 1; k++) // u < 1, so the last one's cumulative weight would exceed it
            {
                soFar += weights[k];
                if (soFar > bound) return start + k;
            }
        }

        return count - 1;
    }

    /// <summary>The channels of a pixel from a mixture of logistic distributions; the parameters as the loss has them.</summary>
    /// <param name="levels">Written: 0 to 255 a channel.</param>
    /// <param name="x">Written: what they stand for in [-1, 1].</param>
    public static void Mixture(T* p, int components, int channels, PhiloxWords words, T sharpness, int* levels, T* x)
    {
        int share = channels == 1 ? 2 : 3, k = Choice(p, components, Uniform(words.W0), sharpness);
        for (int c = 0; c < channels; c++)
        {
            T* channel = p + ((1 + (share * c)) * components) + k;
            T mean = channel[0];
            if (c == 1) mean = T.FusedMultiplyAdd(Tanh(p[(3 * components) + k]), x[0], mean);
            if (c == 2) mean = T.FusedMultiplyAdd(Tanh(p[(9 * components) + k]), x[1], T.FusedMultiplyAdd(Tanh(p[(6 * components) + k]), x[0], mean));
            levels[c] = Level(mean, channel[components], Uniform(words[c + 1]), out x[c]);
        }
    }

    /// <summary>A word as a uniform number in [0, 1), exact.</summary>
    public static T Uniform(uint word) => T.CreateTruncating(word >> 8) * T.CreateTruncating(1.0 / (1 << 24));

    [MethodImpl(AggressiveInlining)]
    private static void Weights(T* logits, T* weights, int n, V offset, V factor)
    {
        nint whole = n / V.Count * V.Count;
        for (nint k = 0; k < whole; k += V.Count) V.Store(VecMath.Exp<V, T>(V.Mul(V.Sub(V.Load(logits + k), offset), factor)), weights + k);
        if (whole < n) VecTail<V, T>.Store(VecMath.Exp<V, T>(V.Mul(V.Sub(VecTail<V, T>.Load(logits + whole, n - whole), offset), factor)), weights + whole, n - whole);
    }

    /// <summary>The nearest level to mean + exp(s) logit(u). u = 0 counts as 2^-25; the greatest u may round to 1, which is the brightest level.</summary>
    private static int Level(T mean, T logScale, T u, out T x)
    {
        T lowest = T.CreateTruncating(-7), widest = T.CreateTruncating(60), half = T.CreateTruncating(127.5), top = T.CreateTruncating(255);
        T s = lowest > logScale ? lowest : logScale;
        s = widest < s ? widest : s;
        u += T.CreateTruncating(1.0 / (1 << 25));
        T exact = T.FusedMultiplyAdd(First(VecMath.Exp<V, T>(V.Create(s))), Log(u) - Log(T.One - u), mean);
        T level = T.Round(T.FusedMultiplyAdd(exact, half, half));
        level = T.Zero > level ? T.Zero : level;
        level = top < level ? top : level;
        x = (level + level - top) / top;
        return int.CreateTruncating(level);
    }

    private static T Log(T x) => First(VecMath.Log<V, T>(V.Create(x)));

    private static T Tanh(T x) => First(VecMath.Tanh<V, T>(V.Create(x)));

    private static T First(V v) => VecLanes<V, T>.First(v);
}
