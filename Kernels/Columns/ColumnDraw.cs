using System.Numerics;
using System.Runtime.CompilerServices;
using GenEngine.Kernels.Common;
using static System.Runtime.CompilerServices.MethodImplOptions;

namespace GenEngine.Kernels.Columns;

/// <summary>One draw from the logits of one position; the arithmetic of the Sampling family, with a number of its own for each value of each image.</summary>
internal readonly unsafe ref struct ColumnDraw<V, T>(ColumnArgs* args, ColumnInstruction* instruction)
    where V : unmanaged, IVec<V, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <param name="values">Written: the level; all colours' for a mixture.</param>
    /// <param name="image">Number of the image among all of the seed.</param>
    /// <param name="element">Number of the value in its image.</param>
    public void Run(T* logits, int* values, ulong image, long element)
    {
        var stream = new PhiloxStream(args->Seed, image, Columns.Stream);
        switch (instruction->Law)
        {
            case ColumnLaw.Bernoulli:
                values[0] = Uniform(stream.Word(element)) < First(VecMath.Sigmoid<V, T>(V.Create(logits[0] * Sharpness))) ? 1 : 0;
                break;
            case ColumnLaw.Categorical:
                values[0] = Choose(logits, instruction->Channels, Uniform(stream.Word(element)));
                break;
            default:
                Mixture(logits, values, stream.Words((uint)element));
                break;
        }
    }

    private T Sharpness => T.CreateTruncating(args->Sharpness);

    /// <summary>The first level whose cumulative weight, summed in order, exceeds u times the sum of all.</summary>
    [MethodImpl(AggressiveOptimization)]
    private int Choose(T* logits, int levels, T u)
    {
        T largest = logits[0], sum = T.Zero, soFar = T.Zero, sharpness = Sharpness;
        for (int k = 1; k < levels; k++) largest = largest > logits[k] ? largest : logits[k];
        T* weights = stackalloc T[ColumnProgram.Rounded(levels)];
        V offset = V.Create(largest), factor = V.Create(sharpness);
        nint whole = levels / V.Count * V.Count;
        for (nint k = 0; k < whole; k += V.Count) V.Store(VecMath.Exp<V, T>(V.Mul(V.Sub(V.Load(logits + k), offset), factor)), weights + k);
        if (whole < levels) VecTail<V, T>.Store(VecMath.Exp<V, T>(V.Mul(V.Sub(VecTail<V, T>.Load(logits + whole, levels - whole), offset), factor)), weights + whole, levels - whole);
        for (int k = 0; k < levels; k++) sum += weights[k];
        T bound = u * sum;
        int chosen = 0;
        for (; chosen < levels - 1; chosen++) // u < 1, so the last one's cumulative weight would exceed it
        {
            soFar += weights[chosen];
            if (soFar > bound) break;
        }

        return chosen;
    }

    private void Mixture(T* p, int* values, PhiloxWords words)
    {
        int channels = args->Colours, share = channels == 1 ? 2 : 3, components = instruction->Channels / (1 + (share * channels));
        int k = Choose(p, components, Uniform(words.W0));
        T* x = stackalloc T[3];
        for (int c = 0; c < channels; c++)
        {
            T* channel = p + ((1 + (share * c)) * components) + k;
            T mean = channel[0];
            if (c == 1) mean = T.FusedMultiplyAdd(Tanh(p[(3 * components) + k]), x[0], mean);
            if (c == 2) mean = T.FusedMultiplyAdd(Tanh(p[(9 * components) + k]), x[1], T.FusedMultiplyAdd(Tanh(p[(6 * components) + k]), x[0], mean));
            values[c] = Level(mean, channel[components], Uniform(words[c + 1]), out x[c]);
        }
    }

    /// <summary>The nearest level to mean + exp(s) logit(u): logistic_level of logistic_mixture_sample.cu.</summary>
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

    private static T Uniform(uint word) => T.CreateTruncating(word >> 8) * T.CreateTruncating(1.0 / (1 << 24));

    private static T Log(T x) => First(VecMath.Log<V, T>(V.Create(x)));

    private static T Tanh(T x) => First(VecMath.Tanh<V, T>(V.Create(x)));

    private static T First(V v) => VecLanes<V, T>.First(v);
}
