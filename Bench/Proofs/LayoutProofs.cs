using GenEngine.Kernels;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Layout;

namespace GenEngine.Bench.Proofs;

/// <summary>Kernels that move elements, for the types that tensors do not have: bytes and the short floats.</summary>
internal sealed class LayoutProofs : IKernelProofSource
{
    private const int N = 2, H = 5, W = 7, C = 3, Pixels = N * H * W * C;

    public IEnumerable<KernelProof> Proofs
    {
        get
        {
            foreach (var dtype in (DType[])[DType.UInt8, DType.Float16])
            {
                // an odd count of elements, so that no wider word carries two of them
                yield return Moves(dtype, "Copy", Pixels, (device, x, y) => Copy.Run(device, x.Slice(dtype.Size(), (Pixels - 1) * dtype.Size()), y.Slice(0, (Pixels - 1) * dtype.Size())));
                yield return Moves(dtype, "CopyBlock", Pixels, (device, x, y) => CopyBlock.Run(device, dtype, x, y, rows: 10, columns: 6, xStride: 21, xOffset: 5, yStride: 17, yOffset: 2));
                yield return Moves(dtype, "Fill", Pixels, (device, _, y) => Fill.Run(device, dtype, y, Pixels - 4, 5));
                yield return Moves(dtype, "Pad", N * (H + 3) * (W + 3) * C, (device, x, y) => Pad.Run(device, dtype, x, y, N, H, W, C, top: 1, bottom: 2, left: 3, right: 0, value: 7));
                yield return Moves(dtype, "Pad backward", N * (H - 2) * (W - 3) * C, (device, x, y) => Pad.Backward(device, dtype, x, y, N, H - 2, W - 3, C, top: 1, bottom: 1, left: 1, right: 2));
                yield return Moves(dtype, "Shear", N * H * (W + H - 1) * C, (device, x, y) => Shear.Run(device, dtype, new ShearMap(0, 1, 0, -1), x, y, N, H, W, W + H - 1, C));
                yield return Moves(dtype, "Transpose", Pixels, (device, x, y) => Transpose.Run(device, dtype, x, y, N, H, W * C));
                yield return new KernelProof($"OneHot of {dtype.CName()}", device =>
                {
                    using var memory = new ProofMemory(device);
                    var y = memory.Room(dtype, 4 * 5);
                    OneHot.Run(device, dtype, memory.Of(3, 0, 5, 4), y, rows: 4, classes: 5);
                    return [memory.Read(dtype, y)];
                });
            }

            foreach (var dtype in IKernelProofSource.Reals)
                yield return Moves(dtype, "Shear accumulating", N * H * W * C, (device, x, y) => Shear.Run(device, dtype, new ShearMap(1, -1, W - 1, 0), x, y, N, H, W, W, C, accumulate: true));
        }
    }

    /// <summary>Between x, N images of H x W x C elements, and y, zeros before.</summary>
    private static KernelProof Moves(DType dtype, string what, int results, Action<Device, BufferRange, BufferRange> run) => new($"{what} of {dtype.CName()}", device =>
    {
        using var memory = new ProofMemory(device);
        var (x, y) = (memory.Drawn(dtype, Pixels), memory.Room(dtype, results));
        run(device, x, y);
        return [memory.Read(dtype, y)];
    });
}
