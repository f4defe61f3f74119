using System.Numerics;
using System.Runtime.CompilerServices;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using static System.Runtime.CompilerServices.MethodImplOptions;

namespace GenEngine.Kernels.Columns;

/// <summary>Each thread takes its images through all positions of the stretch; nothing is allocated and nobody waits until all are through.</summary>
internal static class ColumnsCpu
{
    public static void Launch(CpuDevice device, ref ColumnArgs args, ReadOnlySpan<Access> accesses) =>
        device.Launch<Kernel, ColumnArgs>("columns", DType.Float32, ref args, accesses);

    private readonly unsafe struct Kernel : ICpuKernel<ColumnArgs>
    {
        public static void Run<V, T>(WorkerPool pool, ColumnArgs* args)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T>
        {
            var job = new Job { Args = args, Parts = Math.Min(pool.Threads, args->Batch) };
            if (job.Parts == 1) Share<V, T>(&job, 0);
            else pool.Run(&Share<V, T>, &job, job.Parts);
        }

        private static void Share<V, T>(void* state, int part)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T>
        {
            var job = (Job*)state;
            nint batch = job->Args->Batch, first = batch * part / job->Parts, last = batch * (part + 1) / job->Parts;
            new ColumnWorker<V, T>(job->Args, first, last - first).Run();
        }
    }

    private unsafe struct Job
    {
        public ColumnArgs* Args;
        public int Parts;
    }
}

/// <summary>One thread's images.</summary>
internal readonly unsafe ref struct ColumnWorker<V, T>(ColumnArgs* args, nint firstImage, nint images)
    where V : unmanaged, IVec<V, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly ColumnInstruction* _instructions = (ColumnInstruction*)args->Instructions;
    private readonly ColumnMap* _maps = (ColumnMap*)args->Maps;
    private readonly ColumnTap* _taps = (ColumnTap*)args->Taps;
    private readonly T* _weights = (T*)args->Weights;
    private readonly T* _state = (T*)args->State;

    public void Run()
    {
        for (int position = args->First; position < args->Last; position++)
        {
            int y = position / args->Width, x = position - (y * args->Width);
            for (int i = 0; x == 0 && i < args->RowInstructions; i++)
            {
                for (int column = 0; column < args->Width; column++) Step(_instructions + i, position + column, y, column);
            }

            int end = args->Count - args->EndInstructions;
            for (int i = args->RowInstructions; i < end; i++) Step(_instructions + i, position, y, x);
            for (int column = x; x + 1 == args->Width && column >= 0; column--)
            {
                for (int i = end; i < args->Count; i++) Step(_instructions + i, position - x + column, y, column);
            }
        }
    }

    private void Step(ColumnInstruction* instruction, int position, int y, int x)
    {
        switch (instruction->Kind)
        {
            case ColumnKind.Convolution: Convolve(instruction, y, x); break;
            case ColumnKind.Gate: Gate(instruction, y, x); break;
            case ColumnKind.Activation: Activate(instruction, y, x); break;
            case ColumnKind.Add: Add(instruction, y, x); break;
            case ColumnKind.Cell: Cell(instruction, y, x); break;
            case ColumnKind.Embedding: Embed(instruction, position, y, x); break;
            default: Draw(instruction, position, y, x); break;
        }
    }

    /// <summary>Where a map keeps a position of this thread's first image.</summary>
    [MethodImpl(AggressiveInlining)]
    private T* At(int map, int y, int x)
    {
        var place = _maps + map;
        long slot = ((long)(y & place->RowMask) * place->RingWidth) + (x & place->ColumnMask);
        return _state + place->Offset + (((slot * args->Batch) + firstImage) * place->Stride);
    }

    private void Convolve(ColumnInstruction* instruction, int y, int x)
    {
        var source = _maps + instruction->Source;
        var taps = stackalloc ActiveTap<T>[instruction->Taps];
        int count = 0;
        for (int i = 0; i < instruction->Taps; i++)
        {
            var tap = _taps + instruction->FirstTap + i;
            int ty = y + tap->Dy, tx = x + tap->Dx;
            if ((uint)ty >= (uint)source->Height || (uint)tx >= (uint)source->Width) continue;
            taps[count].X = At(instruction->Source, ty, tx) + tap->First;
            taps[count].Weights = _weights + tap->Weights;
            taps[count++].Count = tap->Count;
        }

        nint stride = _maps[instruction->Target].Stride;
        T* to = At(instruction->Target, y, x) + instruction->FirstTarget;
        ColumnTiles<V, T>.Run(taps, count, images, source->Stride, instruction->WeightStride, to, stride);
        if (instruction->Weights < 0 && instruction->Activation == Activation.None && instruction->Second < 0) return;
        T* residual = instruction->Second < 0 ? null : At(instruction->Second, y, x) + instruction->FirstSecond;
        Finish(instruction, to, stride, residual, instruction->Second < 0 ? 0 : _maps[instruction->Second].Stride);
    }

    [MethodImpl(AggressiveOptimization)]
    private void Finish(ColumnInstruction* instruction, T* to, nint stride, T* residual, nint residualStride)
    {
        T* bias = instruction->Weights < 0 ? null : _weights + instruction->Weights;
        var slope = V.Create(T.CreateTruncating(instruction->Slope));
        for (nint n = 0; n < images; n++, to += stride, residual += residualStride)
        {
            for (nint c = 0; c < instruction->WeightStride; c += V.Count)
            {
                var v = V.Load(to + c);
                if (bias != null) v = V.Add(v, V.Load(bias + c));
                if (instruction->Activation != Activation.None) v = VecMath.Activate<V, T>(instruction->Activation, v, slope);
                if (residual != null) v = V.Add(v, V.Load(residual + c));
                V.Store(v, to + c);
            }
        }
    }

    [MethodImpl(AggressiveOptimization)]
    private void Gate(ColumnInstruction* instruction, int y, int x)
    {
        T* from = At(instruction->Source, y, x) + instruction->FirstSource, to = At(instruction->Target, y, x) + instruction->FirstTarget;
        T* condition = instruction->Second < 0 ? null : At(instruction->Second, y, x) + instruction->FirstSecond;
        nint fromStride = _maps[instruction->Source].Stride, toStride = _maps[instruction->Target].Stride, half = instruction->Half;
        nint conditionStride = condition == null ? 0 : _maps[instruction->Second].Stride, channels = ColumnProgram.Rounded(instruction->Channels);
        for (nint n = 0; n < images; n++, from += fromStride, to += toStride, condition += conditionStride)
        {
            for (nint c = 0; c < channels; c += V.Count)
            {
                V a = V.Load(from + c), b = V.Load(from + half + c);
                if (instruction->Second >= 0)
                {
                    a = V.Add(a, V.Load(condition + c));
                    b = V.Add(b, V.Load(condition + half + c));
                }

                V.Store(VecMath.Gate<V, T>(false, a, b), to + c);
            }
        }
    }

    [MethodImpl(AggressiveOptimization)]
    private void Activate(ColumnInstruction* instruction, int y, int x)
    {
        T* from = At(instruction->Source, y, x) + instruction->FirstSource, to = At(instruction->Target, y, x) + instruction->FirstTarget;
        nint fromStride = _maps[instruction->Source].Stride, toStride = _maps[instruction->Target].Stride, channels = ColumnProgram.Rounded(instruction->Channels);
        var slope = V.Create(T.CreateTruncating(instruction->Slope));
        for (nint n = 0; n < images; n++, from += fromStride, to += toStride)
        {
            for (nint c = 0; c < channels; c += V.Count) V.Store(VecMath.Activate<V, T>(instruction->Activation, V.Load(from + c), slope), to + c);
        }
    }

    [MethodImpl(AggressiveOptimization)]
    private void Add(ColumnInstruction* instruction, int y, int x)
    {
        T* from = At(instruction->Source, y, x) + instruction->FirstSource, to = At(instruction->Target, y, x) + instruction->FirstTarget;
        bool above = y >= instruction->BackRows;
        T* second = At(instruction->Second, above ? y - instruction->BackRows : y, x) + instruction->FirstSecond;
        nint fromStride = _maps[instruction->Source].Stride, toStride = _maps[instruction->Target].Stride, secondStride = _maps[instruction->Second].Stride;
        nint channels = ColumnProgram.Rounded(instruction->Channels);
        for (nint n = 0; n < images; n++, from += fromStride, to += toStride, second += secondStride)
        {
            for (nint c = 0; c < channels; c += V.Count) V.Store(V.Add(V.Load(from + c), above ? V.Load(second + c) : V.Zero), to + c);
        }
    }

    [MethodImpl(AggressiveOptimization)]
    private void Cell(ColumnInstruction* instruction, int y, int x)
    {
        var map = _maps + instruction->Second;
        int backY = y - instruction->BackRows, backX = x - instruction->BackColumns;
        T* before = (uint)backY < (uint)map->Height && (uint)backX < (uint)map->Width ? At(instruction->Second, backY, backX) : null;
        T* gates = At(instruction->Source, y, x), cell = At(instruction->Second, y, x), to = At(instruction->Target, y, x) + instruction->FirstTarget;
        nint gateStride = _maps[instruction->Source].Stride, cellStride = map->Stride, toStride = _maps[instruction->Target].Stride, h = instruction->Channels;
        for (nint n = 0; n < images; n++, gates += gateStride, cell += cellStride, to += toStride)
        {
            for (nint c = 0; c < h; c += V.Count)
            {
                V o = VecMath.Sigmoid<V, T>(V.Load(gates + c)), f = VecMath.Sigmoid<V, T>(V.Load(gates + h + c));
                V i = VecMath.Sigmoid<V, T>(V.Load(gates + (2 * h) + c)), g = VecMath.Tanh<V, T>(V.Load(gates + (3 * h) + c));
                V state = V.Fma(f, before == null ? V.Zero : V.Load(before + c), V.Mul(i, g));
                V.Store(state, cell + c);
                V.Store(V.Mul(o, VecMath.Tanh<V, T>(state)), to + c);
            }

            if (before != null) before += cellStride;
        }
    }

    private void Embed(ColumnInstruction* instruction, int position, int y, int x)
    {
        T* to = At(instruction->Target, y, x) + instruction->FirstTarget;
        nint stride = _maps[instruction->Target].Stride;
        for (nint n = 0; n < images; n++, to += stride)
        {
            int value = ((int*)args->Values)[((firstImage + n) * args->Positions) + position];
            T* row = _weights + instruction->Weights + ((long)value * instruction->WeightStride);
            for (nint c = 0; c < instruction->WeightStride; c += V.Count) V.Store(V.Load(row + c), to + c);
        }
    }

    private void Draw(ColumnInstruction* instruction, int position, int y, int x)
    {
        int drawn = position + instruction->Ahead;
        if (drawn >= args->Positions) return;
        T* logits = At(instruction->Source, y, x) + instruction->FirstSource;
        nint stride = _maps[instruction->Source].Stride;
        var draw = new ColumnDraw<V, T>(args, instruction);
        for (nint n = 0; n < images; n++, logits += stride)
        {
            long index = ((((firstImage + n) * args->Positions) + drawn) * args->Colours) + instruction->Colour;
            int* values = (int*)args->Values + index;
            if (args->KeepsLogits != 0) new Span<T>(logits, instruction->Channels).CopyTo(new Span<T>((T*)args->Logits + (index * instruction->Channels), instruction->Channels));
            if (values[0] < 0) draw.Run(logits, values, args->FirstImage + (ulong)(firstImage + n), (drawn * args->Colours) + instruction->Colour);
            if (instruction->Target < 0) continue;
            T* to = At(instruction->Target, y, x) + (n * _maps[instruction->Target].Stride) + instruction->FirstTarget;
            int made = instruction->Law == ColumnLaw.LogisticMixture ? args->Colours : 1;
            for (int c = 0; c < made; c++) to[c] = T.CreateTruncating(values[c]) / T.CreateTruncating(args->Levels - 1);
        }
    }
}
