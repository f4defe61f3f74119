using System.Numerics;
using System.Runtime.CompilerServices;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using static System.Runtime.CompilerServices.MethodImplOptions;

namespace GenEngine.Kernels.Loss;

/// <summary>
/// Components are few (five, ten) and vectors wide: the parameters of many positions are first laid side by side, [position, channel,
/// component], so that the bins, which are nearly all of the arithmetic, are one loop over whole vectors.
/// </summary>
internal static unsafe class LogisticMixtureCpu
{
    /// <summary>Bins laid side by side: nine arrays of them stay in the first-level cache.</summary>
    private const int Bins = 512;

    /// <summary>Room behind each array for the last vector.</summary>
    private const int Padding = 16;

    public static void Forward(CpuDevice device, DType dtype, int channels, ref LogisticMixtureArgs args, ReadOnlySpan<Access> accesses)
    {
        if (channels == 1) device.Launch<Kernel<Grey>, LogisticMixtureArgs>("logistic_mixture", dtype, ref args, accesses);
        else device.Launch<Kernel<Colour>, LogisticMixtureArgs>("logistic_mixture", dtype, ref args, accesses);
    }

    private interface IChannels
    {
        static abstract int Count { get; }

        /// <summary>Runs of K values that a channel has among the parameters.</summary>
        static abstract int Share { get; }
    }

    private readonly struct Grey : IChannels
    {
        public static int Count => 1;

        public static int Share => 2;
    }

    private readonly struct Colour : IChannels
    {
        public static int Count => 3;

        public static int Share => 3;
    }

    /// <summary>The side-by-side arrays; those of the last line are [component] of one position.</summary>
    private struct Arrays<T>
        where T : unmanaged
    {
        public const int Count = 9;
        private const int Size = Bins + Padding;
        public T* X, Mean, LogScale, Coefficient, LogP, DMean, DLogScale;
        public T* Prior, Posterior;

        public Arrays(T* memory)
        {
            X = memory;
            Mean = X + Size;
            LogScale = Mean + Size;
            Coefficient = LogScale + Size;
            LogP = Coefficient + Size;
            DMean = LogP + Size;
            DLogScale = DMean + Size;
            Prior = DLogScale + Size;
            Posterior = Prior + Size;
        }
    }

    private readonly struct Kernel<TChannels> : ICpuKernel<LogisticMixtureArgs>
        where TChannels : struct, IChannels
    {
        public static void Run<V, T>(WorkerPool pool, LogisticMixtureArgs* args)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T> =>
            Partition.Run(pool, args, &Part<V, T>, args->Rows, 8 * Rows.ExpCost * TChannels.Count * args->Components);

        [SkipLocalsInit]
        private static void Part<V, T>(LogisticMixtureArgs* args, nint start, nint end)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T>
        {
            T* memory = stackalloc T[Arrays<T>.Count * (Bins + Padding)];
            var arrays = new Arrays<T>(memory);
            nint bins = TChannels.Count * args->Components, together = Math.Max(1, Bins / bins);
            for (nint row = start; row < end; row += together)
            {
                nint count = Math.Min(together, end - row);
                for (nint p = 0; p < count; p++) LayOut<TChannels, V, T>(args, in arrays, row + p, p * bins);
                Evaluate<V, T>(in arrays, count * bins);
                for (nint p = 0; p < count; p++) Mix<TChannels, V, T>(args, in arrays, row + p, p * bins);
            }
        }
    }

    /// <summary>The parameters of one row, at place at of the arrays; the means with what they take from earlier channels.</summary>
    [MethodImpl(AggressiveOptimization)]
    private static void LayOut<TChannels, V, T>(LogisticMixtureArgs* args, in Arrays<T> to, nint row, nint at)
        where TChannels : struct, IChannels
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        nint k = args->Components;
        T* from = (T*)args->Parameters + (row * k * (1 + (TChannels.Share * TChannels.Count))), x = (T*)args->Target + (row * TChannels.Count);
        for (nint i = 0; i < k; i += V.Count)
        {
            nint n = Math.Min(k - i, V.Count);
            V earlier = V.Zero;
            for (nint c = 0; c < TChannels.Count; c++)
            {
                T* channel = from + ((1 + (TChannels.Share * c)) * k) + i;
                nint place = at + (c * k) + i;
                V mean = VecTail<V, T>.Load(channel, n);
                if (TChannels.Count == 3)
                {
                    V t = VecMath.Tanh<V, T>(VecTail<V, T>.Load(channel + (2 * k), n));
                    VecTail<V, T>.Store(t, to.Coefficient + place, n);
                    if (c == 1) mean = V.Fma(earlier, V.Create(x[0]), mean);
                    if (c == 2) mean = V.Fma(t, V.Create(x[1]), V.Fma(VecTail<V, T>.Load(to.Coefficient + place - k, n), V.Create(x[0]), mean));
                    earlier = t;
                }

                VecTail<V, T>.Store(mean, to.Mean + place, n);
                VecTail<V, T>.Store(VecTail<V, T>.Load(channel + k, n), to.LogScale + place, n);
                VecTail<V, T>.Store(V.Create(x[c]), to.X + place, n);
            }
        }
    }

    /// <summary>log P of each bin and its derivatives: logistic_bin of logistic_mixture.cu.</summary>
    [MethodImpl(AggressiveOptimization)]
    private static void Evaluate<V, T>(in Arrays<T> arrays, nint n)
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        V zero = V.Zero, one = VecMath.Constant<V, T>(1), narrowest = VecMath.Constant<V, T>(-7), widest = VecMath.Constant<V, T>(60);
        V darkest = VecMath.Constant<V, T>(-0.999), brightest = VecMath.Constant<V, T>(0.999);
        for (nint i = 0; i < n; i += V.Count)
        {
            V x = V.Load(arrays.X + i), logScale = V.Load(arrays.LogScale + i);
            V s = V.Min(widest, V.Max(narrowest, logScale));
            V inverse = VecMath.Exp<V, T>(V.Neg(s));
            V centre = V.Mul(inverse, V.Sub(x, V.Load(arrays.Mean + i))), width = V.Mul(inverse, VecMath.Constant<V, T>(2.0 / 255));
            V a = V.Fma(inverse, VecMath.Constant<V, T>(1.0 / 255), centre), b = V.Fma(inverse, VecMath.Constant<V, T>(-1.0 / 255), centre);
            V ea = VecMath.Exp<V, T>(V.Neg(V.Abs(a))), eb = VecMath.Exp<V, T>(V.Neg(V.Abs(b)));
            V ga = V.Add(ea, one), gb = V.Add(eb, one), inside = V.Neg(VecMath.Expm1OfNegative<V, T>(V.Neg(width)));
            V pa = V.Div(V.SelectGreater(a, zero, ea, one), ga), pb = V.Div(V.SelectGreater(b, zero, one, eb), gb);
            V top = V.SelectGreater(zero, a, V.Neg(a), zero), bottom = V.SelectGreater(b, zero, b, zero);
            V rate = V.Div(one, inside);
            V z = ByBin(V.Mul(V.Mul(ga, gb), rate), ga, gb), linear = ByBin(V.Add(top, bottom), top, bottom);
            V.Store(V.Neg(V.Add(linear, VecMath.Log<V, T>(z))), arrays.LogP + i);
            pa = V.SelectGreater(x, brightest, zero, pa);
            pb = V.SelectGreater(darkest, x, zero, pb);
            V.Store(V.Mul(inverse, V.Sub(pb, pa)), arrays.DMean + i);
            V shrink = ByBin(V.Mul(V.Mul(width, V.Sub(one, inside)), rate), zero, zero);
            V d = V.Sub(V.Fma(b, pb, V.Neg(V.Mul(a, pa))), shrink);
            V.Store(V.SelectGreater(narrowest, logScale, zero, V.SelectGreater(logScale, widest, zero, d)), arrays.DLogScale + i);

            V ByBin(V inner, V low, V high) => V.SelectGreater(darkest, x, low, V.SelectGreater(x, brightest, high, inner));
        }
    }

    /// <summary>The loss of one row from its bins, and its gradient.</summary>
    [MethodImpl(AggressiveOptimization)]
    private static void Mix<TChannels, V, T>(LogisticMixtureArgs* args, in Arrays<T> arrays, nint row, nint at)
        where TChannels : struct, IChannels
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        nint k = args->Components, width = k * (1 + (TChannels.Share * TChannels.Count));
        T* logits = (T*)args->Parameters + (row * width), prior = arrays.Prior, posterior = arrays.Posterior;
        for (nint i = 0; i < k; i += V.Count)
        {
            nint n = Math.Min(k - i, V.Count);
            V sum = V.Load(arrays.LogP + at + i); // what runs over belongs to others and is not stored
            for (nint c = 1; c < TChannels.Count; c++) sum = V.Add(sum, V.Load(arrays.LogP + at + (c * k) + i));
            V.Store(V.Add(VecTail<V, T>.Load(logits + i, n), sum), posterior + i);
        }

        T largestLogit = logits[0], largestJoint = posterior[0];
        for (nint i = 1; i < k; i++)
        {
            largestLogit = largestLogit > logits[i] ? largestLogit : logits[i];
            largestJoint = largestJoint > posterior[i] ? largestJoint : posterior[i];
        }

        for (nint i = 0; i < k; i += V.Count)
        {
            V.Store(VecMath.Exp<V, T>(V.Sub(VecTail<V, T>.Load(logits + i, Math.Min(k - i, V.Count)), V.Create(largestLogit))), prior + i);
            V.Store(VecMath.Exp<V, T>(V.Sub(V.Load(posterior + i), V.Create(largestJoint))), posterior + i);
        }

        T priorSum = T.Zero, posteriorSum = T.Zero;
        for (nint i = 0; i < k; i++)
        {
            priorSum += prior[i];
            posteriorSum += posterior[i];
        }

        T priorLog = VecLanes<V, T>.First(VecMath.Log<V, T>(V.Create(priorSum)));
        T posteriorLog = VecLanes<V, T>.First(VecMath.Log<V, T>(V.Create(posteriorSum)));
        ((T*)args->Loss)[row] = priorLog + largestLogit - (posteriorLog + largestJoint);
        if (args->Gradient == 0) return;

        T scale = T.CreateTruncating(args->Scale);
        V ofPrior = V.Create(scale / priorSum), ofPosterior = V.Create(scale / posteriorSum);
        T* d = (T*)args->DParameters + (row * width), x = (T*)args->Target + (row * TChannels.Count);
        for (nint i = 0; i < k; i += V.Count)
        {
            nint n = Math.Min(k - i, V.Count);
            V weight = V.Mul(V.Load(posterior + i), ofPosterior);
            VecTail<V, T>.Store(V.Sub(V.Mul(V.Load(prior + i), ofPrior), weight), d + i, n);
            weight = V.Neg(weight);
            for (nint c = 0; c < TChannels.Count; c++)
            {
                T* channel = d + ((1 + (TChannels.Share * c)) * k) + i;
                nint place = at + (c * k) + i;
                VecTail<V, T>.Store(V.Mul(weight, V.Load(arrays.DMean + place)), channel, n);
                VecTail<V, T>.Store(V.Mul(weight, V.Load(arrays.DLogScale + place)), channel + k, n);
                if (TChannels.Count == 1) continue;
                V t = V.Load(arrays.Coefficient + place), carry = V.Mul(weight, V.Load(arrays.DMean + at + ((c == 0 ? 1 : 2) * k) + i));
                V slope = V.Fma(V.Neg(t), t, VecMath.Constant<V, T>(1));
                VecTail<V, T>.Store(V.Mul(carry, V.Mul(V.Create(c == 2 ? x[1] : x[0]), slope)), channel + (2 * k), n);
            }
        }
    }
}
