using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Columns;

/// <summary>Launches columns.cu: a block for 1, 2, 4 or 8 neighbouring images, which read each weight together.</summary>
public sealed class ColumnsGpu : IGpuKernelFamily
{
    private const int Threads = 128;

    /// <summary>
    /// A multiprocessor takes 64 bytes a clock from the second cache, which gives all of them together about as much as a third of them can take: blocks beyond that
    /// only read weights again that others read too.
    /// </summary>
    private const int MultiprocessorsABlock = 3;

    private static readonly (int Images, GpuKernel Kernel)[] Kernels = [Of(1), Of(2), Of(4), Of(8)];

    public static IEnumerable<GpuKernel> Variants => Kernels.Select(choice => choice.Kernel);

    /// <summary>Images a block of every launch of this thread, one of 1, 2, 4 and 8; null chooses. For tests that all give the same bits.</summary>
    [field: ThreadStatic]
    public static int? ForcedImages { get; set; }

    /// <summary>Images a block: as few as keep the blocks to a third of the multiprocessors, 8 at most.</summary>
    public static int ImagesABlock(int batch, int multiprocessors) => FewestImages(batch, multiprocessors / MultiprocessorsABlock);

    /// <summary>Images that share a block, or a team of blocks.</summary>
    internal static IEnumerable<int> ImageCounts => Kernels.Select(choice => choice.Images);

    /// <summary>The least of <see cref="ImageCounts"/> that makes no more groups of a batch than so many; the greatest where none does.</summary>
    internal static int FewestImages(int batch, int groups) => ImageCounts.FirstOrDefault(images => Groups(batch, images) <= groups, Kernels[^1].Images);

    /// <summary>Groups of so many images; the last may be short.</summary>
    internal static int Groups(int batch, int images) => (batch + images - 1) / images;

    internal static void Launch(GpuDevice device, ref ColumnArgs args, ReadOnlySpan<Access> accesses)
    {
        int images = ForcedImages ?? ImagesABlock(args.Batch, device.Driver.MultiprocessorCount);
        var kernel = Kernels.First(choice => choice.Images == images).Kernel;
        device.Launch(kernel, new LaunchShape(Groups(args.Batch, images), 1, 1, Threads), ref args, accesses);
    }

    private static (int Images, GpuKernel Kernel) Of(int images) => (images, new GpuKernel("Columns/columns.cu", "columns", typeof(ColumnArgs), $"IMAGES={images}"));
}
