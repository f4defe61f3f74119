using System.Numerics;
using System.Runtime.CompilerServices;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;

namespace GenEngine.Kernels.Layout;

internal static unsafe class GatherCpu
{
    // Elements converted, binarised and scaled while they are in the first cache.
    private const int Block = 256; // the most that RandomBlock draws at once

    public static void Launch(CpuDevice device, DType dtype, DType itemType, ref GatherArgs args, ReadOnlySpan<Access> accesses)
    {
        if (dtype == DType.Int32) device.Launch<Kernel<byte, int>, GatherArgs>("gather", DType.Float32, ref args, accesses);
        else if (itemType == DType.UInt8) device.Launch<Kernel<byte, byte>, GatherArgs>("gather", dtype, ref args, accesses);
        else device.Launch<Kernel<float, byte>, GatherArgs>("gather", dtype, ref args, accesses);
    }

    // TOut is int for a batch of int32; otherwise the batch is of T and TOut says nothing.
    private readonly struct Kernel<TItem, TOut> : ICpuKernel<GatherArgs>
        where TItem : unmanaged
        where TOut : unmanaged
    {
        public static void Run<V, T>(WorkerPool pool, GatherArgs* args)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T>
        {
            if (args->HasValid != 0) *(int*)args->Valid = ValidRows(args);
            Partition.Run(pool, args, &Rows<V, T, TItem, TOut>, args->Rows, args->Size * (long)(sizeof(TItem) + sizeof(T)));
        }
    }

    private static bool IsEndless(GatherArgs* args) => (GatherMode)args->Mode is GatherMode.Shuffled or GatherMode.Sequential;

    private static int ValidRows(GatherArgs* args)
    {
        ulong next = ((DataPosition*)args->Position)->Next, count = (ulong)args->Count;
        ulong left = next < count ? count - next : 0;
        return IsEndless(args) ? args->Rows : (int)Math.Min(left, (ulong)args->Rows);
    }

    // The item of a row and the epoch it is drawn in; false for a row that holds zeros.
    private static bool Find(GatherArgs* args, nint row, out ulong item, out ulong epoch)
    {
        var position = (DataPosition*)args->Position;
        var mode = (GatherMode)args->Mode;
        ulong count = (ulong)args->Count;
        item = position->Next + (ulong)row;
        epoch = 0;
        if (IsEndless(args))
        {
            (epoch, item) = Math.DivRem(item, count);
            if (mode == GatherMode.Shuffled) item = Feistel.Permute(item, count, Feistel.Key(position->Seed, epoch), args->HalfBits);
            return true;
        }

        bool past = item >= count;
        if (past) item = count - 1;
        return !past || mode == GatherMode.EvaluateRepeat;
    }

    private static void Rows<V, T, TItem, TOut>(GatherArgs* args, nint start, nint end)
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
        where TItem : unmanaged
        where TOut : unmanaged
    {
        int size = args->Size, width = typeof(TOut) == typeof(int) ? sizeof(int) : sizeof(T);
        ulong seed = ((DataPosition*)args->Position)->Seed;
        for (nint row = start; row < end; row++)
        {
            bool full = Find(args, row, out ulong item, out ulong epoch);
            if (args->LabelSize != 0)
            {
                int label = args->LabelSize == 1 ? ((byte*)args->Labels)[item] : ((int*)args->Labels)[item];
                ((int*)args->BatchLabels)[row] = full ? label : 0;
            }

            byte* y = (byte*)args->Batch + (row * size * width);
            if (full)
            {
                var stream = new PhiloxStream(seed, (ulong)(uint)epoch << 32 | (uint)item, args->Stream);
                Convert<V, T, TItem, TOut>(args, (TItem*)args->Items + ((long)item * args->Stride), y, stream);
            }
            else
            {
                new Span<byte>(y, size * width).Clear();
            }
        }
    }

    [SkipLocalsInit]
    private static void Convert<V, T, TItem, TOut>(GatherArgs* args, TItem* x, byte* batch, in PhiloxStream stream)
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
        where TItem : unmanaged
        where TOut : unmanaged
    {
        T* buffer = stackalloc T[RandomBlock<V, T>.Room], values = stackalloc T[Block];
        T scale = T.CreateTruncating(args->Scale), shift = T.CreateTruncating(args->Shift), half = T.CreateTruncating(0.5);
        var binarization = (Binarization)args->Binarization;
        for (int p = 0; p < args->Size; p += Block)
        {
            int n = Math.Min(Block, args->Size - p);
            if (typeof(TOut) == typeof(int) && binarization == Binarization.None)
            {
                for (int i = 0; i < n; i++) ((int*)batch)[p + i] = ((byte*)x)[p + i];
                continue;
            }

            T* y = typeof(TOut) == typeof(int) ? values : (T*)batch + p;
            if (typeof(TItem) == typeof(byte)) FromBytes<V, T>((byte*)x + p, y, n);
            else FromFloats<V, T>((float*)x + p, y, n);
            if (binarization != Binarization.None)
            {
                T* threshold = buffer;
                if (binarization == Binarization.Dynamic) threshold = RandomBlock<V, T>.Uniforms(stream, p, n, buffer);
                else new Span<T>(threshold, n).Fill(half);
                Greater<V, T>(y, threshold, n);
            }

            if (typeof(TOut) == typeof(int))
            {
                for (int i = 0; i < n; i++) ((int*)batch)[p + i] = int.CreateTruncating(y[i]);
            }
            else if (args->Scale != 1 || args->Shift != 0)
            {
                Affine<V, T>(y, scale, shift, n);
            }
        }
    }

    // y = x / 255: the product with the rounded reciprocal, corrected by its remainder, is the rounded quotient for each of the
    // 256 bytes (a test goes through them), at a fifth of a division's cost.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void FromBytes<V, T>(byte* x, T* y, int n)
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        T white = T.CreateTruncating(255);
        V minusWhite = V.Create(-white), reciprocal = V.Create(T.One / white);
        int i = 0;
        for (; i + V.Count <= n; i += V.Count)
        {
            V b = V.LoadBytes(x + i), quotient = V.Mul(b, reciprocal);
            V.Store(V.Fma(V.Fma(minusWhite, quotient, b), reciprocal, quotient), y + i);
        }

        for (; i < n; i++) y[i] = T.CreateTruncating(x[i]) / white;
    }

    private static void FromFloats<V, T>(float* x, T* y, int n)
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (typeof(T) == typeof(float))
        {
            new ReadOnlySpan<float>(x, n).CopyTo(new Span<float>(y, n));
            return;
        }

        for (int i = 0; i < n; i++) y[i] = T.CreateTruncating(x[i]);
    }

    // y = y > u ? 1 : 0
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Greater<V, T>(T* y, T* u, int n)
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        V one = V.Create(T.One), zero = V.Zero;
        int i = 0;
        for (; i + V.Count <= n; i += V.Count) V.Store(V.SelectGreater(V.Load(y + i), V.Load(u + i), one, zero), y + i);
        for (; i < n; i++) y[i] = y[i] > u[i] ? T.One : T.Zero;
    }

    // y = y * scale + shift, each rounded
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Affine<V, T>(T* y, T scale, T shift, int n)
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        V factor = V.Create(scale), term = V.Create(shift);
        int i = 0;
        for (; i + V.Count <= n; i += V.Count) V.Store(V.Add(V.Mul(V.Load(y + i), factor), term), y + i);
        for (; i < n; i++) y[i] = (y[i] * scale) + shift;
    }
}
