using GenEngine.Data;
using GenEngine.Kernels;
using GenEngine.Kernels.Layout;

namespace GenEngine.Bench.Proofs;

/// <summary>Batches out of data sets on the device: every pair of types and every mode, across the end of an epoch and of the set.</summary>
internal sealed class GatherProofs : IKernelProofSource
{
    private const int Items = 11, Size = 13, Rows = 8;

    public IEnumerable<KernelProof> Proofs
    {
        get
        {
            foreach (var items in (DType[])[DType.UInt8, DType.Float32])
            {
                foreach (var batch in items == DType.UInt8 ? (DType[])[DType.Float32, DType.Float64, DType.Int32] : IKernelProofSource.Reals)
                {
                    foreach (var mode in Enum.GetValues<GatherMode>())
                        yield return Images(items, batch, mode);
                }
            }

            yield return new KernelProof("Gather of sequences", Sequences);
        }
    }

    private static KernelProof Images(DType items, DType batch, GatherMode mode) => new($"Gather {mode} of {items.CName()} to {batch.CName()}", device =>
    {
        using var memory = new ProofMemory(device);
        var (all, labels) = (memory.Drawn(items, Items * Size), memory.Of([.. Enumerable.Range(0, Items).Select(i => i % 3)]));
        var (images, classes, valid) = (memory.Room(batch, Rows * Size), memory.Room(DType.Int32, Rows), memory.Room(DType.Int32, 1));
        var position = memory.Of(new DataPosition { Next = 0, Seed = 5 });
        var results = new List<double[]>();
        foreach (var binarization in Enum.GetValues<Binarization>())
        {
            var shape = new GatherShape(Items, Size, Rows) { ItemType = items, LabelType = DType.Int32, Mode = mode, Binarization = binarization, Stream = 3 };
            if (batch != DType.Int32) shape = shape with { Scale = 2, Shift = -1 };
            Gather.Run(device, batch, shape, all, labels, position, images, classes, valid);
            results.AddRange([memory.Read(batch, images), memory.Read(DType.Int32, classes), memory.Read(DType.Int32, valid)]);
            DataPosition.Advance(device, position, Rows);
        }

        return [.. results, memory.Read(DType.Int64, position)];
    });

    private static List<double[]> Sequences(Kernels.Devices.Device device)
    {
        using var context = new Context(device, seed: 5);
        using var memory = new ProofMemory(device);
        byte[][] clips = [ProofMemory.Bytes(40, 1), ProofMemory.Bytes(7, 2), ProofMemory.Bytes(23, 3)];
        using var data = new DeviceSequences(context, new SequenceDataset("clips", "train", SequenceKind.Audio, clips, [0, 1, 0], ["a", "b"]), window: 9);
        var results = new List<double[]>();
        for (int i = 0; i < 3; i++)
        {
            using var step = context.BeginStep();
            var batch = data.NextBatch(Rows);
            results.AddRange(from codes in (Tensor[])[batch.Images, batch.Targets!, batch.Labels!] select memory.Read(DType.Int32, codes.Range));
        }

        return results;
    }
}
