using GenEngine.Kernels;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Convolution;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;
using GenEngine.Kernels.Elementwise;
using GenEngine.Kernels.Gate;
using GenEngine.Kernels.Layout;
using GenEngine.Kernels.Normalization;
using GenEngine.Kernels.Reduction;
using GenEngine.Numerics;
using BatchNormKernel = GenEngine.Kernels.Normalization.BatchNorm;
using GateKernel = GenEngine.Kernels.Gate.Gate;

namespace GenEngine.Bench.Proofs;

/// <summary>
/// Kernels over images stored in BF16, which only GPUs have: to the bit what the CPU computes in float32 of the same numbers, rounded where it is stored.
/// Convolutions are among <see cref="WarpGroupProofs"/>.
/// </summary>
internal sealed class StoredProofs : IKernelProofSource
{
    private const double Slope = 0.25;

    private static readonly Activation[] s_activations = [.. Enum.GetValues<Activation>().Where(BatchNormKernel.TakesBFloat16)];

    public IEnumerable<KernelProof> Proofs
    {
        get
        {
            foreach (var op in Enum.GetValues<UnaryOp>().Where(Unary.TakesBFloat16))
            {
                // fours and not, and a gradient that is added
                yield return Proof($"Unary {op}", memory =>
                {
                    const int Count = 4099;
                    BufferRange x = memory.Images(Count), dy = memory.Images(Count, 2), y = memory.Room(Count), dx = memory.Images(Count, 3), shifted = memory.Room(Count);
                    Unary.Run(memory.Device, memory.DType, op, x, y, Count, Slope);
                    Unary.Backward(memory.Device, memory.DType, op, y, dy, dx, Count, Slope, accumulate: true);
                    int size = memory.DType.Size();
                    Unary.Backward(memory.Device, memory.DType, op, y.Slice(size, (Count - 1) * size), dy.Slice(0, (Count - 1) * size), shifted.Slice(size, (Count - 1) * size), Count - 1, Slope);
                    return [memory.Read(y), memory.Read(dx), memory.Read(shifted)];
                });
            }

            yield return Proof("Accumulate", memory =>
            {
                const int Count = 1031;
                BufferRange x = memory.Images(Count), y = memory.Images(Count, 2);
                Accumulate.Run(memory.Device, memory.DType, x, y, Count);
                return [memory.Read(y)];
            });
            foreach (var kind in Enum.GetValues<GateKind>())
            {
                foreach (int columns in (int[])[64, 13]) yield return Proof(FormattableString.Invariant($"Gate {kind}, {columns} columns"), memory => Gates(memory, kind, columns));
            }

            foreach (var activation in s_activations)
            {
                foreach (int columns in (int[])[64, 7]) yield return Proof(FormattableString.Invariant($"BatchNorm {activation}, {columns} columns"), memory => Normalize(memory, activation, columns));
            }

            foreach (int rows in (int[])[3, 201])
            {
                yield return Proof(FormattableString.Invariant($"Reduce of {rows} rows"), memory =>
                {
                    const int Columns = 24;
                    BufferRange x = memory.Images(rows * Columns), y = memory.Floats(Columns, 2), room = memory.Floats(rows * Columns);
                    Reduce.Run(memory.Device, memory.DType, ReduceOp.Sum, ReduceAxis.Rows, x, y, room, rows, Columns, accumulate: true);
                    return [memory.ReadFloats(y)];
                });
            }

            // columns, offsets and strides that two or four share, and odd ones
            foreach (var (columns, offset) in ((int, int)[])[(8, 4), (6, 2), (5, 3)])
            {
                yield return Proof(FormattableString.Invariant($"CopyBlock of {columns} columns"), memory =>
                {
                    const int Rows = 11, XStride = 12, YStride = 20;
                    BufferRange x = memory.Images(Rows * XStride), y = memory.Images(Rows * YStride, 2);
                    CopyBlock.Run(memory.Device, memory.DType, x, y, Rows, columns, XStride, offset, YStride, offset);
                    CopyBlock.Run(memory.Device, memory.DType, x, y, Rows, columns, XStride, 0, YStride, 1, accumulate: true);
                    return [memory.Read(y)];
                });
            }

            yield return Proof("Widen", memory =>
            {
                const int Count = 1032;
                BufferRange x = memory.Images(Count), y = memory.Floats(Count, 2);
                if (memory.Device is GpuDevice) RoundedImages.Widen(memory.Device, x, y, Count);
                else Copy.Run(memory.Device, x, y);
                return [memory.ReadFloats(y)];
            });
        }
    }

    private static KernelProof Proof(string name, Func<StoredMemory, IReadOnlyList<double[]>> run) => new($"Stored in BF16: {name}", device =>
    {
        using var memory = new StoredMemory(device);
        return run(memory);
    })
    { MinArch = MmaTile.MinArch };

    private static List<double[]> Gates(StoredMemory memory, GateKind kind, int columns)
    {
        const int Images = 3, Positions = 50;
        int count = Images * Positions * columns;
        BufferRange x = memory.Images(2 * count), condition = memory.Floats(2 * Images * columns), y = memory.Room(count), dy = memory.Images(count, 2), dx = memory.Images(2 * count, 3);
        GateKernel.Forward(memory.Device, memory.DType, kind, x, condition, y, Images, Positions, columns);
        GateKernel.Backward(memory.Device, memory.DType, kind, x, condition, dy, dx, Images, Positions, columns, accumulate: true);
        BufferRange fresh = memory.Room(2 * count), summed = memory.Room(2 * count), bias = memory.Floats(2 * columns), room = memory.Floats(6 * 2 * columns);
        GateKernel.Backward(memory.Device, memory.DType, kind, x, null, dy, fresh, Images, Positions, columns);

        // the bias before the gate: sums that the kernel leaves, and those of a pass of their own
        int rows = Images * Positions;
        if (GateKernel.Backward(memory.Device, memory.DType, kind, x, condition, dy, summed, Images, Positions, columns, sums: room))
        {
            Reduce.Join(memory.Device, DType.Float32, room, bias, Reduce.Chunks(rows), 2 * columns);
        }
        else
        {
            memory.RoundAsStored(summed);
            Reduce.Run(memory.Device, DType.Float32, ReduceOp.Sum, ReduceAxis.Rows, summed, bias, room, rows, 2 * columns);
        }

        return [memory.Read(y), memory.Read(dx), memory.Read(fresh), memory.Read(summed), memory.ReadFloats(bias)];
    }

    private static List<double[]> Normalize(StoredMemory memory, Activation activation, int columns)
    {
        const int Rows = 150;
        var (device, dtype) = (memory.Device, memory.DType);
        BufferRange x = memory.Images(Rows * columns), y = memory.Room(Rows * columns), dy = memory.Images(Rows * columns, 2), dx = memory.Images(Rows * columns, 3);
        BufferRange gamma = memory.Floats(columns, 4), beta = memory.Floats(columns, 5), statistics = memory.Floats(3 * columns), means = memory.Floats(2 * columns);
        BufferRange partials = memory.Floats((int)BatchNormKernel.PartialElements(Rows, columns)), sums = memory.Floats((int)BatchNormBackward.PartialElements(Rows, columns));
        BatchNormKernel.Statistics(device, dtype, x, partials, Rows, columns);
        BatchNormKernel.Finish(device, DType.Float32, partials, statistics, Rows, columns, 1e-5);
        BatchNormKernel.Apply(device, dtype, x, statistics, gamma, beta, y, Rows, columns, activation, Slope);
        BatchNormBackward.Sums(device, dtype, dy, x, statistics, gamma, beta, sums, Rows, columns, activation, Slope);
        BatchNormBackward.Finish(device, DType.Float32, sums, means, null, null, Rows, columns);
        BatchNormBackward.Apply(device, dtype, dy, x, statistics, gamma, beta, means, dx, Rows, columns, activation, Slope, accumulate: true);
        BatchNormBackward.Apply(device, dtype, dy, x, statistics, gamma, beta, null, dy, Rows, columns, activation, Slope);
        return [memory.ReadFloats(partials), memory.Read(y), memory.ReadFloats(sums), memory.Read(dx), memory.Read(dy)];
    }

    /// <summary>Images as a device stores them: BF16 on a GPU, the same numbers as float32 on the CPU, where what comes back is rounded as a GPU stores it.</summary>
    private sealed class StoredMemory(Device device) : IDisposable
    {
        private readonly ProofMemory _memory = new(device);

        public Device Device => device;

        public DType DType => device is GpuDevice ? DType.BFloat16 : DType.Float32;

        /// <summary>Numbers of BF16 in [-1, 1), zeros of both signs among them.</summary>
        public BufferRange Images(int count, ulong seed = 1)
        {
            var random = new SplitMix64(seed);
            float[] values = new float[count];
            for (int i = 0; i < count; i++) values[i] = i % 11 == 3 ? 0f : i % 11 == 7 ? -0f : Rounded((float)((2 * random.NextDouble()) - 1));
            return device is GpuDevice ? _memory.Of(Array.ConvertAll(values, BFloat16.Bits)) : _memory.Of(values);
        }

        public BufferRange Floats(int count, ulong seed = 1) => _memory.Drawn(DType.Float32, count, seed);

        public BufferRange Room(int count) => _memory.Room(DType, count);

        public double[] Read(BufferRange range) => device is GpuDevice
            ? Array.ConvertAll(_memory.Read(DType.BFloat16, range), bits => (double)BFloat16.Value((ushort)bits))
            : Array.ConvertAll(_memory.Read(DType.Float32, range), value => (double)Rounded((float)value));

        /// <summary>On the CPU, what a GPU would have in its place.</summary>
        public void RoundAsStored(BufferRange range)
        {
            if (device is GpuDevice) return;
            device.Upload<float>(Array.ConvertAll(_memory.Read(DType.Float32, range), value => Rounded((float)value)), range);
        }

        public double[] ReadFloats(BufferRange range) => _memory.Read(DType.Float32, range);

        public void Dispose() => _memory.Dispose();

        private static float Rounded(float value) => BFloat16.Value(BFloat16.Bits(value));
    }
}
