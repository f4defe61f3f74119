using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Loss;

internal sealed class LogisticMixtureGpu : IGpuKernelFamily
{
    private const int Threads = 128;

    private static readonly RealKernels Grey = For(channels: 1), Colour = For(channels: 3);

    public static IEnumerable<GpuKernel> Variants => [.. Grey.All, .. Colour.All];

    public static void Forward(GpuDevice device, DType dtype, int channels, ref LogisticMixtureArgs args, ReadOnlySpan<Access> accesses)
    {
        int positions = Threads / args.Components; // of a block
        device.Launch((channels == 1 ? Grey : Colour)[dtype], LaunchShape.Linear((args.Rows + positions - 1) / positions, Threads), ref args, accesses);
    }

    private static RealKernels For(int channels) => new("Loss/logistic_mixture.cu", "logistic_mixture", typeof(LogisticMixtureArgs), $"CHANNELS={channels}");
}
