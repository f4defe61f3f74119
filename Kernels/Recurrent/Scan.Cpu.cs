using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices.Cpu;
using static System.Runtime.CompilerServices.MethodImplOptions;

namespace GenEngine.Kernels.Recurrent;

/// <summary>What differs between the passes on a CPU. Slots hold what a front hands to the next: h forward, the gradients of the gates backward.</summary>
internal unsafe interface IScanPass
{
    /// <summary>Front 0 comes last, and cells are counted from the other end: then the taps of the adjoint ascend in memory too.</summary>
    static abstract bool Backward { get; }

    /// <summary>Elements of a slot, in channels of the state.</summary>
    static abstract int SlotGates { get; }

    /// <summary>Vectors that a cell's chains take: all gates of as many channels of state as a vector has lanes, or the channels.</summary>
    static abstract int Chains { get; }

    /// <summary>Cells whose chains run side by side.</summary>
    static abstract int Together<V, T>() where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T>;

    /// <summary>Copies the filter to [block of channels, tap and slot element, chain, lane], with zeros in lanes that are no channel.</summary>
    static abstract void Pack<V, T>(ScanArgs* args, T* packed) where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T>;

    /// <summary>sums[cell, chain, lane] = the chains of <see cref="Together"/> cells from +0 over k elements of their slots.</summary>
    static abstract void Chain<V, T>(T** slots, T* packed, nint k, T* sums) where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T>;

    /// <summary>Asks for what <see cref="Finish"/> will read of a cell, ahead of its chains: a diagonal's cells lie apart, and no processor guesses them.</summary>
    static abstract void Prefetch<T>(ScanArgs* args, in ScanCell<T> cell, nint c) where T : unmanaged;

    /// <summary>What so many cells make of their sums, which are overwritten, for n channels from c on.</summary>
    static abstract void Finish<V, T>(ScanArgs* args, ScanCell<T>* cells, nint count, T* sums, nint c, nint n) where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T>;
}

/// <summary>Where a cell's values lie.</summary>
/// <param name="Pixel">Counted over all images.</param>
/// <param name="Before">Pixel of the cell that its c comes from; negative: none.</param>
/// <param name="Slot">To write for the next front.</param>
/// <param name="Carry">h elements: c, or its gradient on the way back.</param>
internal readonly unsafe record struct ScanCell<T>(nint Pixel, nint Before, nint Slot, nint Carry) where T : unmanaged;

/// <summary>Vectors of which the last may be short.</summary>
internal static unsafe class ScanLanes<V, T>
    where V : unmanaged, IVec<V, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    [MethodImpl(AggressiveInlining)]
    public static V Load(T* p, nint n) => n == V.Count ? V.Load(p) : VecTail<V, T>.Load(p, n);

    [MethodImpl(AggressiveInlining)]
    public static void Store(V v, T* p, nint n)
    {
        if (n == V.Count) V.Store(v, p);
        else VecTail<V, T>.Store(v, p, n);
    }
}

/// <summary>
/// A part takes a few images through all fronts, so that a front fills whole tiles of cells and its state stays in the nearest caches; where there are fewer
/// images than threads and a front has work for more than one of them, all images go front by front and parts share a front's cells.
/// State lies in slots with its zero border, so the taps of a cell are one stretch of memory and its sums one loop.
/// </summary>
internal readonly unsafe struct ScanCpu<TPass> : ICpuKernel<ScanArgs>
    where TPass : struct, IScanPass
{
    /// <summary>More fill no tile better, and leave the caches.</summary>
    private const int MostImages = 4;

    /// <summary>Floating-point operations of a front that are worth a dispatch: about ten microseconds.</summary>
    private const double FrontWorth = 1e6;

    private const int MostTogether = 12;

    public static void Run<V, T>(WorkerPool pool, ScanArgs* args)
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        bool fronts = args->Images < pool.Threads && args->Flops / args->Fronts >= FrontWorth;
        int group = fronts ? args->Images : Math.Clamp(args->Images / (2 * pool.Threads), 1, MostImages), states = fronts ? 1 : pool.Threads;
        nint blocks = (args->Channels + V.Count - 1) / V.Count, width = TPass.SlotGates * args->Channels;
        var work = new Work
        {
            Args = args,
            Group = group,
            K = args->Taps * width,
            Slots = (args->Cells + args->Taps - 1) * width,
        };
        long packed = blocks * work.K * TPass.Chains * V.Count, state = group * ((2 * work.Slots) + ((nint)args->Cells * args->Channels));
        T* memory = (T*)pool.Scratch((packed + (states * state)) * sizeof(T));
        TPass.Pack<V, T>(args, memory);
        work.Packed = memory;
        work.States = memory + packed;
        work.State = (nint)state;
        if (!fronts)
        {
            Partition.RunParts(pool, args->Flops, &Images<V, T>, &work, (args->Images + group - 1) / group);
            return;
        }

        work.Parts = pool.Threads;
        work.Images = args->Images;
        work.Begin((T*)work.States);
        for (int t = 0; t < args->Fronts; t++)
        {
            work.Step(t);
            pool.Run(&FrontPart<V, T>, &work, work.Parts);
        }
    }

    private static void Images<V, T>(void* state, int part)
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var work = *(Work*)state;
        work.FirstImage = part * work.Group;
        work.Images = Math.Min(work.Group, work.Args->Images - work.FirstImage);
        work.Begin((T*)work.States + (WorkerPool.ThreadIndex * work.State));
        for (int t = 0; t < work.Args->Fronts; t++)
        {
            work.Step(t);
            Cells<V, T>(&work, 0, work.Images * (nint)(work.High - work.Low));
        }
    }

    private static void FrontPart<V, T>(void* state, int part)
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var work = (Work*)state;
        nint together = TPass.Together<V, T>(), cells = work->Images * (nint)(work->High - work->Low), tiles = (cells + together - 1) / together;
        Cells<V, T>(work, tiles * part / work->Parts * together, Math.Min(tiles * (part + 1) / work->Parts * together, cells));
    }

    /// <summary>Cells of one front, counted over the images of the group: those of the first image, then those of the second.</summary>
    [SkipLocalsInit]
    [MethodImpl(AggressiveOptimization)]
    private static void Cells<V, T>(Work* work, nint start, nint end)
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (start >= end) return;
        var args = work->Args;
        nint together = TPass.Together<V, T>(), chains = TPass.Chains, channels = args->Channels, width = TPass.SlotGates * channels, perImage = work->High - work->Low;
        T* previous = (T*)work->Previous, next = (T*)work->Next, carry = (T*)work->Carry;
        T** slots = stackalloc T*[MostTogether];
        ScanCell<T>* cells = stackalloc ScanCell<T>[MostTogether];
        T* sums = stackalloc T[MostTogether * 2 * 16];
        for (nint c = 0, block = 0; c < channels; c += V.Count, block++)
        {
            T* packed = (T*)work->Packed + (block * work->K * chains * V.Count);
            nint image = start / perImage, q = work->Low + (start - (image * perImage)), n = Math.Min(V.Count, channels - c);
            for (nint at = start; at < end; at += together)
            {
                nint count = Math.Min(together, end - at);
                for (nint i = 0; i < count; i++)
                {
                    nint first = (work->FirstImage + image) * args->Pixels, here = first + args->Base + (work->Front * args->PerFront) + (q * args->PerCell);
                    nint slot = (image * work->Slots) + ((TPass.Backward ? args->Cells - 1 - q : q) * width);
                    slots[i] = previous + slot;
                    cells[i] = new ScanCell<T>(
                        here,
                        q >= work->LowBefore && q < work->HighBefore ? here - args->PerFront : -1,
                        (nint)(next + slot + (args->Centre * width)),
                        (nint)(carry + (((image * args->Cells) + q) * channels)));
                    if (Sse.IsSupported) TPass.Prefetch(args, cells[i], c);
                    if (++q == work->High)
                    {
                        q = work->Low;
                        image++;
                    }
                }

                for (nint i = count; i < together; i++) slots[i] = slots[0]; // computed and dropped
                TPass.Chain<V, T>(slots, packed, work->K, sums);
                TPass.Finish<V, T>(args, cells, count, sums, c, n);
            }
        }
    }

    private struct Work
    {
        public ScanArgs* Args;
        public void* Packed;
        public void* States;
        public nint State; // elements a group
        public nint Slots; // elements an image, of one front
        public nint K;
        public int Group;
        public int Parts;
        public int FirstImage;
        public int Images;
        public void* Previous;
        public void* Next;
        public void* Carry;
        public int Front;
        public int Low;
        public int High;
        public int LowBefore;
        public int HighBefore;

        /// <summary>All state outside the image is zero, and stays so.</summary>
        public void Begin<T>(T* state) where T : unmanaged
        {
            nint slots = Group * Slots;
            Previous = state;
            Next = state + slots;
            Carry = state + (2 * slots);
            new Span<T>(state, checked((int)State)).Clear();
        }

        /// <summary>Goes to the t-th front of the pass.</summary>
        public void Step(int t)
        {
            Front = TPass.Backward ? Args->Fronts - 1 - t : t;
            (Low, High) = Args->Front(Front);
            (LowBefore, HighBefore) = Args->Front(Front - 1);
            if (t == 0) return;
            void* written = Next;
            Next = Previous;
            Previous = written;
        }
    }
}
