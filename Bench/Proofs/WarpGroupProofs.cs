using GenEngine.Kernels;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Convolution;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;
using GenEngine.Kernels.MatMul;

namespace GenEngine.Bench.Proofs;

/// <summary>Products of warp groups, which op cases are too small for: every tile in every precision, products in all orders of operands, a convolution and its gradients.</summary>
internal sealed class WarpGroupProofs : IKernelProofSource
{
    public IEnumerable<KernelProof> Proofs
    {
        get
        {
            foreach (var precision in Precisions.OfTensorCores)
            {
                foreach (int tile in WgmmaTile.Serving(precision))
                {
                    foreach (var op in Enum.GetValues<MatMulOp>()) yield return Proof($"MatMul {op}", precision, tile, device => Product(device, op));
                    yield return Proof("Conv", precision, tile, device => Convolve(device, backward: false));
                    yield return Proof("Conv backward", precision, tile, device => Convolve(device, backward: true));
                    if (precision != Precision.BFloat16) continue;
                    yield return Proof("Conv filter", precision, tile, FilterGradient);
                    yield return Proof("Conv stored in BF16", precision, tile, device => ConvolveStored(device, backward: false));
                    yield return Proof("Conv backward stored in BF16", precision, tile, device => ConvolveStored(device, backward: true));
                }
            }
        }
    }

    private static KernelProof Proof(string name, Precision precision, int tile, Func<Device, IReadOnlyList<double[]>> run) =>
        new(FormattableString.Invariant($"WarpGroup {name}, {precision.Name()}, {WgmmaTile.All[tile].Columns} columns"), device =>
        {
            if (device is not GpuDevice gpu) return run(device);
            gpu.Precision = precision;
            MatMulWgmmaGpu.ForcedTile = ConvWgmmaGpu.ForcedTile = ConvWeightWgmmaGpu.ForcedTile = tile;
            try
            {
                return run(device);
            }
            finally
            {
                gpu.Precision = Precision.Float32;
                MatMulWgmmaGpu.ForcedTile = ConvWgmmaGpu.ForcedTile = ConvWeightWgmmaGpu.ForcedTile = null;
            }
        })
        {
            MinArch = WgmmaTile.Arch,
            Ulps = precision switch { Precision.Tf32 => CaseProof.Tf32Ulps, Precision.BFloat16 => CaseProof.BFloat16Ulps, _ => CaseProof.Tf32x3Ulps },
        };

    // more than a tile of rows, columns and k, and none of them whole
    private static List<double[]> Product(Device device, MatMulOp op)
    {
        var shape = new MatMulShape(1, 132, 260, 100);
        using var memory = new ProofMemory(device);
        var c = memory.Room(DType.Float32, (long)shape.M * shape.N);
        var room = memory.Room(DType.UInt8, Math.Max(16, MatMul.ScratchBytes(device, DType.Float32, op, shape)));
        MatMul.Run(device, DType.Float32, op, shape, memory.Drawn(DType.Float32, shape.M * shape.K), memory.Drawn(DType.Float32, shape.K * shape.N, 2), null, c, scratch: room);
        return [memory.Read(DType.Float32, c)];
    }

    // strided, so that the way back has phases
    private static List<double[]> Convolve(Device device, bool backward)
    {
        var plan = ConvPlan.Create(ConvSpec.Square(4, 2, 1), new ConvImage(12, 8, 64), 64);
        if (backward) plan = plan.Adjoint();
        using var program = new ConvProgram(device, plan);
        using var memory = new ProofMemory(device);
        const int Batch = 7;
        var y = memory.Room(DType.Float32, Batch * plan.Output.Count);
        var room = memory.Room(DType.UInt8, Math.Max(16, Conv.ScratchBytes(device, DType.Float32, program, Batch)));
        Conv.Run(device, DType.Float32, program, Batch, memory.Drawn(DType.Float32, (int)(Batch * plan.Input.Count)), memory.Drawn(DType.Float32, (int)plan.FilterCount, 2), y, scratch: room);
        return [memory.Read(DType.Float32, y)];
    }

    // images in and out in BF16, with a residual forward and an activation and what it is added to backward
    private static List<double[]> ConvolveStored(Device device, bool backward)
    {
        var plan = ConvPlan.Create(ConvSpec.Square(4, 2, 1), new ConvImage(12, 8, 64), 72);
        if (backward) plan = ConvPlan.Create(ConvSpec.Square(4, 2, 1), new ConvImage(12, 8, 72), 64).Adjoint();
        using var program = new ConvProgram(device, plan);
        using var memory = new ProofMemory(device);
        const int Batch = 3;
        int inputs = (int)(Batch * plan.Input.Count), outputs = (int)(Batch * plan.Output.Count);
        bool stores = device is GpuDevice;
        BufferRange x = Stored(inputs, 1), onto = Stored(outputs, 3), made = Stored(outputs, 4), y = memory.Room(stores ? DType.BFloat16 : DType.Float32, outputs), result = memory.Room(DType.Float32, outputs);
        var room = memory.Room(DType.UInt8, Math.Max(16, Conv.ScratchBytes(device, DType.Float32, program, Batch, rounded: stores)));
        var epilogue = new ConvEpilogue { Residual = onto };
        if (backward) epilogue = epilogue with { Through = new ActivationGradient(Activation.LeakyRelu, 0.25, made) };
        else epilogue = epilogue with { Bias = memory.Drawn(DType.Float32, plan.Output.Channels, 5) };
        Conv.Run(
            device, DType.Float32, program, Batch, x, memory.Drawn(DType.Float32, (int)plan.FilterCount, 2), y, epilogue, room, rounded: stores, stored: stores ? DType.BFloat16 : null);
        if (stores) RoundedImages.Widen(device, y, result, outputs);
        return [memory.Read(DType.Float32, stores ? result : y)];

        BufferRange Stored(int count, ulong seed)
        {
            var exact = memory.Drawn(DType.Float32, count, seed);
            if (!stores) return exact;
            var rounded = memory.Room(DType.BFloat16, count);
            RoundedImages.Run(device, exact, rounded, count);
            return rounded;
        }
    }

    // more than a chunk, and an odd number of slices of 64 rows
    private static List<double[]> FilterGradient(Device device)
    {
        var plan = ConvPlan.Create(ConvSpec.Square(3, 1, 1), new ConvImage(14, 13, 64), 72);
        using var program = new ConvProgram(device, plan);
        using var memory = new ProofMemory(device);
        const int Batch = 3;
        var dw = memory.Room(DType.Float32, plan.FilterCount);
        var room = memory.Room(DType.UInt8, ConvWeight.ScratchBytes(device, DType.Float32, program, Batch));
        ConvWeight.Run(device, DType.Float32, program, Batch, memory.Drawn(DType.Float32, (int)(Batch * plan.Input.Count)), memory.Drawn(DType.Float32, (int)(Batch * plan.Output.Count), 2), dw, room);
        return [memory.Read(DType.Float32, dw)];
    }
}
